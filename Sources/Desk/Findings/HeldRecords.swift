// The records that did not link in one store, to tell since which run a record waits.
// Invariant: a record is the same as one of another night if both have the same insurance and card number, or, without these, the
// same personal ID number; a record without any number is never found again.
// Load: eight bytes a finding; some million findings in each of the few stores that are kept.

import Store
import Values

/// The records held in one store.
struct HeldRecords: Sendable {
  let run: Int
  let asOf: String
  /// Sorted.
  private let identities: [UInt64]

  init(run: Int, asOf: String, _ identities: [UInt64]) {
    (self.run, self.asOf, self.identities) = (run, asOf, identities.sorted())
  }

  init(_ store: Store, run: Int, asOf: String) throws(Stop) {
    var identities: [UInt64] = []
    try store.findingKeys { (key) throws(Stop) in
      if let identity = Self.identity(of: key) { identities.append(identity) }
    }
    self.init(run: run, asOf: asOf, identities)
  }

  func contains(_ identity: UInt64) -> Bool {
    let at = identities.partitioningIndex { $0 >= identity }
    return at < identities.count && identities[at] == identity
  }

  /// What a record is recognized by in another store; nil if it has no number.
  static func identity(of key: FindingKey) -> UInt64? {
    let numbers = [key.insuranceNumber ?? "", key.cardNumber ?? ""]
    let hasNumber = numbers.contains { !$0.isEmpty }
    guard hasNumber || key.personalID?.isEmpty == false else { return nil }
    var bytes = [key.export.rawValue]
    for text in hasNumber ? numbers : ["", "", key.personalID ?? ""] {
      bytes += Array(text.utf8) + [0]
    }
    return unsafe digest64(bytes.span.bytes)
  }
}

extension Array {
  /// The first index whose element meets a condition that no element before and all elements after it meet.
  func partitioningIndex(where isAfter: (Element) -> Bool) -> Int {
    var (low, high) = (startIndex, endIndex)
    while low < high {
      let middle = low + (high - low) / 2
      if isAfter(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
