// Names and codes of the choices in a layer, which model files and plans keep for ever.

import BitKernels
import Plumbing
import Testing

@testable import BinaryNetworks

@Suite struct CodedChoiceTests {
  @Test func reductionsNeverChangeTheirCodes() {
    #expect(Reduction.allCases.map(\.rawValue) == ["none", "or", "majority"])
    #expect(Reduction.allCases.map(\.fileCode) == [0, 1, 2])
    #expect(Reduction.allCases.allSatisfy { Reduction(fileCode: $0.fileCode) == $0 })
    #expect(Reduction(fileCode: 3) == nil && Reduction.fileCodes == 0...2)
  }

  @Test func featuresNeverChangeTheirCodes() {
    #expect(FeatureSide.allCases.map(\.rawValue) == ["near", "far"])
    #expect(FeatureSide.allCases.map(\.fileCode) == [0, 1])
    #expect(FeatureSide.allCases.allSatisfy { FeatureSide(fileCode: $0.fileCode) == $0 })
    #expect(FeatureSide(fileCode: 2) == nil && FeatureSide.fileCodes == 0...1)
    #expect(FeatureUse.allCases.map(\.rawValue) == ["both", "head", "next"])
    #expect(FeatureUse.allCases.map(\.fileCode) == [0, 1, 2])
    #expect(FeatureUse.allCases.allSatisfy { FeatureUse(fileCode: $0.fileCode) == $0 })
    #expect(FeatureUse(fileCode: 3) == nil && FeatureUse.fileCodes == 0...2)
    #expect(ModelFile.featureFlag > 2 * DistanceKind.fileCodes.upperBound + 1 && FilterFeature.most == 8)
  }

  @Test func distancesNeverChangeTheirCodes() {
    #expect(DistanceKind.allCases.map(\.rawValue) == ["plain", "centred"])
    #expect(DistanceKind.allCases.map(\.fileCode) == [0, 1])
    #expect(DistanceKind.allCases.map(\.fileVersion) == [1, 2])
    #expect(DistanceKind.allCases.allSatisfy { DistanceKind(fileCode: $0.fileCode) == $0 })
    #expect(DistanceKind(fileCode: 2) == nil && DistanceKind.fileCodes == 0...1)
  }
}
