// The deliveries of an export that is a series: its base, and the deltas numbered after it in steps of one.
// Invariant: what is in force follows from the files alone, so that a repeated or interrupted run gives the same. A series
// with a missing number, or with two contents for one number, is never read.
// Load: some dozen files; a file is read only if its number was delivered before.

package import Files
import Seal
package import Values

/// The deliveries of one export.
package struct Series: Sendable {
  package enum State: String, Sendable, Encodable {
    /// The full export that the series begins with.
    case base
    /// In the store in force, or in the next run's.
    case applied, waiting
    /// The bytes of another delta of its number.
    case copy
    /// A delta of an earlier series, which a run has applied.
    case closed
    /// A number that no file has.
    case missing
    case refused
  }

  package struct Delivery: Sendable {
    package var sequence: Int
    /// Nil for a missing number.
    package var file: FoundFile?
    package var state: State
  }

  package let export: ExportKind
  package private(set) var deliveries: [Delivery] = []
  /// Why a run refuses the series; the first is the one it names.
  package private(set) var faults: [Stop] = []

  /// - Parameters:
  ///   - found: the base and all deltas, ordered by number.
  ///   - earlier: all runs of the workspace.
  ///   - inForce: the run whose store is in force.
  package init(
    _ export: ExportKind, _ found: [FoundFile], earlier: [RunRecord], inForce: RunRecord?
  ) throws(Stop) {
    self.export = export
    let base = found.filter { $0.holdsChanges == false }
    let number = base.first?.sequence ?? 0
    let known = inForce?.exports.filter { $0.export == export && $0.sequence != nil } ?? []
    deliveries = base.map { Delivery(sequence: number, file: $0, state: .base) }
    var next = number + 1
    var deltas = found.filter { $0.holdsChanges == true }
    while let first = deltas.first, let sequence = first.sequence {
      let same = deltas.filter { $0.sequence == sequence }
      deltas.removeFirst(same.count)
      guard sequence > number else {
        for file in same { try close(file, base: number, earlier) }
        continue
      }
      addMissing(next..<sequence, before: first)
      next = sequence + 1
      let isApplied = known.contains { $0.sequence == sequence && $0.holdsChanges == true }
      deliveries.append(Delivery(sequence: sequence, file: first, state: isApplied ? .applied : .waiting))
      for other in same.dropFirst() { try addCopy(other, of: first) }
    }
    checkTotals()
    try checkEnd(next - 1, known, inForce)
    try checkContent(known, inForce)
  }

  /// The files that a run reads, in order.
  package var files: [FoundFile] {
    deliveries.filter { [.base, .applied, .waiting].contains($0.state) }.compactMap(\.file)
  }

  // MARK: Checks

  private mutating func refuse(
    _ place: String, expected: String, found: String, _ remedy: String
  ) {
    faults.append(
      Stop(
        .dataRefused, at: place, expected: expected, found: found, remedy: remedy + " Nothing was changed.",
        next: "cardlink series PIPELINE"))
  }

  private mutating func addMissing(_ numbers: Range<Int>, before file: FoundFile) {
    guard let first = numbers.first, let last = numbers.last else { return }
    // A gap of millions is a wrong number in a name.
    for number in numbers.prefix(1000) {
      deliveries.append(Delivery(sequence: number, file: nil, state: .missing))
    }
    let missing = first == last ? "delta \(first)" : "deltas \(first) to \(last)"
    refuse(
      file.name, expected: "the \(export.name) deltas without a gap", found: "\(missing) missing",
      "Ask the supplier for \(missing), or for a full export numbered \(last) or later.")
  }

  /// A delta that is not after the base: of an earlier series, or late.
  private mutating func close(_ file: FoundFile, base: Int, _ earlier: [RunRecord]) throws(Stop) {
    let digest = try file.knownDigest
    let isKnown = earlier.contains { run in
      run.state == .done
        && run.exports.contains { $0.export == export && $0.holdsChanges == true && $0.digest == digest }
    }
    deliveries.append(Delivery(sequence: file.sequence ?? 0, file: file, state: isKnown ? .closed : .refused))
    guard !isKnown else { return }
    refuse(
      file.name, expected: "a delta after the full export numbered \(base)",
      found: "number \(file.sequence ?? 0), which no run has applied",
      "The full export should have its changes already. Move the delta out of the folder.")
  }

  private mutating func addCopy(_ file: FoundFile, of first: FoundFile) throws(Stop) {
    let isCopy = try file.knownDigest == first.knownDigest
    deliveries.append(Delivery(sequence: first.sequence ?? 0, file: file, state: isCopy ? .copy : .refused))
    guard !isCopy else { return }
    refuse(
      file.name, expected: "one content for delta \(first.sequence ?? 0)",
      found: "another one in \(first.name)",
      "Ask the supplier which of the two is right, and remove the other.")
  }

  /// Refuses deliveries whose control totals have another number.
  private mutating func checkTotals() {
    for delivery in deliveries {
      guard let file = delivery.file, let stated = file.totals?.sequence, stated != delivery.sequence,
        [.base, .applied, .waiting].contains(delivery.state)
      else { continue }
      refuse(
        file.name, expected: "number \(delivery.sequence) in its control totals", found: "number \(stated)",
        "Ask the supplier which delivery this is.")
    }
  }

  /// Refuses a series that ends before the one in force.
  private mutating func checkEnd(_ last: Int, _ known: [FoundFile], _ inForce: RunRecord?) throws(Stop) {
    guard let inForce, let before = known.compactMap(\.sequence).max(), last < before else { return }
    refuse(
      "series of \(export.name)",
      expected: "deliveries up to number \(before), which run \(inForce.id) has applied",
      found: "none after number \(last)",
      "Put the files back, or go back to an earlier store first: cardlink rollback PIPELINE.")
  }

  /// Refuses another content of a number that is in force, as far as digests are known.
  private mutating func checkContent(_ known: [FoundFile], _ inForce: RunRecord?) throws(Stop) {
    guard let inForce else { return }
    for i in deliveries.indices where [.base, .applied].contains(deliveries[i].state) {
      guard let file = deliveries[i].file, let fault = file.otherContent(than: known, of: inForce) else {
        continue
      }
      if deliveries[i].state == .applied { deliveries[i].state = .refused }
      faults.append(fault)
    }
  }
}

extension FoundFile {
  /// The refusal of this file if its number was delivered with another content; nil if it was not, or its digest is not
  /// known yet.
  package func otherContent(than known: [FoundFile], of run: RunRecord) -> Stop? {
    let before = known.filter {
      $0.export == export && $0.sequence == sequence && $0.holdsChanges == holdsChanges
    }
    guard let digest, !before.isEmpty, before.allSatisfy({ $0.digest != nil && $0.digest != digest }) else {
      return nil
    }
    let what = holdsChanges == true ? "delta" : "full export"
    return Stop(
      .dataRefused, at: name, expected: "the \(what) \(sequence ?? 0) that run \(run.id) has read",
      found: "another content under the same number",
      remedy:
        "A supplier corrects a delivery by a later one. If this one is right, go back to the store before it first: cardlink rollback PIPELINE. Nothing was changed.",
      next: "cardlink series PIPELINE")
  }

  fileprivate var knownDigest: String {
    get throws(Stop) {
      if let digest { return digest }
      return try Digest.text(ofFile: path)
    }
  }
}
