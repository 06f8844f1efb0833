// Plans and settings, and the words of Tally's JSON forms.

import TrainingPlans

/// Plans.
enum PlanSeeds {
  static func plans() -> [[UInt8]] {
    let named = TrainingPlan.names.compactMap { try? TrainingPlan.named($0) }.map { Array($0.json().utf8) }
    return named + [
      Array(
        #"{"name": "a\u00e9", "layers": [{"filters": 4, "learner": "cluster", "thresholds": ["half"]}]}"#.utf8
      ),
      Array(
        "set\nlayers.0.filters=128\nlayers.*.head.grid=4\nlayers.0.thresholds=quantile 0.1,far median for next\n"
          .utf8),
      Array("set\nlayers[0].start=null\nencoder.pyramid=false\naugmentation.flip=true\n".utf8),
    ]
  }

  /// Keys and values.
  static let words = [
    "name", "summary", "encoder", "grey", "colour", "pyramid", "source", "window", "levels", "augmentation",
    "shift", "flip", "shards", "mergesPerPass", "balance", "cacheMiB", "layers", "filters", "learner",
    "start",
    "distances", "thresholds", "mask", "reduction", "cluster", "refine", "head", "grid", "counts", "passes",
    "batch", "quantile", "median", "half", "folder", "testShare", "files", "names", "validationShare",
    "trainingImages", "calibration", "temperature", "images", "validation", "distinctImages", "checksum",
    "digest", "classNames", "bytes", "judges", "null", "true", "false", "1e308", "-1", "9223372036854775807",
    "18446744073709551615", "65536", "2147483648",
  ]
}
