// Reads the values of a record's fields from their columns or paths.
// Invariant: a value is trimmed; it is empty if the export has none, or holds one of the export's empty
// values.
// Load: some ten fields per record. The tree of a joined field is flat and traversed by index, so that
// reading a value costs no retain.

import Rules
import Values

/// The pipeline file's source of one field, with its columns or paths resolved to the slots of a
/// ``RawBatch``.
package indirect enum FieldSource: Sendable, Hashable {
  case slot(Int)
  /// The values joined by one space; parts without a value are left out.
  case joined([FieldSource])
  /// The first that has a value.
  case any([FieldSource])

  /// The slots it reads, in order.
  var slots: [Int] {
    switch self {
    case .slot(let slot): [slot]
    case .joined(let parts), .any(let parts): parts.flatMap(\.slots)
    }
  }
}

/// The fields of an export, ready for the loop.
struct FieldPlan: Sendable {
  struct Node: Sendable, BitwiseCopyable {
    enum Kind: UInt8, BitwiseCopyable { case slot, joined, any }
    var kind: Kind
    /// The slot, or the first of the node's children.
    var first: Int32
    var childCount: Int32
  }
  struct Mapped: Sendable, BitwiseCopyable {
    /// The field's index.
    var field: Int
    /// Whether it is sex or status, whose code list takes precedence over the list of empty values.
    var isCoded: Bool
    var node: Int
    /// The field's only slot; -1 if it has several.
    var slot = -1
  }

  private(set) var mapped: [Mapped] = []
  private(set) var nodes: [Node] = []
  /// Whether a field joins values, so that the batch does not contain its value as such.
  private(set) var joins = false
  /// Whether each field has exactly one slot.
  private(set) var isFlat = true
  /// The fields that are mapped and have no code list, one bit each by their index.
  private(set) var plainFields: UInt64 = 0
  /// The bit of the slot that holds the name, if it is one of the first 63 and no other slot holds a part of
  /// the name.
  private(set) var nameSlot: UInt64 = 0

  init(_ fields: [Field: FieldSource]) {
    for (i, field) in Field.allCases.enumerated() {
      guard let source = fields[field] else { continue }
      let root = nodes.count
      nodes.append(Node(kind: .slot, first: 0, childCount: 0))
      place(source, at: root)
      var slot = -1
      if case .slot(let only) = source { slot = only } else { isFlat = false }
      let isCoded = field == .sex || field == .status
      mapped.append(Mapped(field: i, isCoded: isCoded, node: root, slot: slot))
      if !isCoded { plainFields |= 1 << UInt64(i) }
      if field == .fullName, (0..<63).contains(slot) { nameSlot = 1 << UInt64(slot) }
    }
  }

  private mutating func place(_ source: FieldSource, at i: Int) {
    switch source {
    case .slot(let slot): nodes[i] = Node(kind: .slot, first: Int32(slot), childCount: 0)
    case .joined(let parts):
      joins = true
      place(parts, .joined, at: i)
    case .any(let choices): place(choices, .any, at: i)
    }
  }

  private mutating func place(_ children: [FieldSource], _ kind: Node.Kind, at i: Int) {
    let first = nodes.count
    nodes[i] = Node(kind: kind, first: Int32(first), childCount: Int32(children.count))
    for _ in children { nodes.append(Node(kind: .slot, first: 0, childCount: 0)) }
    for (k, child) in children.enumerated() { place(child, at: first + k) }
  }

  /// The range, in the batch, of the value of a node without joins.
  func range(
    _ node: Int, _ record: Int, of batch: borrowing RawBatch, _ bytes: Span<UInt8>, _ empty: EmptyValues,
    keepEmpty: Bool
  ) -> Range<Int> {
    let kind = nodes[node].kind
    let first = Int(nodes[node].first)
    if kind == .slot {
      guard let raw = batch.range(record, first) else { return 0..<0 }
      let value = trimmed(bytes, raw)
      return !keepEmpty && empty.contains(bytes.extracting(value)) ? 0..<0 : value
    }
    for child in first..<first + Int(nodes[node].childCount) {
      let value = range(child, record, of: batch, bytes, empty, keepEmpty: false)
      if !value.isEmpty { return value }
    }
    return 0..<0
  }

  /// Appends the value of a node to `text`.
  /// - Returns: whether there is one.
  func append(
    _ node: Int, _ record: Int, of batch: borrowing RawBatch, _ bytes: Span<UInt8>, _ empty: EmptyValues,
    keepEmpty: Bool, to text: inout [UInt8]
  ) -> Bool {
    let kind = nodes[node].kind
    if kind == .slot {
      let value = range(node, record, of: batch, bytes, empty, keepEmpty: keepEmpty)
      unsafe bytes.extracting(value).withUnsafeBufferPointer { unsafe text.append(contentsOf: $0) }
      return !value.isEmpty
    }
    let first = Int(nodes[node].first)
    let start = text.count
    for child in first..<first + Int(nodes[node].childCount) {
      let mark = text.count
      if mark > start { text.append(0x20) }
      if append(child, record, of: batch, bytes, empty, keepEmpty: false, to: &text) {
        if kind == .any { return true }
      } else {
        text.removeLast(text.count - mark)
      }
    }
    return text.count > start
  }
}
