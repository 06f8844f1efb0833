// A report read as XML: what elements, attributes and texts are in it.

import Foundation

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// The elements of a page in order, and what is wrong with it.
final class PageReader: NSObject, XMLParserDelegate {
  /// One element with its attributes and the text directly or deeper inside.
  final class Element {
    let name: String
    let attributes: [String: String]
    var text = ""

    init(name: String, attributes: [String: String]) {
      self.name = name
      self.attributes = attributes
    }
  }

  private(set) var elements: [Element] = []
  private(set) var error: String?
  private var open: [Element] = []

  init(_ page: String) {
    super.init()
    let parser = XMLParser(data: Data(page.utf8))
    parser.delegate = self
    if !parser.parse() { error = "line \(parser.lineNumber): \(String(describing: parser.parserError))" }
  }

  func all(_ name: String) -> [Element] { elements.filter { $0.name == name } }

  func parser(
    _ parser: XMLParser, didStartElement elementName: String, namespaceURI: String?,
    qualifiedName qName: String?, attributes attributeDict: [String: String]
  ) {
    let element = Element(name: elementName, attributes: attributeDict)
    elements.append(element)
    open.append(element)
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) {
    for element in open { element.text += string }
  }

  func parser(
    _ parser: XMLParser, didEndElement elementName: String, namespaceURI: String?, qualifiedName qName: String?
  ) {
    open.removeLast()
  }
}
