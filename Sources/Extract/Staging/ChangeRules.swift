// What the records of a delta do: their operation and their order, read a batch at a time.
// Load: a batch of a delta; a full export never gets here.

import Rules
package import Values

/// The settings of a delta export in the pipeline file that staging needs.
package struct ChangeRules: Sendable {
  /// The slot of the operation; nil if every record is an upsert.
  package var operationSlot: Int?
  /// The export's codes of ``ChangeRecord/Kind/upsert`` and ``ChangeRecord/Kind/delete``.
  package var operations: [(bytes: [UInt8], kind: ChangeRecord.Kind)]
  /// The slot of what orders the changes; nil if their place in the file does.
  package var orderSlot: Int?
  package var identity: IdentityFields

  package init(
    operationSlot: Int?, operations: [(bytes: [UInt8], kind: ChangeRecord.Kind)], orderSlot: Int?,
    identity: IdentityFields
  ) {
    (self.operationSlot, self.operations) = (operationSlot, operations)
    (self.orderSlot, self.identity) = (orderSlot, identity)
  }
}

/// What one record of a delta does.
struct ChangeMark {
  var ordinal: UInt32
  /// Nil for an operation outside the list.
  var kind: ChangeRecord.Kind?
  /// Nil for a value that orders nothing.
  var order: UInt64?
}

/// What the records of a batch do.
struct ChangeMarks {
  private var marks: [ChangeMark] = []
  private var next = 0

  /// Reads the operations and orders of a batch.
  mutating func read(_ batch: borrowing RawBatch, _ rules: ChangeRules, _ empty: EmptyValues) {
    let codes = CodeList(rules.operations.map { (bytes: $0.bytes, value: $0.kind.rawValue) })
    let bytes = batch.bytes
    func value(_ record: Int, _ slot: Int) -> Range<Int> {
      batch.range(record, slot).map { trimmed(bytes.span, $0) } ?? 0..<0
    }
    marks.removeAll(keepingCapacity: true)
    next = 0
    for i in 0..<batch.count {
      var mark = ChangeMark(ordinal: batch.record(i).ordinal, kind: .upsert, order: 0)
      if let slot = rules.operationSlot {
        let reading = codes.read(bytes.span.extracting(value(i, slot)), empty)
        if case .code(let code) = reading {
          mark.kind = ChangeRecord.Kind(rawValue: code)
        } else {
          mark.kind = nil
        }
      }
      if let slot = rules.orderSlot { mark.order = OrderRule.read(bytes.span.extracting(value(i, slot))) }
      marks.append(mark)
    }
  }

  /// What a record does; records are asked for in the batch's order.
  mutating func mark(of raw: RawRecord) -> ChangeMark {
    while marks[next].ordinal != raw.ordinal { next += 1 }
    return marks[next]
  }
}
