// Answers a file of a consumer's requests with a package of answers.
// Invariant: nothing leaves without approved terms that are in force today, and not before the audit log has the consumer, the
// purpose and the counts, and the consumer's book has the requests of the day. An answer that is stopped anywhere before its
// package gets its name is taken back whole, by the command itself or by the next one for the consumer.
// Load: ten million requests and a population of ten million in 15 seconds on two cores; memory is bounded.

import Extract
import Files
import Package
package import Pipeline
import Publish
import Run
import Seal
import SortedRuns
import Threads
package import Values
import Workspace

/// A file of requests to be answered.
package struct AnswerRequest: Sendable {
  package var consumer: String
  /// The request file.
  package var requests: String
  /// The folder for the answers; nil for that of the request file.
  package var folder: String?
  /// The day of the answers.
  package var day: CalendarDate
  package var threads: Int
  package var memoryBytes: Int

  package init(
    consumer: String, requests: String, folder: String? = nil, day: CalendarDate, threads: Int,
    memoryBytes: Int
  ) {
    (self.consumer, self.requests, self.folder, self.day) = (consumer, requests, folder, day)
    (self.threads, self.memoryBytes) = (threads, memoryBytes)
  }
}

/// What was answered.
package struct AnswerReport: Sendable {
  package var consumer: String
  /// The package of answers: a folder, or an encrypted file.
  package var path: String
  package var run: Int
  package var asOf: String
  package var counts: [AnswerCode: Int]
  package var requests: Int { counts.values.reduce(0, +) }
  /// Numbers that were asked about today with different data, or too often.
  package var probed: Int
  /// Of the persons looked for, the share that was not confirmed.
  package var failures: Double
  /// Whether that is more than the policy allows.
  package var isAlarming: Bool
  /// Requests of the day, these included.
  package var today: Int
  package var perDay: Int?
}

extension Desk {
  /// The policy of a consumer.
  ///
  /// - Throws: ``Stop`` with ``Exit/usage`` if there is none.
  package func policy(of consumer: String) throws(Stop) -> ConsumerPolicy {
    if let policy = pipeline.consumers.first(where: { $0.name == consumer }) { return policy }
    let names = pipeline.consumers.map(\.name)
    throw Stop(
      .usage, at: consumer, expected: "a consumer of the pipeline file",
      found: names.isEmpty ? "none" : "others: \(names.joined(separator: ", "))",
      remedy: nearestWord(to: consumer, among: names).map { "Did you mean \($0)?" }
        ?? "Write its policy under publish.consumers.",
      next: "cardlink policy PIPELINE")
  }

  /// Answers a file of requests.
  package func answer(_ request: AnswerRequest) throws(Stop) -> AnswerReport {
    let policy = try policy(of: request.consumer)
    try policy.checkAnswers()
    let lock = try PolicyBook.lock(of: policy.name, in: pipeline.workspace)
    defer { withExtendedLifetime(lock) {} }
    var book = try settledBook(of: policy.name)
    let terms = try PolicyTerms(policy)
    try policy.checkInForce(on: request.day)
    try book.checkApproved(terms, of: policy)
    let answering = Answering(
      desk: self, request: request, policy: policy, data: try dataInForce(),
      scratch: try Scratch(in: pipeline.workspace))
    return try answering.run(&book, terms)
  }

  /// The staged population of the run whose store is in force.
  private func dataInForce() throws(Stop) -> LastStaged {
    let asked = try askedInForce()
    guard let last = try staged(asked.run) else {
      throw Stop(
        .storeUnavailable, at: pipeline.workspace,
        expected: "the staged population of run \(asked.run.id), whose store is in force", found: "none",
        remedy: "Answers need it: run the pipeline again, and keep one run's staged records (keep.staged).",
        next: "cardlink run PIPELINE")
    }
    return last
  }
}

