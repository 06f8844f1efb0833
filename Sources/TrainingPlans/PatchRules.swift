// What a plan must know of patches as a start, which have no settings of their own.

/// Patches drawn by the seed: nothing is counted.
enum PatchRules: LearnerRules {
  static var defaultStart: LayerPlan.Start? { nil }

  static func countsBits(_ layer: LayerPlan) -> Bool { false }

  static func check(_ layer: LayerPlan, at path: String) throws(TrainingPlanError) {}

  static func passes(_ layer: LayerPlan) -> (plain: Int, varied: Int) { (0, 0) }
}
