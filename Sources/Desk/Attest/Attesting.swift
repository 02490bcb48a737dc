// Attests a file of a wallet provider's requests.
// Invariant: nothing is signed before the audit log has the consumer and the counts, and the book of places has each place. A
// holder's key is bound only after its proof was checked. A failure leaves no package; its places stay taken.
// Load: a file of up to some million requests, twice: to decide, and to sign. Thirty bytes of memory for a request.

import Attest
import Extract
import Files
import Package
import Pipeline
import Publish
import Run
import Seal
package import Values
import Workspace

/// A file of requests for attestations.
package struct AttestRequest: Sendable {
  package var consumer: String
  package var requests: String
  /// The folder for the package; nil for that of the request file.
  package var folder: String?
  package var day: CalendarDate
  /// Seconds since 1970.
  package var now: Int

  package init(consumer: String, requests: String, folder: String? = nil, day: CalendarDate, now: Int) {
    (self.consumer, self.requests, self.folder, self.day, self.now) = (consumer, requests, folder, day, now)
  }
}

/// The result of one request.
package enum AttestCode: UInt8, NamedCase, Hashable {
  case issued
  /// Bound to no key, for a short time.
  case issuedToBearer
  /// No such person, no card in force, or outside the policy: one code for all.
  case notConfirmed
  case malformed
  case keyMalformed
  case proofRefused
  case consentMissing
  case limitReached

  package static let names = snakeCaseNames(of: allCases)

  package var meaning: Bilingual {
    switch self {
    case .issued: Bilingual("đã cấp, gắn với khóa của người giữ", "issued, bound to the holder's key")
    case .issuedToBearer:
      Bilingual("đã cấp, không gắn với khóa, thời hạn ngắn", "issued to the bearer, for a short time")
    case .notConfirmed: Bilingual("không xác nhận được", "not confirmed")
    case .malformed: Bilingual("yêu cầu sai mẫu", "the request is malformed")
    case .keyMalformed: Bilingual("khóa của người giữ sai mẫu", "the holder's key can't be read")
    case .proofRefused:
      Bilingual("bằng chứng giữ khóa không đúng hoặc đã cũ", "the proof of possession is wrong or too old")
    case .consentMissing:
      Bilingual("thiếu mã chấp thuận của người dân", "the reference of the consent is missing")
    case .limitReached:
      Bilingual("quá số lần cho phép trong ngày", "more often than allowed for a day")
    }
  }
}

package struct AttestReport: Sendable {
  package var consumer: String
  package var path: String
  package var run: Int
  package var asOf: String
  package var counts: [AttestCode: Int]
  package var requests: Int { counts.values.reduce(0, +) }
  package var today: Int
  package var perDay: Int?
}

extension Desk {
  /// Attests a file of requests.
  package func attest(_ request: AttestRequest) throws(Stop) -> AttestReport {
    let policy = try policy(of: request.consumer)
    guard policy.attests, let terms = pipeline.attestations else {
      throw Stop(
        .usage, at: policy.name, expected: "a consumer that gets attestations",
        found: "one that gets answers",
        remedy: "Answer its requests, or write attest: true into its policy.",
        next: "cardlink answer \(policy.name) PIPELINE --requests \(request.requests)")
    }
    let lock = try PolicyBook.lock(of: policy.name, in: pipeline.workspace)
    defer { withExtendedLifetime(lock) {} }
    let placeLock = try PlaceBook.lock(in: pipeline.workspace)
    defer { withExtendedLifetime(placeLock) {} }
    var book = try settledBook(of: policy.name)
    let approved = try PolicyTerms(policy)
    try policy.checkInForce(on: request.day)
    try book.checkApproved(approved, of: policy)
    let attesting = Attesting(
      desk: self, request: request, policy: policy, terms: terms, key: try AttestationKey(file: terms.key),
      persons: try personLookup(), facilities: try pipeline.facilities(on: request.day),
      scratch: try Scratch(in: pipeline.workspace))
    let report = try attesting.run(approved.digest)
    if book.approval?.digest != approved.digest {
      book.approval?.terms = approved
      book.approval?.digest = approved.digest
      try book.write(of: policy.name, in: pipeline.workspace)
    }
    return report
  }
}

/// What was decided on one request.
private struct Decision {
  var code: AttestCode
  /// The list's index; -1 without a place.
  var list: Int16 = -1
  var place: Int32 = 0
  var expires: Int32 = 0
}

private struct Attesting: ~Copyable {
  let desk: Desk
  let request: AttestRequest
  let policy: ConsumerPolicy
  let terms: AttestationTerms
  let key: AttestationKey
  let persons: PersonLookup
  let facilities: Facilities
  let scratch: Scratch