extension Desk {
  /// A consumer's book, after what a stopped answer left behind is taken back.
  func settledBook(of consumer: String) throws(Stop) -> PolicyBook {
    var book = try PolicyBook(of: consumer, in: pipeline.workspace)
    if let digest = book.withdrawn {
      try audit(.answerWithdrawn, detail: ["consumer": consumer, "package": digest])
    }
    try book.removeRemains(of: consumer, in: pipeline.workspace)
    return book
  }
}

extension Stop {
  /// The failure of a disk after the answers got their name.
  fileprivate func afterSending(_ path: String) -> Stop {
    var stop = self
    stop.finding.remedy =
      "The answers are whole and counted, at \(path); but a power cut may undo their name. Check the disk."
    return stop
  }
}

extension ConsumerPolicy {
  /// - Throws: ``Stop`` with ``Exit/usage`` for a wallet provider.
  fileprivate func checkAnswers() throws(Stop) {
    guard attests else { return }
    throw Stop(
      .usage, at: name, expected: "a consumer that gets answers", found: "one that gets attestations",
      remedy: "Attest its requests, or remove attest: true from its policy.",
      next: "cardlink attest PIPELINE --consumer \(name) --requests FILE")
  }

  /// - Throws: ``Stop`` with ``Exit/dataRefused`` before its first day and after its last.
  func checkInForce(on day: CalendarDate) throws(Stop) {
    let (begins, ends) = (from.isNone || from.packed <= day.packed, day.packed <= until.packed)
    guard !begins || !ends else { return }
    throw Stop(
      .dataRefused, at: name, field: begins ? "until" : "from",
      expected: "a day on which the policy is in force", found: day.text,
      remedy: begins
        ? "It ended on \(until.text). Nothing was answered; agree a new policy with the consumer. "
          + "Chính sách đã hết hạn, không trả lời."
        : "It begins on \(from.text). Nothing was answered. Chính sách chưa có hiệu lực.",
      next: "cardlink policy PIPELINE")
  }
}

extension PolicyBook {
  /// - Throws: ``Stop`` with ``Exit/dataRefused`` if the terms, or wider ones, were not approved.
  func checkApproved(_ terms: PolicyTerms, of policy: ConsumerPolicy) throws(Stop) {
    let wider = widenings(of: terms)
    guard wider != [] else { return }
    throw Stop(
      .dataRefused, at: policy.name, expected: "terms that were approved",
      found: wider.map { "wider ones: \($0.joined(separator: ", "))" } ?? "no approval",
      remedy:
        "Nothing was answered. Read the policy, then approve it. "
        + "Chính sách chưa được phê duyệt hoặc đã mở rộng: xem lại rồi phê duyệt.",
      next: "cardlink policy approve \(policy.name) PIPELINE")
  }
}

/// One answer under way.
private struct Answering: ~Copyable {
  let desk: Desk
  let request: AnswerRequest
  let policy: ConsumerPolicy
  let data: Desk.LastStaged
  let scratch: Scratch

  private var workspace: String { desk.pipeline.workspace }
  private var threads: Int { max(1, request.threads) }

