// Publishing: the persons of the store become one package for each recipient that the pipeline file names.
// Invariant: a person is in the packages that the rules give to the facility on the serving card and in no other, or is
// counted as being in none; the packages of a run appear all at once, and `current` leads to a whole set of them at
// every moment.
// Load: 90 million persons, 13,000 facilities; rows are sorted by recipient on disk, then each thread writes the packages
// of its part of the order one after the other, beside the rows of the publication before where only changes are
// written. The disk is waited for once.

internal import Disk
package import Record
internal import Sorted

/// Writes the packages of a run and puts them in force.
///
/// - Parameters:
///   - persons: fills the batch with the next persons, ascending by personal ID number, in place of those before;
///     answers false when there are none left. Of a person's cards only the one that serves is read.
///   - reason: why a person whom a recipient had is not among its people any more.
/// - Throws: ``Stop`` with ``Exit/internalError`` if persons don't ascend, ``Exit/pipelineWrong`` if the signing key can't
///   be read; ``Exit/inputOutput`` or ``Exit/cannotCreate`` if the disk fails. The packages in force before are then
///   still in force.
/// - Complexity: O(*n* log *n*) time; the request's memory, and some 200 KiB per thread and for each time that the memory
///   was filled.
package func publish(
  _ request: PublishRequest, persons: (inout PersonBatch) throws(Stop) -> Bool,
  reason: @escaping @Sendable (PersonalID) throws(Stop) -> RemovalReason = { _ in .notInExport }
) throws(Stop) -> PublishReport {
  let key: SigningKey? = if let file = request.policy.signingKey { try SigningKey(file: file) } else { nil }
  let folders = RunFolders(request.folder, runID: request.runID)
  do throws(Stop) {
    try folders.begin()
    let sorted = try sortPeople(persons, request, into: folders.sorting)
    var report = sorted.report
    var night = PackageNight(request, folders, key, reason)
    let packages = try night.writeAllPackages(sorted.runs)
    report.packages = packages.count
    report.deltas = packages.count { $0.kind == .delta }
    let chainStart = packages.compactMap(\.base).min(by: PackagePoint.isBefore)
    try writeManifest(of: packages, request, report, chainStart, to: folders.partial)
    if request.policy.checkpointEvery > 1 {
      try KeptPeople(policy: night.policy, runs: sorted.runs).write(in: folders.sorting)
    }
    try Folder.syncAll(folders.partial)
    try folders.publish(keepingPeople: request.policy.checkpointEvery > 1, chainStart: chainStart)
    return report
  } catch {
    // What is left of a broken publication holds personal data; the failure itself is what is reported.
    try? folders.clear()
    throw error
  }
}

/// One publication while its packages are written.
private struct PackageNight: Sendable {
  let request: PublishRequest
  let folders: RunFolders
  let key: SigningKey?
  let reason: @Sendable (PersonalID) throws(Stop) -> RemovalReason
  let policy: String
  let edition: Int
  /// The people of the publication in force, if changes since then may be written.
  var kept: KeptPeople?

  init(
    _ request: PublishRequest, _ folders: RunFolders, _ key: SigningKey?,
    _ reason: @escaping @Sendable (PersonalID) throws(Stop) -> RemovalReason
  ) {
    (self.request, self.folders, self.key, self.reason) = (request, folders, key, reason)
    policy = request.policyDigest(key)
    edition = folders.edition
    let people = request.policy.checkpointEvery > 1 ? folders.peopleInForce : nil
    let kept = people.flatMap { KeptPeople.read(in: $0) }
    self.kept = kept?.policy == policy ? kept : nil
  }

  /// Writes each recipient's package; full ones, if the rows of the publication in force turn out to be damaged.
  mutating func writeAllPackages(_ runs: [SortedRun]) throws(Stop) -> [PublishedPackage] {
    do throws(Stop) {
      return try writePackages(runs)
    } catch {
      guard kept != nil, let damaged = folders.peopleInForce,
        error.finding.origin.file.hasPrefix(damaged)
      else { throw error }
      kept = nil
      try Folder.remove(folders.partial)
      try Folder.create(folders.partial)
      return try writePackages(runs)
    }
  }

  /// Writes each recipient's package, several recipients at once.
  /// - Returns: the packages in the order of their keys.
  func writePackages(_ runs: [SortedRun]) throws(Stop) -> [PublishedPackage] {
    // More parts than threads, so that a thread whose part was small takes another.
    let parts = request.threads > 1 ? request.threads * 4 : 1
    let cuts = try splitKeys(of: runs, in: folders.sorting, parts: parts)
    let ranges = zip([0] + cuts, cuts + [UInt64.max]).map { $0..<$1 }
    let written = try inOrder(ranges, width: request.threads) { range throws(Stop) in
      try writePackages(runs, in: range)
    }
    return written.flatMap { $0 }
  }