  private var workspace: String { desk.pipeline.workspace }
  private var month: String { String(request.day.text.prefix(7)) }

  func run(_ policyDigest: String) throws(Stop) -> AttestReport {
    let file = try FoundFile(
      export: .population, path: Paths.absolute(request.requests), name: Folder.name(of: request.requests))
    let reading = try RequestReading(file, policy, on: request.day, desk.pipeline.path)
    var places = try PlaceBook(in: workspace)
    let before = places.given(to: policy.name, on: request.day.text)
    let total = try reading.each { _ in }
    let today = before.requests + total
    try policy.checkLimit(today, total, of: request.requests, on: request.day)
    var (decisions, names) = ([Decision](), [String]())
    decisions.reserveCapacity(total)
    var asked = before.persons
    _ = try reading.each { one throws(Stop) in
      decisions.append(try decide(one, &asked, &places, &names))
    }
    var counts: [AttestCode: Int] = [:]
    for decision in decisions { counts[decision.code, default: 0] += 1 }
    let digest = try Digest.text(ofFile: file.path)
    var wallet = try WalletBook(of: policy.name, in: workspace)
    wallet.edition += 1
    let package = try ConsumerPackage(
      wallet.edition, for: policy, beside: request.requests, in: request.folder, scratch: scratch.path,
      on: request.day)
    try removeRemains(beside: package)
    try audit(counts, digest, policyDigest)
    try places.write(
      consumer: policy.name, day: request.day.text, month: month, capacity: terms.places, requests: total)
    wallet.run = max(wallet.run, try desk.runs().last?.id ?? 0, persons.run)
    do throws(Stop) {
      var writer = try package.writer(facts(wallet, digest, policyDigest))
      try sign(decisions, names, reading, &writer)
      try file.checkUnchanged()
      wallet.digest = try package.finish(writer, signingKey: desk.pipeline.publish.signingKey)
      try wallet.write(of: policy.name, in: workspace)
      try package.send()
    } catch {
      try? Folder.remove(package.partial)
      throw error
    }
    return AttestReport(
      consumer: policy.name, path: package.final, run: persons.run, asOf: persons.asOf.text, counts: counts,
      today: today, perDay: policy.perDay)
  }

  // MARK: Deciding

  private func decide(
    _ one: RequestReading.One, _ asked: inout [PersonalID: Int], _ places: inout PlaceBook,
    _ names: inout [String]
  ) throws(Stop) -> Decision {
    guard let id = one.id, !one.reference.isEmpty else { return Decision(code: .malformed) }
    guard !policy.needsConsent || one.hasConsent else { return Decision(code: .consentMissing) }
    guard asked[id, default: 0] < policy.perPersonPerDay ?? .max else { return Decision(code: .limitReached) }
    var isBearer = false
    if one.key.isEmpty {
      guard one.proof.isEmpty else { return Decision(code: .keyMalformed) }
      isBearer = true
    } else {
      guard let holder = JSONValue(Array(one.key.utf8)).flatMap(PublicJWK.init) else {
        return Decision(code: .keyMalformed)
      }
      do throws(KeyProof.Fault) {
        try KeyProof.check(one.proof, of: holder, audience: terms.issuer, now: request.now)
      } catch {
        return Decision(code: .proofRefused)
      }
    }
    asked[id, default: 0] += 1
    guard let person = try persons.person(id), mayAttest(person.card) else {
      return Decision(code: .notConfirmed)
    }
    let expires = expires(person.card, isBearer: isBearer)
    guard expires > request.now else { return Decision(code: .notConfirmed) }
    var decision = Decision(code: isBearer ? .issuedToBearer : .issued)
    decision.expires = Int32(clamping: expires)
    if isBearer {
      places.note(
        in: month, capacity: terms.places, for: id, expires: expires, card: person.digest)
    } else {
      let given = places.take(
        in: month, capacity: terms.places, for: id, expires: expires, card: person.digest)
      let at = names.firstIndex(of: given.list) ?? names.count
      if at == names.count { names.append(given.list) }
      (decision.list, decision.place) = (Int16(clamping: at), Int32(clamping: given.place))
    }
    return decision
  }

  private func mayAttest(_ card: CardRow) -> Bool {
    let isInScope =
      policy.persons.isEmpty || policy.persons.contains { $0.selects(card.facility, facilities) }
    return isInScope && card.isValid(on: request.day)
      && (card.graceUntil.isNone || request.day.firstDay <= card.graceUntil.lastDay)
  }

