// A JSON Schema validator for the keywords that the pipeline file's schema uses; any other keyword is a fault.

import Foundation
import Testing

struct SchemaValidator {
  typealias Object = [String: Any]
  let root: Object

  init(_ text: String) throws {
    root = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? Object)
  }

  /// The faults of a document; empty for a valid one.
  func faults(_ value: Any) -> [String] { faults(value, root, at: "") }

  private func faults(_ value: Any, _ schema: Any, at place: String) -> [String] {
    if let isAllowed = schema as? Bool { return isAllowed ? [] : ["\(place): not allowed"] }
    guard let schema = schema as? Object else { return ["\(place): no schema"] }
    return schema.keys.sorted().flatMap { faults(value, schema, keyword: $0, at: place) }
  }

  private static func areEqual(_ a: Any, _ b: Any) -> Bool {
    if let a = a as? Bool { a == b as? Bool } else { a as? String == b as? String }
  }

  private func faults(_ value: Any, _ schema: Object, keyword: String, at place: String) -> [String] {
    func fault(unless isRight: Bool?) -> [String] { isRight == false ? ["\(place): \(keyword)"] : [] }
    let limit = schema[keyword]
    let (object, list) = (value as? Object, value as? [Any])
    // A day without quotes is a text in YAML 1.2, by which editors check, and a date in Yams.
    let text = value as? String ?? (value as? Date)?.formatted(.iso8601.year().month().day())
    let number = value is Bool ? nil : (value as? Int).map(Double.init) ?? value as? Double
    func passes(_ part: Any) -> Bool { faults(value, part, at: place).isEmpty }
    switch keyword {
    case "$schema", "$defs", "title", "description", "default", "then", "else": return []
    case "type":
      let types = limit as? [String] ?? [limit as? String ?? ""]
      return fault(
        unless: types.contains { type in
          switch type {
          case "object": object != nil
          case "array": list != nil
          case "string": text != nil
          case "integer": number.map { $0 == $0.rounded() } ?? false
          case "number": number != nil
          default: false
          }
        })
    case "properties":
      let properties = limit as? Object ?? [:]
      return properties.keys.sorted().flatMap { name in
        object?[name].map { faults($0, properties[name] ?? false, at: place + "." + name) } ?? []
      }
    case "additionalProperties":
      let known = schema["properties"] as? Object ?? [:]
      return (object?.keys.sorted() ?? []).filter { known[$0] == nil }.flatMap { name in
        faults(object?[name] ?? "", limit ?? false, at: place + "." + name)
      }
    case "required":
      return fault(
        unless: object.map { object in (limit as? [String])?.allSatisfy { object[$0] != nil } ?? false })
    case "items": return list?.flatMap { faults($0, limit ?? false, at: place + "[]") } ?? []
    case "minItems": return fault(unless: list.map { $0.count >= limit as? Int ?? 0 })
    case "minProperties": return fault(unless: object.map { $0.count >= limit as? Int ?? 0 })
    case "minLength": return fault(unless: text.map { $0.unicodeScalars.count >= limit as? Int ?? 0 })
    case "maxLength": return fault(unless: text.map { $0.unicodeScalars.count <= limit as? Int ?? 0 })
    case "minimum": return fault(unless: number.map { $0 >= limit as? Double ?? 0 })
    case "maximum": return fault(unless: number.map { $0 <= limit as? Double ?? 0 })
    case "pattern":
      guard let pattern = try? Regex(limit as? String ?? "") else { return ["\(place): pattern"] }
      return fault(unless: text.map { $0.contains(pattern) })
    case "enum": return fault(unless: (limit as? [Any])?.contains { Self.areEqual($0, value) })
    case "const": return fault(unless: Self.areEqual(limit ?? "", value))
    case "allOf": return (limit as? [Any])?.flatMap { faults(value, $0, at: place) } ?? []
    case "anyOf": return fault(unless: (limit as? [Any])?.contains(where: passes))
    case "oneOf": return fault(unless: ((limit as? [Any])?.filter(passes).count ?? 0) == 1)
    case "if":
      return passes(limit ?? false)
        ? faults(value, schema["then"] ?? true, at: place) : faults(value, schema["else"] ?? true, at: place)
    case "$ref":
      let name = (limit as? String)?.split(separator: "/").last.map(String.init) ?? ""
      return faults(value, (root["$defs"] as? Object)?[name] ?? false, at: place)
    default: return ["\(place): unknown keyword \(keyword)"]
    }
  }
}
