// A JSON value from outside, and the writing of JSON strings.
// Invariant: reading never traps; a text of more than a megabyte is refused.

import Foundation

package indirect enum JSONValue: Hashable, Sendable {
  case null
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  case array([JSONValue])
  case object([String: JSONValue])

  private static let mostBytes = 1 << 20

  /// Reads a text; nil if it is no JSON.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count <= Self.mostBytes, let value = try? JSONDecoder().decode(Self.self, from: Data(bytes))
    else { return nil }
    self = value
  }

  package subscript(_ name: String) -> JSONValue? {
    if case .object(let members) = self { members[name] } else { nil }
  }

  package var text: String? { if case .text(let text) = self { text } else { nil } }

  package var integer: Int? { if case .integer(let integer) = self { integer } else { nil } }

  package var array: [JSONValue]? { if case .array(let items) = self { items } else { nil } }

  package var object: [String: JSONValue]? { if case .object(let members) = self { members } else { nil } }

  /// As people read it in a table: a text without quotes, all else as JSON.
  package var shown: String { text ?? json }

  /// The value as JSON, with members in the order of their names.
  package var json: String {
    switch self {
    case .null: return "null"
    case .boolean(let value): return value ? "true" : "false"
    case .integer(let value): return "\(value)"
    case .number(let value): return "\(value)"
    case .text(let text): return jsonString(text)
    case .array(let items): return "[" + items.map(\.json).joined(separator: ",") + "]"
    case .object(let members):
      let texts = members.sorted { $0.key < $1.key }.map { jsonString($0.key) + ":" + $0.value.json }
      return "{" + texts.joined(separator: ",") + "}"
    }
  }
}

extension JSONValue: Decodable {
  private struct Name: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { return nil }
  }

  package init(from decoder: any Decoder) throws {
    if let members = try? decoder.container(keyedBy: Name.self) {
      self = .object(
        Dictionary(
          try members.allKeys.map { ($0.stringValue, try members.decode(JSONValue.self, forKey: $0)) },
          uniquingKeysWith: { first, _ in first }))
      return
    }
    if var items = try? decoder.unkeyedContainer() {
      var values: [JSONValue] = []
      while !items.isAtEnd { values.append(try items.decode(JSONValue.self)) }
      self = .array(values)
      return
    }
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let boolean = try? value.decode(Bool.self) {
      self = .boolean(boolean)
    } else if let integer = try? value.decode(Int.self) {
      self = .integer(integer)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else {
      self = .text(try value.decode(String.self))
    }
  }
}

/// A text as a JSON string, with its quotes.
package func jsonString(_ text: String) -> String {
  var bytes: [UInt8] = []
  appendJSON(text, to: &bytes)
  return String(decoding: bytes, as: UTF8.self)
}

/// Appends a text as a JSON string, with its quotes.
package func appendJSON(_ text: String, to bytes: inout [UInt8]) {
  let digits = Array("0123456789abcdef".utf8)
  bytes.append(UInt8(ascii: "\""))
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
      bytes.append(UInt8(ascii: "\\"))
      bytes.append(byte)
    case 0..<0x20:
      bytes.append(contentsOf: "\\u00".utf8)
      bytes.append(digits[Int(byte >> 4)])
      bytes.append(digits[Int(byte & 15)])
    default: bytes.append(byte)
    }
  }
  bytes.append(UInt8(ascii: "\""))
}
