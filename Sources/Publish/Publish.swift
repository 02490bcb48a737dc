// Publishing: the persons of the store become one package for each recipient that the pipeline file names.
// Invariant: a person is in the packages that the rules give to the facility on the serving card and in no other, or is
// counted as being in none; the packages of a run appear all at once, and `current` leads to a whole set of them at
// every moment.
// Load: 90 million persons, 13,000 facilities; rows are sorted by recipient on disk, then each thread writes the packages
// of its part of the order one after the other. The disk is waited for once.

internal import Disk
package import Record
internal import Sorted

/// Writes the packages of a run and puts them in force.
///
/// - Parameter persons: fills the batch with the next persons, ascending by personal ID number, in place of those
///   before; answers false when there are none left. Of a person's cards only the one that serves is read.
/// - Throws: ``Stop`` with ``Exit/internalError`` if persons don't ascend, ``Exit/pipelineWrong`` if the signing key can't
///   be read; ``Exit/inputOutput`` or ``Exit/cannotCreate`` if the disk fails. The packages in force before are then
///   still in force.
/// - Complexity: O(*n* log *n*) time; the request's memory, and some 200 KiB per thread and for each time that the memory
///   was filled.
package func publish(
  _ request: PublishRequest, persons: (inout PersonBatch) throws(Stop) -> Bool
) throws(Stop) -> PublishReport {
  let key: SigningKey? = if let file = request.policy.signingKey { try SigningKey(file: file) } else { nil }
  let folders = RunFolders(request.folder, runID: request.runID)
  do throws(Stop) {
    try folders.begin()
    var report = PublishReport()
    let runs = try sort(persons, request, into: folders.sorting, &report)
    let packages = try writePackages(runs, request, folders, key)
    report.packages = packages.count
    try writeManifest(of: packages, request, report, to: folders.partial)
    try Folder.syncAll(folders.partial)
    try folders.publish()
    return report
  } catch {
    // What is left of a broken publication holds personal data; the failure itself is what is reported.
    try? folders.clear()
    throw error
  }
}

/// Leaves each person by recipient and then by number.
private func sort(
  _ next: (inout PersonBatch) throws(Stop) -> Bool, _ request: PublishRequest, into folder: String,
  _ report: inout PublishReport
) throws(Stop) -> [SortedRun] {
  var sorter = Sorter(folder: folder, name: "people", bufferBytes: request.memoryBytes)
  var recipients = Recipients(request.policy.rules)
  var batch = PersonBatch()
  var packed: [UInt8] = []
  var last: PersonalID?
  while try next(&batch) {
    for person in batch.persons {
      if let last, last >= person.personalID { throw .wrongOrder }
      last = person.personalID
      guard let serving = person.cards.first(where: { batch.cards[$0].isServing }) else {
        throw .noServingCard
      }
      let card = batch.cards[serving]
      let place = recipients.place(of: card.facility)
      guard !place.packages.isEmpty else {
        if place.isNameless {
          report.personsWithoutFacility += 1
          if !card.facility.isNone { report.personsWithMalformedFacility += 1 }
        } else {
          report.personsNotSelected += 1
        }
        continue
      }
      packed.removeAll(keepingCapacity: true)
      PackedPerson.append(
        person, name: batch.bytes.span.extracting(person.nameRange), card, to: &packed)
      for package in place.packages {
        try sorter.append(key: recipients.keys[package], place: person.personalID.packed, packed.span)
      }
      report.persons += 1
      report.copies += place.packages.count - 1
    }
  }
  return try sorter.finish()
}

/// Writes each recipient's package, several recipients at once.
/// - Returns: the packages in the order of their keys.
private func writePackages(
  _ runs: [SortedRun], _ request: PublishRequest, _ folders: RunFolders, _ key: SigningKey?
) throws(Stop) -> [PublishedPackage] {
  // More parts than threads, so that a thread whose part was small takes another.
  let parts = request.threads > 1 ? request.threads * 4 : 1
  let cuts = try splitKeys(of: runs, in: folders.sorting, parts: parts)
  let ranges = zip([0] + cuts, cuts + [UInt64.max]).map { $0..<$1 }
  let edition = folders.edition
  let written = try inOrder(ranges, width: request.threads) { range throws(Stop) in
    let recipients = Recipients(request.policy.rules)
    var packages: [PublishedPackage] = []
    var person = FieldTexts()
    var merge = try Merge(runs, in: folders.sorting, from: range.lowerBound, to: range.upperBound)
    while merge.hasRecord {
      let recipient = merge.key
      let (rule, name) = recipients.recipient(of: recipient)
      let facts = PackageFacts(
        pipeline: request.pipeline, recipient: name, runID: request.runID, edition: edition,
        asOf: request.asOf, validDays: request.policy.validDays, rule: rule)
      var package = try PackageWriter(facts, request.policy.fhir, in: folders.partial + "/" + name)
      while merge.hasRecord, merge.key == recipient {
        let id = PersonalID(packed: merge.place)
        try merge.withPayload { bytes throws(Stop) in person.read(id, bytes) }
        try package.append(person)
        try merge.advance()
      }
      let before = try Bag.before(in: folders.current + "/" + name)
      packages.append(try package.finish(before: before, key: key))
    }
    return packages
  }
  return written.flatMap { $0 }
}

private func writeManifest(
  of packages: [PublishedPackage], _ request: PublishRequest, _ report: PublishReport, to folder: String
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
          {"folder": "\(package.recipient)", "persons": \(package.persons), "bytes": \(package.byteCount), \
      "digest": "\(package.digest)"}
      """)
  }
  try file.append("\n  ]\n}\n")
  try file.finishUnsynced()
}

extension Stop {
  fileprivate static let wrongOrder = Stop(
    .internalError, at: "store", expected: "persons in ascending order of their numbers",
    found: "one that doesn't ascend", remedy: "Write the store anew: cardlink rerun load PIPELINE")
  fileprivate static let noServingCard = Stop(
    .internalError, at: "store", expected: "one serving card for each person", found: "none",
    remedy: "Write the store anew: cardlink rerun load PIPELINE")
}
