// A model as bytes. The format is described in docs/model-file.md; reading it is in ModelFileReader.swift.

import BitKernels
import ImageEncoding
import Plumbing

enum ModelFileWriter {
  static func encode(_ model: Model) -> [UInt8] {
    let network = model.network
    var sections: [(tag: ModelFile.Tag, bytes: [UInt8])] = [
      (.plan, Array(model.plan.utf8)), (.seed, seed(model)), (.classes, classes(network.classNames)),
      (.encoder, encoder(network.encoder)),
    ]
    sections += network.layers.map { (.layer, layer($0)) }
    if network.isStaged { sections.append((.exits, exits(network))) }
    sections.append((.summary, Array(model.summary.utf8)))
    if let temperature = model.temperature {
      var section = ByteWriter()
      section.append(UInt64(temperature.value), bytes: 4)
      sections.append((.calibration, section.bytes))
    }

    var file = ByteWriter()
    file.append(ModelFile.magic)
    file.append(ModelFile.version(of: network), bytes: 2)
    file.append(UInt64(sections.count), bytes: 4)
    for section in sections {
      file.append(Array(section.tag.rawValue.utf8))
      file.append(UInt64(section.bytes.count), bytes: 8)
      file.append(section.bytes)
    }
    file.appendChecksum()
    return file.bytes
  }

  private static func seed(_ model: Model) -> [UInt8] {
    var section = ByteWriter()
    section.append(model.seed, bytes: 8)
    section.append(model.dataDigest, bytes: 8)
    return section.bytes
  }

  private static func classes(_ names: [String]) -> [UInt8] {
    var section = ByteWriter()
    section.append(UInt64(names.count), bytes: 4)
    for name in names {
      let utf8 = Array(name.utf8)
      section.append(UInt64(utf8.count), bytes: 4)
      section.append(utf8)
    }
    return section.bytes
  }

  private static func encoder(_ encoder: ImageEncoder) -> [UInt8] {
    var section = ByteWriter()
    section.append(UInt64(encoder.shape.width), bytes: 4)
    section.append(UInt64(encoder.shape.height), bytes: 4)
    section.append(UInt64(encoder.shape.channels), bytes: 4)
    section.append(encoder.spec.pyramid ? 1 : 0, bytes: 1)
    section.append(UInt64(encoder.pyramidLevels), bytes: 1)
    section.append(UInt64(encoder.spec.signals.count), bytes: 2)
    for signal in encoder.spec.signals {
      section.append(UInt64(signal.source.fileCode), bytes: 1)
      section.append(UInt64(signal.window), bytes: 1)
      section.append(UInt64(signal.levels), bytes: 1)
      if signal.components > 0 { section.append(UInt64(signal.components), bytes: 1) }
    }
    for factor in encoder.whitening.factors.joined().joined() {
      section.append(UInt64(truncatingIfNeeded: factor), bytes: 2)
    }
    for value in encoder.thresholds.joined().joined() {
      section.append(UInt64(truncatingIfNeeded: value), bytes: 4)
    }
    return section.bytes
  }

  private static func exits(_ network: Network) -> [UInt8] {
    var section = ByteWriter()
    section.append(network.mirrors ? 1 : 0, bytes: 1)
    for layer in network.layers {
      section.append(UInt64(bitPattern: layer.exit ?? ModelFile.noExit), bytes: 8)
    }
    return section.bytes
  }

  private static func layer(_ layer: NetworkLayer) -> [UInt8] {
    let bank = layer.bank
    var section = ByteWriter()
    section.append(UInt64(bank.window), bytes: 1)
    section.append(UInt64(bank.count), bytes: 2)
    section.append(UInt64(bank.features.count), bytes: 1)
    let isPlain = ModelFile.isPlain(bank.features)
    let flags =
      (bank.masks == nil ? 0 : 1) + 2 * bank.distanceKind.fileCode + (isPlain ? 0 : ModelFile.featureFlag)
      + (bank.groups == 1 ? 0 : ModelFile.groupFlag) + (layer.signals == nil ? 0 : ModelFile.signalsFlag)
    section.append(UInt64(flags), bytes: 1)
    if bank.groups > 1 { section.append(UInt64(bank.groups), bytes: 1) }
    if let signals = layer.signals {
      section.append(UInt64(signals.count), bytes: 2)
      for signal in signals { section.append(UInt64(signal), bytes: 2) }
    }
    for feature in isPlain ? [] : bank.features {
      section.append(UInt64(feature.side.fileCode), bytes: 1)
      section.append(UInt64(feature.use.fileCode), bytes: 1)
    }
    section.append(UInt64(layer.reduction.fileCode), bytes: 1)
    section.append(UInt64(bank.input.groups.count), bytes: 1)
    for bits in bank.input.groups { section.append(UInt64(bits), bytes: 4) }
    for threshold in bank.features.map(\.thresholds).joined() { section.append(UInt64(threshold), bytes: 2) }
    section.append(bank.packed(bank.filters))
    if let masks = bank.masks { section.append(bank.packed(masks)) }
    section.append(layer.head.map { $0.layout.overlaps ? 2 : 1 } ?? 0, bytes: 1)
    if let head = layer.head {
      section.append(UInt64(head.grid), bytes: 2)
      if head.layout.overlaps { section.append(UInt64(head.span), bytes: 1) }
      section.append(UInt64(head.counts.fileCode), bytes: 1)
      section.append(UInt64(head.scale), bytes: 1)
      section.append(UInt64(head.classes), bytes: 4)
      for bias in head.bias { section.append(UInt64(bitPattern: bias), bytes: 8) }
      for weight in head.weights { section.append(UInt64(truncatingIfNeeded: weight), bytes: 2) }
    }
    return section.bytes
  }
}