  func run(_ book: inout PolicyBook, _ terms: PolicyTerms) throws(Stop) -> AnswerReport {
    let file = try FoundFile(
      export: .population, path: Paths.absolute(request.requests), name: Folder.name(of: request.requests))
    let export = try policy.requests.export(asOf: request.day, pipeline: desk.pipeline.path)
    let (staged, digests) = try extraction(export).staged([file], into: scratch.path)
    let requests = staged.files.reduce(0) { $0 + $1.recordCount - ($1.notRecordCount ?? 0) }
    let earlier = book.today.flatMap { $0.day == request.day.text ? $0 : nil }
    let today = (earlier?.requests ?? 0) + requests
    try policy.checkLimit(today, requests, of: request.requests, on: request.day)
    let found = try join(staged, earlier)
    let edition = (book.last?.edition ?? 0) + 1
    let newest = try desk.runs().last?.id ?? data.run.id
    let facts = facts(
      terms, edition: edition, run: max(newest, book.last?.run ?? 0), book.last, digests.first ?? "")
    let package = try ConsumerPackage(
      edition, for: policy, beside: request.requests, in: request.folder, scratch: scratch.path,
      on: request.day)
    book.pending = PendingAnswer(partial: package.partial)
    try book.write(of: policy.name, in: workspace)
    let report: AnswerReport
    do throws(Stop) {
      let (counts, digest) = try write(package, facts, file, export.format, found.answers)
      let failures = Self.failures(counts)
      report = AnswerReport(
        consumer: policy.name, path: package.final, run: data.run.id, asOf: data.run.asOf, counts: counts,
        probed: found.probedCount, failures: failures,
        isAlarming: policy.failuresAlarm.map { failures > $0 } ?? false, today: today, perDay: policy.perDay)
      try keepAsked(found.asked, edition)
      book.count(
        AnswerPoint(digest: digest, run: facts.runID, edition: edition),
        AskedToday(day: request.day.text, requests: today, runs: found.asked, folder: "asked-\(edition)"),
        requests: requests, under: terms)
      // Before its line in the audit log, so that an answer that is taken back is known by its digest.
      try book.write(of: policy.name, in: workspace)
      try audit(report, found.probed, facts, digest)
      try package.send()
    } catch {
      // What can't be taken back now, the next command for this consumer takes back.
      _ = try? desk.settledBook(of: policy.name)
      throw (try? Folder.exists(package.final)) == true ? error.afterSending(package.final) : error
    }
    // The answer has left; what it leaves behind, the next command removes at the latest.
    try? book.removeRemains(of: policy.name, in: workspace)
    return report
  }

  /// Writes the package, and waits until it is on disk.
  private func write(
    _ package: ConsumerPackage, _ facts: AnswerFacts, _ file: FoundFile, _ format: ExportFormat,
    _ answers: [SortedRun]
  ) throws(Stop) -> (counts: [AnswerCode: Int], digest: String) {
    var writer = try package.writer(facts)
    let counts = try AnswerOutput(
      file: file, policy: policy, format: format, answers: answers, folder: scratch.path
    ).write(to: &writer)
    return (counts, try package.finish(writer, signingKey: desk.pipeline.publish.signingKey))
  }

  private var folder: String { PolicyBook.folder(of: policy.name, in: workspace) }

  private func extraction(_ export: Export) -> Extraction {
    Extraction(
      Exports(population: export, insurance: export), threads: threads, memoryBytes: request.memoryBytes,
      advanced: { _, _ in }, damaged: { _, _ in })
  }

  // MARK: The results

  private func join(
    _ staged: StagedSnapshot, _ earlier: AskedToday?
  ) throws(Stop) -> AnswerJoin.Result {
    let requests = staged.population.reduce(0) { $0 + $1.recordCount }
    let persons = data.staged.population.reduce(0) { $0 + $1.recordCount }
    let inputs = AnswerJoin.Inputs(
      requests: (staged.population, scratch.path), population: (data.staged.population, data.folder),
      earlier: (earlier?.runs ?? [], folder + "/" + (earlier?.folder ?? "")),
      openCards: policy.needsCards
        ? try desk.cardLookup(
          ofRun: data.run.id, on: request.day, reads: requests > persons / 16)
        : nil)
    let facilities = try desk.pipeline.facilities(on: request.day)
    let bufferBytes = min(request.memoryBytes / 4 / threads, 192 << 20)
    let join = AnswerJoin(
      inputs: inputs, rules: try AnswerRules(policy, on: request.day, facilities),
      limit: policy.perPersonPerDay ?? .max, folder: scratch.path, bufferBytes: bufferBytes)
    let cuts = try splitKeys(
      of: staged.population, in: scratch.path, parts: threads > 1 ? threads * 2 : 1)
    let ranges = Array(zip([0] + cuts, cuts + [UInt64.max]).enumerated())
    let parts: [AnswerJoin.Result]
    do throws(Stop) {
      parts = try inOrder(ranges, width: threads) { range throws(Stop) in
        try join.run(part: range.offset, range.element.0..<range.element.1)
      }
    } catch {
      guard try data.run.finished(.extract).map(desk.reader.hasResult(of:)) ?? false else {
        throw Stop(
          .runInProgress, at: workspace,
          expected: "the data of run \(data.run.id) until the answers are written",
          found: "them replaced by a run that has finished meanwhile",
          remedy: "Nothing was answered. Answer again.")
      }
      throw error
    }
    var all = AnswerJoin.Result()
    for part in parts {
      all.answers += part.answers
      all.asked += part.asked
      all.probed += part.probed.prefix(AnswerJoin.mostProbed - all.probed.count)
      all.probedCount += part.probedCount
    }
    all.answers += try malformed(staged.quarantine, bufferBytes)
    return all
  }

