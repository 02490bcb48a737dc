// Publishing: makes one package for each recipient that the pipeline file names, from the persons of the
// store.
// Invariant: a person is in exactly the packages that the rules give to the facilities on the cards which serve
// while the packages may be used, or is counted as being in none, by reason; the packages hold as many persons
// as were counted. All packages of a run appear at once: `current` always leads to a complete set.
// Load: 90 million persons, 13,000 facilities. Rows are sorted by recipient on disk; then each thread writes
// the packages of its part of the order, and compares with the rows of the publication before if only changes
// are written. All files are synced once, at the end.

internal import Files
package import Package
internal import Seal
internal import SortedRuns
internal import Threads
package import Values

/// Why a person is no longer among the people of a facility.
package typealias RemovalReasons = @Sendable (PersonalID, ShortCode) throws(Stop) -> RemovalReason

/// Writes the packages of a run and puts them in force.
///
/// - Parameters:
///   - persons: the persons of the store, in parts, with the cards that begin by the packages' last day of use.
///   - reason: why a person whom a recipient had is no longer among its people; gets the recipient's facility, `none` for
///     a package with a name of its own.
///   - switching: puts something else in force together with the packages.
/// - Throws: ``Stop`` with ``Exit/internalError`` if persons don't ascend, ``Exit/pipelineWrong`` if the
///   signing key can't be read or a package that is to be encrypted has no key; ``Exit/inputOutput`` or
///   ``Exit/cannotCreate`` if the disk fails. The packages in force before are then still in force.
/// - Complexity: O(*n* log *n*) time; the request's memory, and some 200 KiB per thread and for each time
///   that the memory
///   was filled.
package func publish(
  _ request: PublishRequest, persons: PeopleParts,
  reason: @escaping RemovalReasons = { _, _ in .notInExport },
  switching: RunFolders.Switching = { packages throws(Stop) in try packages() }
) throws(Stop) -> PublishReport {
  let key: SigningKey? = if let file = request.policy.signingKey { try SigningKey(file: file) } else { nil }
  let encryption = try PackageKeys(request.policy)
  let folders = RunFolders(request.folder, runID: request.runID)
  do throws(Stop) {
    try folders.begin()
    var sorted = try sortPeople(
      persons, request, encryption, into: folders.sorting, numbersIn: folders.peopleInForce())
    sorted.runs = try compacted(
      sorted.runs, in: folders.sorting, name: "people", synced: false,
      atMost: OpenFiles(limit: request.openFiles).mostRuns)
    sorted.numbers = try compacted(
      sorted.numbers, in: folders.sorting, name: "numbers", synced: false,
      atMost: OpenFiles(limit: request.openFiles).mostRuns)
    let recipients = Recipients(request.policy.rules, request.facilities)
    try encryption.check(sorted.packages, recipients)
    var report = sorted.report
    var night = try PackageNight(request, folders, key, encryption, reason)
    let written = try night.writeAllPackages(sorted.runs)
    let packages = written.packages
    report.packages = packages.count
    report.deltas = packages.count { $0.kind == .delta }
    report.cardNumbersLeftOut = written.cardNumbersLeftOut
    report.encrypted = packages.count { $0.encryptedTo != nil }
    // Include packages left out whose people were all removed since the publication before.
    report.leftOut = Set(sorted.leftOut.map { recipients.recipient(of: $0).name }).union(written.leftOut)
      .sorted()
    let held = packages.reduce(0) { $0 + $1.persons }
    guard held == report.persons + report.copies else {
      throw .defect(
        inPackages: "\(held) persons in packages where \(report.persons + report.copies) were counted")
    }
    let chainStart = packages.compactMap(\.base).min(by: PackagePoint.isBefore)
    try RunManifest.write(packages, request, report, chainStart, to: folders.partial)
    let (keepsPeople, keepsNumbers) = (request.policy.checkpointEvery > 1, request.policy.showsFifteen)
    if keepsPeople { try KeptPeople(policy: night.policy, runs: sorted.runs).write(in: folders.sorting) }
    if keepsNumbers {
      if !keepsPeople { for run in sorted.runs { try Folder.remove(folders.sorting + "/" + run.name) } }
      try TenDigitNumbers(runs: sorted.numbers).write(in: folders.sorting)
    }
    try Folder.syncAll(folders.partial)
    try folders.publish(keepingPeople: keepsPeople || keepsNumbers, switching: switching)
    return report
  } catch {
    // The remains of a failed publication hold personal data. The error to report is the original one.
    try? folders.clear()
    throw error
  }
}

