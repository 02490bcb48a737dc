// Publishing: the persons of the store become one CSV file for each facility where they are registered first.
// Invariant: a person is in exactly one file, that of the facility on the serving card, or counted as having none;
// the files of a run appear all at once, and `current` leads to a whole set of files at every moment.
// Load: 90 million persons, 13,000 facilities; rows are sorted by facility on disk and written one file at a time.

internal import Disk
package import Record
internal import Sorted

/// Writes the packages of a run and puts them in force.
///
/// - Parameter persons: fills the batch with the next persons, ascending by personal ID number, in place of those
///   before; answers false when there are none left. Of a person's cards only the one that serves is read.
/// - Throws: ``Stop`` with ``Exit/internalError`` if persons don't ascend; ``Exit/inputOutput`` or
///   ``Exit/cannotCreate`` if the disk fails. The packages in force before are then still in force.
/// - Complexity: O(*n* log *n*) time; the request's memory and 128 KiB for each time that it was filled.
package func publish(
  _ request: PublishRequest, persons: (inout PersonBatch) throws(Stop) -> Bool
) throws(Stop) -> PublishReport {
  let folders = RunFolders(request.folder, runID: request.runID)
  do throws(Stop) {
    try folders.begin()
    var report = PublishReport()
    let runs = try sort(persons, into: folders.sorting, memoryBytes: request.memoryBytes, &report)
    let packages = try writePackages(runs, from: folders.sorting, to: folders.partial)
    report.facilities = packages.count
    try writeManifest(of: packages, request, report, to: folders.partial)
    try folders.publish()
    return report
  } catch {
    // What is left of a broken publication holds personal data; the failure itself is what is reported.
    try? folders.clear()
    throw error
  }
}

/// Leaves each person's line, by facility and then by number.
private func sort(
  _ next: (inout PersonBatch) throws(Stop) -> Bool, into folder: String, memoryBytes: Int,
  _ report: inout PublishReport
) throws(Stop) -> [SortedRun] {
  var sorter = Sorter(folder: folder, name: "lines", bufferBytes: memoryBytes)
  var batch = PersonBatch()
  var line: [UInt8] = []
  var last: PersonalID?
  while try next(&batch) {
    for person in batch.persons {
      if let last, last >= person.personalID { throw .wrongOrder }
      last = person.personalID
      guard let serving = person.cards.first(where: { batch.cards[$0].isServing }) else {
        throw .noServingCard
      }
      let card = batch.cards[serving]
      guard card.facility.namesAFile else {
        report.personsWithoutFacility += 1
        if !card.facility.isNone { report.personsWithMalformedFacility += 1 }
        continue
      }
      line.removeAll(keepingCapacity: true)
      PackageRow.append(person, name: batch.bytes.span.extracting(person.nameRange), card, to: &line)
      try sorter.append(key: card.facility.packed, place: person.personalID.packed, line.span)
      report.persons += 1
    }
  }
  return try sorter.finish()
}

/// One facility's file, as the manifest lists it.
private struct Package {
  var facility: ShortCode
  var records = 0
  var byteCount = 0
  var file: String { facility.text + ".csv" }
}

private func writePackages(
  _ runs: [SortedRun], from sorting: String, to folder: String
) throws(Stop) -> [Package] {
  var packages: [Package] = []
  var merge = try Merge(runs, in: sorting)
  while merge.hasRecord {
    var package = Package(facility: ShortCode(packed: merge.key))
    var file = try OutputFile(creating: folder + "/" + package.file)
    try file.append(PackageRow.header)
    while merge.hasRecord, merge.key == package.facility.packed {
      try merge.withPayload { line throws(Stop) in
        try file.append(Span<UInt8>(_bytes: line))
      }
      package.records += 1
      try merge.advance()
    }
    package.byteCount = file.byteCount
    try file.finish()
    packages.append(package)
  }
  return packages
}

private func writeManifest(
  of packages: [Package], _ request: PublishRequest, _ report: PublishReport, to folder: String
) throws(Stop) {
  // Codes are letters and digits, the date is checked where it is read: nothing here needs escaping.
  var file = try OutputFile(creating: folder + "/manifest.json")
  try file.append(
    """
    {
      "run": \(request.runID),
      "as_of": "\(request.asOf.filter { $0.isASCII && ($0.isNumber || $0 == "-") })",
      "facilities": \(packages.count),
      "persons": \(report.persons),
      "persons_without_facility": \(report.personsWithoutFacility),
      "files": [
    """)
  for (i, package) in packages.enumerated() {
    try file.append(
      """
      \(i == 0 ? "" : ",")
          {"file": "\(package.file)", "facility_code": "\(package.facility.text)", \
      "records": \(package.records), "bytes": \(package.byteCount)}
      """)
  }
  try file.append("\n  ]\n}\n")
  try file.finish()
}

extension Stop {
  fileprivate static let wrongOrder = Stop(
    .internalError, at: "store", expected: "persons in ascending order of their numbers",
    found: "one that doesn't ascend", remedy: "Write the store anew: cardlink rerun load PIPELINE")
  fileprivate static let noServingCard = Stop(
    .internalError, at: "store", expected: "one serving card for each person", found: "none",
    remedy: "Write the store anew: cardlink rerun load PIPELINE")
}