  /// The end of the terms' days, of the card or of its grace, whichever is first.
  private func expires(_ card: CardRow, isBearer: Bool) -> Int {
    var expires = request.now + (isBearer ? terms.bearerDays : terms.days) * 86_400
    for last in [card.validTo, card.graceUntil] where !last.isNone { expires = min(expires, last.endSeconds) }
    return expires
  }

  // MARK: Signing

  private func sign(
    _ decisions: [Decision], _ names: [String], _ reading: RequestReading, _ output: inout AnswerWriter
  ) throws(Stop) {
    var attestations = AttestationWriter(key: key, issuer: terms.issuer)
    var (text, values, next) = ([UInt8](), AnswerValues(), 0)
    _ = try reading.each { one throws(Stop) in
      guard next < decisions.count else { throw .unanswered }
      let decision = decisions[next]
      next += 1
      values.removeAll()
      if decision.expires > 0 {
        guard let id = one.id, let person = try persons.person(id) else { throw .unanswered }
        var content = content(person)
        content.expires = Int(decision.expires)
        if decision.code == .issued {
          content.holder = JSONValue(Array(one.key.utf8)).flatMap(PublicJWK.init)
          content.status = (
            Int(decision.place), terms.issuer + "/status/" + names[Int(decision.list)]
          )
        }
        text.removeAll(keepingCapacity: true)
        try attestations.append(content, to: &text)
        values.append(text.span)
        values.append("\(decision.expires)")
      }
      try output.append(
        line: one.line, reference: Array(one.reference.utf8).span, code: Int(decision.code.rawValue),
        values: unsafe values.bytes.span.bytes)
    }
    guard next == decisions.count else { throw .unanswered }
  }

  private func content(_ person: PersonLookup.Found) -> AttestationContent {
    var content = AttestationContent()
    if policy.identifier == .number { content.attributes = [("personal_id", person.id.text)] }
    for release in policy.release {
      if let value = person.value(of: release.attribute) {
        content.attributes.append((release.attribute.rawValue, value))
      }
    }
    (content.issuedAt, content.asOf) = (request.now, persons.asOf.text)
    content.cardValidFrom = person.card.validFrom.isNone ? "" : person.card.validFrom.text
    content.cardValidTo = person.card.validTo.isNone ? "" : person.card.validTo.text
    return content
  }

  // MARK: What leaves, and what stays

  private func audit(_ counts: [AttestCode: Int], _ requests: String, _ policyDigest: String) throws(Stop) {
    var detail = [
      "consumer": policy.name, "purpose": policy.purpose, "basis": policy.basis, "policy": policyDigest,
      "requests_digest": requests, "kid": key.jwk.thumbprint,
    ]
    for (code, count) in counts { detail[code.name] = "\(count)" }
    try desk.audit(.attested, run: persons.run, detail: detail)
  }

  private func facts(_ wallet: WalletBook, _ requests: String, _ policyDigest: String) -> AnswerFacts {
    AnswerFacts(
      pipeline: desk.pipeline.name, consumer: policy.name, runID: wallet.run, dataRunID: persons.run,
      edition: wallet.edition,
      before: wallet.digest.map {
        PackagePoint(digest: $0, runID: wallet.runBefore, edition: wallet.edition - 1)
      },
      asOf: persons.asOf, answeredOn: request.day, keepUntil: request.day.adding(days: policy.retentionDays),
      purpose: Bilingual(policy.purposeVietnamese, policy.purpose), basis: policy.basis,
      policyDigest: policyDigest, requestsDigest: requests, contact: desk.pipeline.publish.contact,
      formats: policy.formats.map(\.rawValue), columns: ["attestation", "expires"],
      codes: AttestCode.allCases.map { ($0.name, $0.meaning) })
  }

  /// Removes what a command that was killed left behind.
  private func removeRemains(beside package: ConsumerPackage) throws(Stop) {
    let folder = Folder.parent(of: package.final)
    for name in try Folder.names(in: folder)
    where name.hasPrefix(policy.name + "-") && name.hasSuffix(".partial") {
      try Folder.remove(folder + "/" + name)
    }
  }
}

extension CalendarDate {
  /// The end of its last day in Việt Nam, in seconds since 1970; of an imprecise date a day that is sure to exist.
  var endSeconds: Int {
    let last =
      CalendarDate(year: year, month: month == 0 ? 12 : month, day: day == 0 ? 28 : day) ?? self
    let epoch = CalendarDate(packed: 19_700_101).dayNumber
    return (last.dayNumber - epoch + 1) * 86_400 - 7 * 3600
  }
}
