// Compares the reader of JSON lines with Foundation's: the same trees, and the same texts refused.

import Foundation
import Support
import Testing

@testable import CardCheck
@testable import Package

@Suite("JSON lines")
struct JSONLineTests {
  /// A tree whose leaves are strings, as text.
  private static func random(_ random: inout SeededGenerator, depth: Int = 0) -> String {
    let space = ["", "", "", " ", "\t "].randomElement(using: &random) ?? ""
    let kind = depth > 4 ? 0 : Int.random(in: 0..<3, using: &random)
    let count = Int.random(in: 0...3, using: &random)
    switch kind {
    case 1:
      let items = (0..<count).map { _ in Self.random(&random, depth: depth + 1) }
      return space + "[" + items.joined(separator: space + ",") + space + "]"
    case 2:
      let items = (0..<count).map { i in
        "\(space)\"k\(i)\"\(space):" + Self.random(&random, depth: depth + 1)
      }
      return space + "{" + items.joined(separator: ",") + space + "}"
    default:
      let words = [
        "a", "Hòa", "\\n", "\\\"", "\\\\", "\\/", "\\u00e1", "\\uD83D\\uDE00", "😀", "\\b\\f\\r\\t", "",
      ]
      return "\"" + (0..<count).map { _ in words.randomElement(using: &random) ?? "" }.joined() + "\""
    }
  }

  /// The tree as Foundation reads it.
  private static func tree(_ text: [UInt8]) -> NSObject? {
    try? JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed) as? NSObject
  }

  private static func hasOnlyStrings(_ tree: Any) -> Bool {
    switch tree {
    case let list as [Any]: list.allSatisfy(hasOnlyStrings)
    case let object as [String: Any]: object.values.allSatisfy(hasOnlyStrings)
    default: tree is String
    }
  }

  /// The tree that was read, in Foundation's types.
  private static func tree(_ line: JSONLine, _ node: Int = 0) throws(JSONFault) -> NSObject {
    let names: [StaticString] = ["k0", "k1", "k2"]
    if let bytes = try? line.string(node, "") {
      return NSString(string: String(decoding: bytes, as: UTF8.self))
    }
    if line.isString(node, "") { return NSString(string: "") }
    if let members = try? line.members(of: node, names, "") {
      let found = NSMutableDictionary()
      for (i, name) in names.enumerated() where members[i] >= 0 {
        found["\(name)"] = try tree(line, members[i])
      }
      return found
    }
    let list = NSMutableArray()
    var element = (try? line.firstElement(of: node, "")) ?? -1
    while element >= 0 {
      list.add(try tree(line, element))
      element = line.element(after: element, of: node)
    }
    return list
  }

  @Test("a text of strings, arrays and objects gives Foundation's tree", arguments: UInt64(0)..<300)
  func same(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let text = Array(Self.random(&random).utf8)
    var line = JSONLine()
    try line.read(text.span)
    #expect(try Self.tree(line) == Self.tree(text))
  }

  @Test("a text that Foundation refuses is refused, whatever the bytes", arguments: UInt64(0)..<300)
  func changed(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    var line = JSONLine()
    for _ in 0..<10 {
      var text = Array(Self.random(&random).utf8)
      let at = Int.random(in: 0..<text.count, using: &random)
      text[at] = Array("{}[]\",:\\ua0 \u{1}".utf8).randomElement(using: &random) ?? 0
      // Other formats don't check UTF-8 either.
      guard String(validating: text, as: UTF8.self) != nil else { continue }
      let isRead = (try? line.read(text.span)) != nil
      let foundations = Self.tree(text)
      let shown = String(decoding: text, as: UTF8.self)
      if isRead { #expect(foundations != nil, "\(shown)") }
      // Foundation also accepts leaves that are not strings, broken surrogate escapes, and a comma before a
      // closing bracket.
      if let foundations, Self.hasOnlyStrings(foundations), !shown.contains("\\uD83D"),
        !shown.contains(/,[ \t]*[\]}]/)
      {
        #expect(isRead, "\(shown)")
      }
    }
  }

  @Test(
    "what is not one tree of strings is refused",
    arguments: [
      "", " ", "1", "true", "null", "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "{", "{\"a\"}", "{\"a\":}",
      "{\"a\":\"b\",}", "[\"a\",]", "[\"a\"", "{}{}", "[]]", "{a:\"b\"}",
    ])
  func refused(text: String) {
    var line = JSONLine()
    #expect(throws: JSONFault.self) { try line.read(Array(text.utf8).span) }
  }

  @Test("a million brackets don't overflow the stack")
  func depth() {
    var line = JSONLine()
    let text = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
    #expect(throws: JSONFault("brackets in at most 16 brackets")) { try line.read(text.span) }
  }

  @Test("a member that is there twice, or is none of those expected, is a fault")
  func members() throws {
    var line = JSONLine()
    for text in ["{\"a\":\"1\",\"a\":\"2\"}", "{\"a\":\"1\",\"b\":\"2\"}", "[]", "\"a\""] {
      try line.read(Array(text.utf8).span)
      #expect(throws: JSONFault.self, "\(text)") { try line.members(of: 0, ["a"], "it") }
    }
    try line.read(Array("{\"\\u0061\":\"1\"}".utf8).span)
    #expect(try line.members(of: 0, ["a"], "it")[0] == 1)
  }
}
