// A report read as XML: what elements, attributes and texts are in it.

package import Foundation

#if canImport(FoundationXML)
  package import FoundationXML
#endif

/// The elements of a page in order, and what is wrong with it.
package final class PageReader: NSObject, XMLParserDelegate {
  /// One element with its attributes and the text directly or deeper inside.
  package final class Element {
    package let name: String
    package let attributes: [String: String]
    package var text = ""

    package init(name: String, attributes: [String: String]) {
      self.name = name
      self.attributes = attributes
    }
  }

  package private(set) var elements: [Element] = []
  package private(set) var error: String?
  private var open: [Element] = []

  package init(_ page: String) {
    super.init()
    let parser = XMLParser(data: Data(page.utf8))
    parser.delegate = self
    if !parser.parse() { error = "line \(parser.lineNumber): \(String(describing: parser.parserError))" }
  }

  package func all(_ name: String) -> [Element] { elements.filter { $0.name == name } }

  package func parser(
    _ parser: XMLParser, didStartElement elementName: String, namespaceURI: String?,
    qualifiedName qName: String?, attributes attributeDict: [String: String]
  ) {
    let element = Element(name: elementName, attributes: attributeDict)
    elements.append(element)
    open.append(element)
  }

  package func parser(_ parser: XMLParser, foundCharacters string: String) {
    for element in open { element.text += string }
  }

  package func parser(
    _ parser: XMLParser, didEndElement elementName: String, namespaceURI: String?,
    qualifiedName qName: String?
  ) {
    open.removeLast()
  }
}