/// Removes the publications that are neither in force nor the one before, nor needed by the changes in these
/// two.
///
/// The run calls it after the run is marked done: some disks need longer to remove 13,000 packages than to
/// write them.
///
/// - Parameter folder: the folder of packages.
/// - Throws: ``Stop`` with ``Exit/inputOutput`` if the disk fails; the next call removes the rest.
package func removeEarlierPublications(in folder: String, threads: Int) throws(Stop) {
  try RunFolders.removeEarlier(in: folder, threads: threads) { publication throws(Stop) in
    try RunManifest.chainStart(of: publication)
  }
}

/// One publication while its packages are written.
private struct PackageNight: Sendable {
  let request: PublishRequest
  let folders: RunFolders
  let key: SigningKey?
  let encryption: PackageKeys
  let reason: RemovalReasons
  let policy: String
  let edition: Int
  let before: PublicationBefore
  /// The people of the publication in force, if packages may hold changes to them.
  var kept: KeptPeople?

  init(
    _ request: PublishRequest, _ folders: RunFolders, _ key: SigningKey?, _ encryption: PackageKeys,
    _ reason: @escaping RemovalReasons
  ) throws(Stop) {
    (self.request, self.folders, self.key, self.reason) = (request, folders, key, reason)
    self.encryption = encryption
    before = try PublicationBefore(folders)
    policy = request.policyDigest(key)
    edition = try folders.edition()
    let writesChanges = request.policy.checkpointEvery > 1 && request.recipientsHavePackagesInForce
    let people = writesChanges ? try folders.peopleInForce() : nil
    let kept = people.flatMap { KeptPeople.read(in: $0) }
    self.kept = kept?.policy == policy ? kept : nil
    // The last publication had a higher limit of open files: write full packages.
    if kept?.runs.count ?? 0 > OpenFiles(limit: request.openFiles).mostRuns { self.kept = nil }
  }

  /// Writes each recipient's package.
  ///
  /// If the kept rows turn out to be damaged, all packages are full.
  mutating func writeAllPackages(_ runs: [SortedRun]) throws(Stop) -> WrittenPackages {
    do throws(Stop) {
      return try writePackages(runs)
    } catch {
      guard kept != nil, let damaged = try folders.peopleInForce(),
        error.finding.origin.file.hasPrefix(damaged)
      else { throw error }
      kept = nil
      try Folder.remove(folders.partial)
      try Folder.create(folders.partial)
      return try writePackages(runs)
    }
  }

  /// Writes each recipient's package, several recipients at once.
  func writePackages(_ runs: [SortedRun]) throws(Stop) -> WrittenPackages {
    // More parts than threads, so that a thread with a small part takes another.
    let width = OpenFiles(limit: request.openFiles).width(
      request.threads, reading: runs.count + (kept?.runs.count ?? 0))
    let parts = width > 1 ? width * 4 : 1
    let cuts = try splitKeys(of: runs, in: folders.sorting, parts: parts)
    let ranges = zip([0] + cuts, cuts + [UInt64.max]).map { $0..<$1 }
    let written = try inOrder(ranges, width: width) { range throws(Stop) in
      let written = try writePackages(runs, in: range)
      // Sync while other packages are written, so that less is left at the end.
      if written.packages.count >= 256 { try Folder.syncAll(folders.partial) }
      return written
    }
    return WrittenPackages(
      packages: written.flatMap(\.packages), leftOut: written.flatMap(\.leftOut),
      cardNumbersLeftOut: written.reduce(0) { $0 + $1.cardNumbersLeftOut })
  }

