// What was approved and answered for each consumer, in the workspace.
// Invariant: terms are approved only if they are the approved ones or tell less. Terms that answers were given under replace
// wider ones, so that a policy which was narrowed needs a new approval to become as wide as before. An answer counts from
// the moment its package gets its name: until then the book says how to take it back.
//
//   workspace/consumers/bank-a/book.json    the approval, and the place of the last package of answers
//   workspace/consumers/bank-a/asked-0007   the numbers asked about on the day of answer 7, until the next day

package import Files
import Package
package import Pipeline
package import SortedRuns
package import Values

/// Who approved which terms, and when.
package struct PolicyApproval: Hashable, Sendable, Codable {
  package var by: String
  package var at: String
  package var terms: PolicyTerms
  package var digest: String

  package init(by name: String, at time: String, terms: PolicyTerms, digest: String) {
    (by, at, self.terms, self.digest) = (name, time, terms, digest)
  }
}

/// The requests of one day.
package struct AskedToday: Hashable, Sendable, Codable {
  package var day: String
  package var requests: Int
  /// Personal ID number → how often it was asked about, and what was asked first.
  package var runs: [SortedRun]
  /// The folder of the runs, in the consumer's.
  package var folder: String

  package init(day: String, requests: Int, runs: [SortedRun], folder: String) {
    (self.day, self.requests, self.runs, self.folder) = (day, requests, runs, folder)
  }
}

/// The place of a package of answers in its consumer's sequence.
package struct AnswerPoint: Hashable, Sendable, Codable {
  package var digest: String
  package var run: Int
  package var edition: Int

  package init(digest: String, run: Int, edition: Int) {
    (self.digest, self.run, self.edition) = (digest, run, edition)
  }
}

/// An answer under way.
package struct PendingAnswer: Hashable, Sendable, Codable {
  /// The package until it gets its name; absolute.
  ///
  /// As long as it exists, nothing has left.
  package var partial: String
  /// The package's digest, once the book counts it.
  package var digest: String?
  /// What the book said before it counted the answer.
  package var before: Before?

  package struct Before: Hashable, Sendable, Codable {
    var approval: PolicyApproval?
    var last: AnswerPoint?
    var today: AskedToday?
    var requests: Int
  }

  package init(partial: String) { self.partial = partial }
}

package struct PolicyBook: Hashable, Sendable, Codable {
  package var approval: PolicyApproval?
  package private(set) var last: AnswerPoint?
  package private(set) var today: AskedToday?
  /// All requests ever answered.
  package private(set) var requests = 0
  /// The answer that a command is about to give, or gave when it was stopped.
  package var pending: PendingAnswer?
  /// The digest of an answer that the file counts and that never left, so that this book doesn't count it.
  package private(set) var withdrawn: String?

  private enum CodingKeys: String, CodingKey { case approval, last, today, requests, pending }

  private init() {}

  package static func folder(of consumer: String, in workspace: String) -> String {
    workspace + "/consumers/" + consumer
  }

  private static func path(of consumer: String, in workspace: String) -> String {
    folder(of: consumer, in: workspace) + "/book.json"
  }

  /// Reads a consumer's book; without a file it is empty.
  package init(of consumer: String, in workspace: String) throws(Stop) {
    self = try JSONFile.read(Self.self, from: Self.path(of: consumer, in: workspace)) ?? Self()
    guard let answer = pending, let before = answer.before, try Folder.exists(answer.partial) else { return }
    (approval, last, today, requests) = (before.approval, before.last, before.today, before.requests)
    (pending, withdrawn) = (PendingAnswer(partial: answer.partial), answer.digest)
  }

  /// Counts the pending answer, from which the terms are the approved ones.
  package mutating func count(
    _ point: AnswerPoint, _ day: AskedToday, requests: Int, under terms: PolicyTerms
  ) {
    pending?.digest = point.digest
    pending?.before = PendingAnswer.Before(
      approval: approval, last: last, today: today, requests: self.requests)
    (last, today) = (point, day)
    self.requests += requests
    if approval?.digest != terms.digest {
      approval?.terms = terms
      approval?.digest = terms.digest
    }
  }

  /// Removes what an answer left behind that was stopped, or the one before it.
  package mutating func removeRemains(of consumer: String, in workspace: String) throws(Stop) {
    // Once the file doesn't count the answer any more, its package can go.
    if withdrawn != nil { try write(of: consumer, in: workspace) }
    if let pending { try Folder.remove(pending.partial) }
    let folder = Self.folder(of: consumer, in: workspace)
    for name in try Folder.names(in: folder) where name.hasPrefix("asked-") && name != today?.folder {
      try Folder.remove(folder + "/" + name)
    }
    guard pending != nil else { return }
    (pending, withdrawn) = (nil, nil)
    try write(of: consumer, in: workspace)
  }

  package func write(of consumer: String, in workspace: String) throws(Stop) {
    try JSONFile.write(self, to: Self.path(of: consumer, in: workspace))
  }

  /// Keeps other commands for the same consumer out while the lock lives.
  ///
  /// - Throws: ``Stop`` with ``Exit/runInProgress`` if another one is at work.
  package static func lock(of consumer: String, in workspace: String) throws(Stop) -> LockFile {
    let folder = folder(of: consumer, in: workspace)
    try Folder.create(folder)
    guard let lock = try LockFile(holding: folder + "/lock") else {
      throw Stop(
        .runInProgress, at: folder, expected: "no other command for \(consumer)", found: "one at work",
        remedy: "Wait until it has finished, then try again.")
    }
    return lock
  }

  /// The keys in which terms are wider than what was approved; nil if nothing was approved.
  package func widenings(of terms: PolicyTerms) -> [String]? {
    guard let approval else { return nil }
    return terms.digest == approval.digest ? [] : terms.widenings(of: approval.terms)
  }

  /// The folders with the numbers asked about before a day, of all consumers.
  package static func pastAsked(in workspace: String, before day: String) throws(Stop) -> [String] {
    var past: [String] = []
    let consumers = workspace + "/consumers"
    for consumer in try Folder.names(in: consumers) {
      // A command at work moves a folder into place before its book names it.
      guard let lock = try LockFile(holding: consumers + "/" + consumer + "/lock") else { continue }
      defer { withExtendedLifetime(lock) {} }
      let today = try Self(of: consumer, in: workspace).today
      for name in try Folder.names(in: consumers + "/" + consumer) where name.hasPrefix("asked-") {
        let isInUse = today.map { $0.folder == name && $0.day >= day } ?? false
        if !isInUse { past.append(consumers + "/" + consumer + "/" + name) }
      }
    }
    return past
  }
}
