// The policies of a pipeline: who is told what about whom, what was approved, and what has changed since.
// Invariant: counts and policies, nothing of a person. An approval is written after its line in the audit log.

import Files
package import Pipeline
import Publish
import Store
package import Values
import Workspace

/// How one consumer's policy stands.
package struct PolicyStanding: Sendable, Encodable {
  package enum State: String, Sendable, Encodable, CaseIterable {
    /// Answers go out.
    case inForce = "in_force"
    /// It was never approved.
    case unapproved
    /// It tells more than what was approved.
    case widened
    /// It begins later, or has ended.
    case notYet = "not_yet"
    case ended

    package var meaning: Bilingual {
      switch self {
      case .inForce: Bilingual("đang có hiệu lực", "in force")
      case .unapproved: Bilingual("chưa phê duyệt", "not approved")
      case .widened: Bilingual("đã mở rộng, chờ phê duyệt lại", "wider than what was approved")
      case .notYet: Bilingual("chưa đến ngày", "not yet")
      case .ended: Bilingual("đã hết hạn", "ended")
      }
    }
  }

  package var terms: PolicyTerms
  package var digest: String
  package var state: State
  /// The keys in which it tells more than what was approved.
  package var widened: [String]
  package var approvedBy: String?
  package var approvedAt: String?
  /// Persons who may be confirmed; nil before the first run.
  package var persons: Int?
  /// Requests ever answered, and today.
  package var requests: Int
  package var requestsToday: Int
}

/// What one rule of `publish.packages` gives: the built-in policy of health facilities.
package struct RuleStanding: Sendable, Encodable {
  /// Whom it selects, as the pipeline file writes it, and the name of its package.
  package var selects: String
  package var name: String?
  package var formats: [String]
  package var attributes: [String]
  package var isEncrypted: Bool
}

/// All policies of a pipeline.
package struct PolicyMatrix: Sendable, Encodable {
  /// The run that persons are counted of; nil before the first.
  package var run: Int?
  package var facilities: [RuleStanding]
  /// Whether the rules for facilities differ from those of the last publication; nil before the first.
  package var facilitiesChanged: Bool?
  /// Persons in the packages in force.
  package var personsInPackages: Int?
  package var consumers: [PolicyStanding]
}

extension Desk {
  /// How all policies stand.
  package func policies(on day: CalendarDate) throws(Stop) -> PolicyMatrix {
    let runs = try runs()
    let published = try reader.publishedRun().flatMap { number in runs.first { $0.id == number } }
    let last = runs.last { $0.state == .done }
    let counts = try personsInScope(on: day)
    var matrix = PolicyMatrix(
      run: last?.id, facilities: pipeline.publish.rules.map(RuleStanding.init),
      facilitiesChanged: published.map { run in
        Pipeline(earlierText: run.pipelineText, of: pipeline).map {
          $0.publish.rules != pipeline.publish.rules
        }
          ?? true
      }, personsInPackages: published?.published?.persons, consumers: [])
    for policy in pipeline.consumers {
      matrix.consumers.append(
        try standing(
          of: policy, on: day,
          persons: policy.persons.isEmpty ? last?.count(.population, .registered) : counts[policy.name]))
    }
    return matrix
  }

  /// How one consumer's policy stands.
  package func standing(
    of policy: ConsumerPolicy, on day: CalendarDate, persons: Int? = nil
  ) throws(Stop) -> PolicyStanding {
    let book = try PolicyBook(of: policy.name, in: pipeline.workspace)
    let terms = try PolicyTerms(policy)
    let widened = book.widenings(of: terms)
    let state: PolicyStanding.State =
      policy.until.packed < day.packed
      ? .ended
      : widened == nil
        ? .unapproved : widened != [] ? .widened : policy.from.packed > day.packed ? .notYet : .inForce
    return PolicyStanding(
      terms: terms, digest: terms.digest, state: state, widened: widened ?? [],
      approvedBy: book.approval?.by, approvedAt: book.approval?.at, persons: persons, requests: book.requests,
      requestsToday: book.today.flatMap { $0.day == day.text ? $0.requests : nil } ?? 0)
  }

  /// Approves a consumer's policy as it is now.
  package func approve(_ consumer: String, on day: CalendarDate) throws(Stop) -> PolicyStanding {
    let policy = try policy(of: consumer)
    let lock = try PolicyBook.lock(of: consumer, in: pipeline.workspace)
    defer { withExtendedLifetime(lock) {} }
    var book = try settledBook(of: consumer)
    let terms = try PolicyTerms(policy)
    if book.approval?.digest != terms.digest {
      var detail = [
        "consumer": consumer, "policy": terms.digest, "basis": terms.basis, "purpose": terms.purpose,
      ]
      if let wider = book.widenings(of: terms), !wider.isEmpty {
        detail["wider"] = wider.joined(separator: ",")
      }
      try audit(.policyApproved, detail: detail)
      book.approval = PolicyApproval(by: actor.name, at: Clock.now(), terms: terms, digest: terms.digest)
      try book.write(of: consumer, in: pipeline.workspace)
    }
    return try standing(of: policy, on: day)
  }

  /// The persons of the store in force who may be confirmed, for policies that name facilities.
  private func personsInScope(on day: CalendarDate) throws(Stop) -> [String: Int] {
    let scoped = pipeline.consumers.filter { !$0.persons.isEmpty }
    guard !scoped.isEmpty, try storeIfAny() != nil else { return [:] }
    let facilities = try pipeline.facilities(on: day)
    let stream = try persons(of: askedInForce())
    var byFacility: [UInt64: Int] = [:]
    var batch = PersonBatch()
    while try stream.next(&batch) {
      for person in batch.persons {
        byFacility[batch.cards[person.cards.lowerBound].facility.packed, default: 0] += 1
      }
    }
    return Dictionary(
      uniqueKeysWithValues: scoped.map { policy in
        let count = byFacility.reduce(0) { sum, facility in
          let code = ShortCode(packed: facility.key)
          return policy.persons.contains { $0.selects(code, facilities) } ? sum + facility.value : sum
        }
        return (policy.name, count)
      })
  }
}

extension RuleStanding {
  init(_ rule: PackageRule) {
    self.init(
      selects: rule.selection.words, name: rule.name, formats: rule.formats.map(\.rawValue),
      attributes: rule.attributes.map(\.name), isEncrypted: !rule.encryptTo.isEmpty)
  }
}