  private func writePackages(_ runs: [SortedRun], in range: Range<UInt64>) throws(Stop) -> WrittenPackages {
    let recipients = Recipients(request.policy.rules, request.facilities)
    var written = WrittenPackages()
    var texts = (person: PersonTexts(), before: PersonTexts())
    var now = try Merge(runs, in: folders.sorting, from: range.lowerBound, to: range.upperBound)
    var then = try Merge(
      kept?.runs ?? [], in: folders.peopleInForce() ?? "", from: range.lowerBound, to: range.upperBound)
    while now.hasRecord || then.hasRecord {
      let recipient = min(now.key, then.key)
      let (rule, name) = recipients.recipient(of: recipient)
      let keys = try encryption.keys(of: name, rule)
      if let keys, keys.isEmpty {
        while now.hasRecord, now.key == recipient { try now.advance() }
        while then.hasRecord, then.key == recipient { try then.advance() }
        written.leftOut.append(name)
        continue
      }
      var facts = PackageFacts(
        pipeline: request.pipeline, recipient: name, runID: request.runID, edition: edition,
        asOf: request.asOf, validDays: request.policy.validDays, formats: rule.formats,
        attributes: rule.attributes, contact: request.policy.contact, armedForces: request.policy.armedForces)
      facts.receiptKey =
        key?.receiptKey(
          of: Receipt.place(
            pipeline: request.pipeline, recipient: name, runID: request.runID, edition: edition)
        ).text
      // The folder that is put in force never holds the plain files of an encrypted package.
      let folder = (keys == nil ? folders.partial : folders.sorting) + "/" + name
      var package = try RecipientWriter(
        facts, request.policy.fhir, standing(of: name, rule, keys),
        DeskSeals(
          signing: key,
          key: try rule.deskKeyFile(of: name).map { file throws(Stop) in try DeskKey(file: file) }),
        in: folder)
      package.statusLists = request.statusLists
      written.cardNumbersLeftOut += try write(recipient, rule, &now, &then, &texts, to: &package)
      var finished = try package.finish(key: key)
      if let keys {
        try EncryptedPackage.write(
          folder, to: folders.partial + "/" + name + EncryptedPackage.suffix, for: keys, on: request.asOf)
        finished.encryptedTo = PackageKeys.digest(of: keys)
      }
      written.packages.append(finished)
    }
    return written
  }

  /// Passes a recipient's people to the writer, and what has changed since the publication before.
  ///
  /// - Returns: of how many people the card number is left out.
  private func write(
    _ recipient: UInt64, _ rule: PackageRule, _ now: inout Merge, _ then: inout Merge,
    _ texts: inout (person: PersonTexts, before: PersonTexts), to package: inout RecipientWriter
  ) throws(Stop) -> Int {
    var leftOut = 0
    while true {
      let isHere = now.key == recipient && now.hasRecord
      let wasHere = then.key == recipient && then.hasRecord
      guard isHere || wasHere else { break }
      if wasHere, !isHere || then.place < now.place {
        let id = PersonalID(packed: then.place)
        if package.isDelta {
          try package.remove(id, because: try reason(id, Recipients.facility(of: recipient)))
        }
        try then.advance()
        continue
      }
      let id = PersonalID(packed: now.place)
      let isLeftOut = try now.withPayload { bytes throws(Stop) in
        texts.person.read(id, bytes, rule.cardNumber)
      }
      if isLeftOut, rule.attributes.contains(.cardNumber) { leftOut += 1 }
      var change = RowChange.put
      if wasHere, then.place == now.place {
        if package.isDelta { change = try Self.change(id, from: then, to: now, rule, &texts) }
        try then.advance()
      }
      try package.append(texts.person, change)
      try now.advance()
    }
    return leftOut
  }

  /// How the person at hand changes for the recipients of a rule.
  private static func change(
    _ id: PersonalID, from then: borrowing Merge, to now: borrowing Merge, _ rule: PackageRule,
    _ texts: inout (person: PersonTexts, before: PersonTexts)
  ) throws(Stop) -> RowChange {
    try now.withPayload { new throws(Stop) in
      try then.withPayload { old throws(Stop) in
        if new.isEqual(old) { return .none }
        texts.before.read(id, old, rule.cardNumber)
        if texts.person.shows(rule.attributes, as: texts.before) { return .none }
        return PackedPerson.isRenumbered(id, old, new) ? .renumbered : .put
      }
    }
  }

  /// Whether the new package of a recipient is full, and which package it follows.
  private func standing(of name: String, _ rule: PackageRule, _ keys: [EncryptionKey]?) throws(Stop)
    -> PackageStanding
  {
    let held = before[name]
    var standing = PackageStanding(before: held?.point)
    // A recipient with a new key may have lost what was encrypted to the old one.
    guard kept != nil, let held, let base = held.base, rule.canChange(request.policy.fhir),
      held.deltas + 1 < request.policy.checkpointEvery,
      held.encryptedTo == keys.map(PackageKeys.digest),
      try Folder.exists(folders.folder(of: base) + "/" + name + (keys == nil ? "" : EncryptedPackage.suffix))
    else { return standing }
    (standing.kind, standing.base, standing.deltas) = (.delta, base, held.deltas + 1)
    return standing
  }
}

/// The packages written by one part or all parts, in the order of their keys.
private struct WrittenPackages: Sendable {
  var packages: [PublishedPackage] = []
  /// The names of packages without a key.
  var leftOut: [String] = []
  var cardNumbersLeftOut = 0
}

extension RawSpan {
  func isEqual(_ other: RawSpan) -> Bool {
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
