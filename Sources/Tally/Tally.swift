// The one import for programs that use Tally: everything public of the rooms below.

@_exported public import BinaryNetworks
@_exported public import BitKernels
@_exported public import ImageData
@_exported public import ImageEncoding
@_exported public import LayerwiseTraining
@_exported public import ModelEvaluation
@_exported public import ModelExplanations
@_exported public import Plumbing
@_exported public import TrainingPlans
@_exported public import TrainingReports