  private func writePackages(_ runs: [SortedRun], in range: Range<UInt64>) throws(Stop) -> [PublishedPackage]
  {
    let recipients = Recipients(request.policy.rules)
    var packages: [PublishedPackage] = []
    var (person, before) = (FieldTexts(), FieldTexts())
    var now = try Merge(runs, in: folders.sorting, from: range.lowerBound, to: range.upperBound)
    var then = try Merge(
      kept?.runs ?? [], in: folders.peopleInForce ?? "", from: range.lowerBound, to: range.upperBound)
    while now.hasRecord || then.hasRecord {
      let recipient = min(now.key, then.key)
      let (rule, name) = recipients.recipient(of: recipient)
      let facts = PackageFacts(
        pipeline: request.pipeline, recipient: name, runID: request.runID, edition: edition,
        asOf: request.asOf, validDays: request.policy.validDays, rule: rule)
      let attributes = rule.attributes
      var package = try RecipientWriter(
        facts, request.policy.fhir, try standing(of: name, rule), in: folders.partial + "/" + name)
      while true {
        let isHere = now.key == recipient && now.hasRecord
        let wasHere = then.key == recipient && then.hasRecord
        guard isHere || wasHere else { break }
        if wasHere, !isHere || then.place < now.place {
          let id = PersonalID(packed: then.place)
          if package.isDelta { try package.remove(id, because: try reason(id)) }
          try then.advance()
          continue
        }
        let id = PersonalID(packed: now.place)
        try now.withPayload { bytes throws(Stop) in person.read(id, bytes) }
        var isChanged = true
        if wasHere, then.place == now.place {
          if package.isDelta {
            let isSame = try now.withPayload { new throws(Stop) in
              try then.withPayload { old throws(Stop) in new.isEqual(old) }
            }
            if !isSame { try then.withPayload { bytes throws(Stop) in before.read(id, bytes) } }
            isChanged = !isSame && !person.shows(attributes, as: before)
          }
          try then.advance()
        }
        try package.append(person, isChanged: isChanged)
        try now.advance()
      }
      packages.append(try package.finish(key: key))
    }
    return packages
  }

  /// Whether tonight's package of a recipient is full, and what it follows.
  private func standing(of name: String, _ rule: PackageRule) throws(Stop) -> PackageStanding {
    let held = try Bag.held(in: folders.current + "/" + name)
    var standing = PackageStanding(before: held?.point)
    guard kept != nil, let held, let base = held.base, rule.canChange(request.policy.fhir),
      held.deltas + 1 < request.policy.checkpointEvery,
      Folder.exists(folders.folder(of: base) + "/" + name + "/" + BagName.tagManifest)
    else { return standing }
    (standing.kind, standing.base, standing.deltas) = (.delta, base, held.deltas + 1)
    return standing
  }
}

extension RawSpan {
  fileprivate func isEqual(_ other: RawSpan) -> Bool {
    guard byteCount == other.byteCount else { return false }
    for i in 0..<byteCount
    where unsafeLoad(fromUncheckedByteOffset: i, as: UInt8.self)
      != other.unsafeLoad(fromUncheckedByteOffset: i, as: UInt8.self)
    {
      return false
    }
    return true
  }
}

private func writeManifest(
  of packages: [PublishedPackage], _ request: PublishRequest, _ report: PublishReport,
  _ chainStart: PackagePoint?, to folder: String
) throws(Stop) {
  // Names are letters, digits and hyphens: nothing here needs escaping.
  var file = try OutputFile(creating: folder + "/manifest.json")
  try file.append(
    """
    {
      "run": \(request.runID),
      "as_of": "\(request.asOf.text)",
      "valid_until": "\(request.asOf.adding(days: request.policy.validDays).text)",
      "packages": \(packages.count),
      "deltas": \(report.deltas),
      "chain_from": "\(chainStart.map { RunFolders.name(of: $0) } ?? "")",
      "persons": \(report.persons),
      "copies": \(report.copies),
      "persons_without_facility": \(report.personsWithoutFacility),
      "persons_not_selected": \(report.personsNotSelected),
      "folders": [
    """)
  for (i, package) in packages.enumerated() {
    try file.append(
      """
      \(i == 0 ? "" : ",")
          {"folder": "\(package.recipient)", "kind": "\(package.kind.rawValue)", \
      "base": "\(package.base.map { RunFolders.name(of: $0) } ?? "")", "persons": \(package.persons), "bytes": \(package.byteCount), \
      "digest": "\(package.digest)"}
      """)
  }
  try file.append("\n  ]\n}\n")
  try file.finishUnsynced()
}
