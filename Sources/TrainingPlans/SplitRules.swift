// What a plan must know of split filters, which have no settings of their own.

/// Split filters: one count of patches by class and place.
enum SplitRules: LearnerRules {
  static var defaultStart: LayerPlan.Start? { nil }

  static func countsBits(_ layer: LayerPlan) -> Bool { true }

  static func check(_ layer: LayerPlan, at path: String) throws(TrainingPlanError) {}

  static func passes(_ layer: LayerPlan) -> (plain: Int, varied: Int) { (1, 0) }
}
