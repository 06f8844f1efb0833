// Classifies raw pixels and nothing else: links no image decoder and no Foundation.
// Usage: PixelClassifier MODEL < PIXELS, where PIXELS are the height × width × channels bytes of one image as numbers.

import BinaryNetworks

@main
struct PixelClassifier {
  static func main() throws {
    guard CommandLine.arguments.count == 2 else { fatalError("usage: PixelClassifier MODEL < PIXELS") }
    let model = try Model.read(path: CommandLine.arguments[1])
    var pixels: [UInt8] = []
    while let line = readLine() { pixels += line.split(separator: " ").compactMap { UInt8($0) } }
    let prediction = try ImagePredictor(model).predict(pixels.span)
    print(model.network.classNames[prediction.ranking[0]])
  }
}
