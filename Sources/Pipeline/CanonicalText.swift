// Writes a value as canonical text, in which two readings of a pipeline file can be compared whatever its
// comments, order of keys and white space.
// Invariant: equal values give equal texts, different ones different texts. The text is made by reflection,
// so it includes every key added to the pipeline file.

/// Writes any value of our own as text.
package enum CanonicalText {
  package static func of(_ value: Any) -> String {
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional: return mirror.children.first.map { of($0.value) } ?? "nil"
    case .collection, .tuple: return "[" + mirror.children.map { of($0.value) }.joined(separator: ",") + "]"
    case .dictionary, .set:
      return "{" + mirror.children.map { of($0.value) }.sorted().joined(separator: ",") + "}"
    case .struct, .class:
      guard !mirror.children.isEmpty else { return quoted(value) }
      return "(" + mirror.children.map { "\($0.label ?? ""):\(of($0.value))" }.joined(separator: ",") + ")"
    case .enum:
      guard let payload = mirror.children.first else { return "\(value)" }
      return "\(payload.label ?? "")<\(of(payload.value))>"
    default: return quoted(value)
    }
  }

  /// In quotes, so that a text with a comma in it does not look like two.
  private static func quoted(_ value: Any) -> String {
    "\"" + "\(value)".replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }
}