  /// The results of requests that broke a rule.
  private func malformed(_ quarantine: [SortedRun], _ bufferBytes: Int) throws(Stop) -> [SortedRun] {
    var results = Sorter(
      folder: scratch.path, name: "malformed", bufferBytes: bufferBytes, synced: false)
    var held = try merged(quarantine, in: scratch.path, 0..<UInt64.max)
    let payload = [AnswerCode.malformed.rawValue]
    while held.hasRecord {
      try results.append(key: held.place, place: 0, payload)
      try held.advance()
    }
    return try results.finish()
  }

  private static func failures(_ counts: [AnswerCode: Int]) -> Double {
    let failed = counts.reduce(0) { $0 + ($1.key.isFailure ? $1.value : 0) }
    let looked = failed + (counts[.agreed] ?? 0)
    return looked == 0 ? 0 : Double(failed) / Double(looked)
  }

  // MARK: What leaves, and what stays

  private func facts(
    _ terms: PolicyTerms, edition: Int, run: Int, _ before: AnswerPoint?, _ requestsDigest: String
  ) -> AnswerFacts {
    AnswerFacts(
      pipeline: desk.pipeline.name, consumer: policy.name, runID: run, dataRunID: data.run.id,
      edition: edition,
      before: before.map { PackagePoint(digest: $0.digest, runID: $0.run, edition: $0.edition) },
      asOf: CalendarDate(iso: data.run.asOf) ?? .none, answeredOn: request.day,
      keepUntil: request.day.adding(days: policy.retentionDays),
      purpose: Bilingual(policy.purposeVietnamese, policy.purpose), basis: policy.basis,
      policyDigest: terms.digest, requestsDigest: requestsDigest, contact: desk.pipeline.publish.contact,
      formats: policy.formats.map(\.rawValue), columns: policy.columns,
      codes: AnswerCode.allCases.map { ($0.name, $0.meaning) })
  }

  private func audit(
    _ report: AnswerReport, _ probed: [PersonalID], _ facts: AnswerFacts, _ digest: String
  ) throws(Stop) {
    var detail = [
      "consumer": policy.name, "purpose": policy.purpose, "basis": policy.basis, "policy": facts.policyDigest,
      "requests": "\(report.requests)", "requests_digest": facts.requestsDigest, "package": digest,
      "probed_numbers": "\(report.probed)",
    ]
    for (code, count) in report.counts { detail[code.name] = "\(count)" }
    if report.isAlarming { detail["alarm"] = "failures" }
    if !probed.isEmpty {
      try desk.audit(
        .probed, probed.map { (person: $0, detail: ["consumer": policy.name, "package": digest]) },
        run: data.run.id)
    }
    try desk.audit(.answered, run: data.run.id, detail: detail)
  }

  /// Moves the numbers asked about today to the consumer's folder.
  private func keepAsked(_ runs: [SortedRun], _ edition: Int) throws(Stop) {
    let asked = folder + "/asked-\(edition)"
    if try Folder.exists(asked) { try Folder.remove(asked) }
    try Folder.create(asked)
    for run in runs { try Folder.rename(scratch.path + "/" + run.name, to: asked + "/" + run.name) }
    try Folder.syncAll(asked)
  }
}
