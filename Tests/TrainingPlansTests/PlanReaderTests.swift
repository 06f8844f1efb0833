// The reader of plans beside Foundation's: the same texts are JSON to both, and hold the same values.

import Foundation
import Plumbing
import Testing

@testable import TrainingPlans

@Suite struct PlanReaderTests {
  /// What Foundation makes of a text; nil if that is no JSON.
  private func foundation(_ text: [UInt8]) -> PlanValue? {
    guard let found = try? JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed) else {
      return nil
    }
    func value(_ found: Any) -> PlanValue {
      switch found {
      case let section as [String: Any]:
        .section(
          section.keys.sorted().map { PlanValue.Entry(key: $0, value: value(section[$0] ?? NSNull())) })
      case let list as [Any]: .list(list.map(value))
      case let text as String: .text(text)
      case let number as NSNumber:
        isFlag(number) ? .flag(number.boolValue) : .number(number.doubleValue)
      default: .null
      }
    }
    return value(found)
  }

  private func isFlag(_ number: NSNumber) -> Bool {
    // SAFETY: the text is the number's own and ends in a zero byte.
    unsafe String(cString: number.objCType) == "c"
  }

  private func reader(_ text: [UInt8]) -> PlanValue? { try? PlanReader.value(text) }

  @Test(arguments: [
    "{}", "[]", " [ 1 , -2.5e-3 ,\t0 , 1E+2 , 1e-999 ] ", "-0", "true", "[null,false]", #"{"b":1,"a":[{}]}"#,
    #""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00 é🙂""#, "[1,]", #"{"a":1,}"#, "\u{FEFF}[1]", "\"\u{7f}\"",
    "123456789012345678901234567890", "0.1", "9007199254740993", "\r\n\t 7 \r\n",
  ]) func readsWhatFoundationReads(text: String) throws {
    let value = try PlanReader.value(Array(text.utf8))
    #expect(value == foundation(Array(text.utf8)))
  }

  @Test(
    arguments: [
      ("", nil), ("  ", nil), ("[1", nil), ("\"a", nil), ("[", nil), ("{\"a\":", nil), ("-", nil),
      ("1.", nil),
      ("[,]", 1), ("{,}", 1), ("{\"a\":1,,}", 7), ("[1,,2]", 3), ("[1 2]", 3), ("{\"a\" 1}", 5), ("{a:1}", 1),
      ("{\"a\"}", 4), ("{\"a\":}", 5), ("1 1", 2), ("nullx", 4), ("True", 0), ("trie", 2), ("[+1]", 1),
      ("[.5]", 1), ("[1.5.2]", 4), ("[1e]", 3), ("[--1]", 2), ("[01]", 2), ("[-01]", 3), ("[1}", 2),
      ("'a'", 0), ("/**/1", 0), ("[1]\u{FEFF}", 3), ("[\"\t\"]", 2), ("\"\\x\"", 2), ("\"\\u12x4\"", 5),
      ("\"\\ude00\"", 2), ("\"\\ud83d\\n\"", 2), ("\"\\ud83da\"", 2), ("[1e999]", nil), ("[-1e999]", nil),
    ] as [(String, Int?)]) func namesThePlaceOfAMistake(text: String, offset: Int?) throws
  {
    let error = #expect(throws: PlanSyntaxError.self) { try PlanReader.value(Array(text.utf8)) }
    #expect(error?.offset == offset, "\(text): \(error.map { "\($0)" } ?? "")")
    #expect(foundation(Array(text.utf8)) == nil)
  }

  /// Changed plans: what Foundation refuses is refused, what it reads is read as the same values.
  @Test(arguments: 0..<4 as Range<UInt64>) func agreesWithFoundationOnChangedPlans(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed, 0x6a73_6f6e)
    let texts = [
      #"{"a": [1, -2.5e-3, true], "b\u00e9": "x\n\"", "c": null}"#,
      "[[], {}, [0.5, 12], \"\\\\/ \\ud83d\\ude00\"]",
      #"{"layers":[{"filters":8,"mask":0.2}]}"#,
    ].map { Array($0.utf8) }
    let pieces = Array("{}[]\",:0123456789.eE+-\\ntrulaf /b\u{1}".utf8)
    var (read, refused) = (0, 0)
    for _ in 0..<300 {
      var text = texts[random.below(texts.count)]
      for _ in 0..<random.below(3) {
        let place = random.below(text.count)
        switch random.below(3) {
        case 0: text[place] = pieces[random.below(pieces.count)]
        case 1: text.insert(pieces[random.below(pieces.count)], at: place)
        default: text.remove(at: place)
        }
      }
      // Foundation keeps one of two equal keys; plans with such are refused before they are read.
      if PlanOutline(text).duplicate != nil { continue }
      let value = reader(text)
      if value != foundation(text) { Issue.record("\(String(decoding: text, as: UTF8.self))") }
      if value == nil { refused += 1 } else { read += 1 }
    }
    #expect(read > 50 && refused > 50, "\(read) read, \(refused) refused")
  }

  @Test func stringsHaveTheirEscapesResolved() {
    #expect(PlanReader.string(Array(#""filt\u0065rs""#.utf8)) == "filters")
    #expect(PlanReader.string(Array(#""a" "#.utf8)) == nil)
    #expect(PlanReader.string(Array("a".utf8)) == nil && PlanReader.string([]) == nil)
  }
}
