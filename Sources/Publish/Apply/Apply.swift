// Applying what was received: the facility's own folder goes from the package that it has to the newest one.
// Invariant: `current` in the folder leads to a whole, verified package at every moment; a package is looked at after it
// was copied, so that what was checked is what is used; the people put together have the digests that the changes name.
// Load: a facility's few megabytes for each package; a province's hundreds.

import Files
import Glibc
import Seal
package import Values

package struct ApplyRequest: Sendable {
  /// Packages as they were received, in any order.
  package var packages: [String]
  /// The facility's own folder; made if it isn't there.
  package var folder: String
  /// A public key that the facility got another way than with the packages.
  package var keyFile: String?
  /// The facility's private keys, to which packages are encrypted.
  package var identityFile: String?
  /// The day on which the newest is to be used.
  package var day: CalendarDate

  package init(
    packages: [String], folder: String, keyFile: String? = nil, identityFile: String? = nil, day: CalendarDate
  ) {
    self.packages = packages
    self.folder = folder
    self.keyFile = keyFile
    self.identityFile = identityFile
    self.day = day
  }
}

package struct ApplyReport: Sendable {
  /// Packages that were applied, in their order.
  package var applied: [String] = []
  /// Older than what the facility has, the same, or before a full one.
  package var passedOver = 0
  /// The package that was refused, and why; what came before it is applied.
  package var refused: String?
  package var faults: [PackageFault] = []
  /// What the facility has now.
  package var verdict: PackageVerdict?
  /// Encrypted packages that can't be read at all, such as those to a key that the facility had before.
  package var unreadable: [(package: String, fault: PackageFault)] = []
}

/// Brings a facility's folder to the newest of the packages.
///
/// - Throws: ``Stop`` with ``Exit/exportMissing`` if one is no package, ``Exit/dataRefused`` if the people put together are
///   not those that the changes lead to, ``Exit/inputOutput`` or ``Exit/cannotCreate`` if the disk fails. What the
///   facility had before is then still there.
package func apply(_ request: ApplyRequest) throws(Stop) -> ApplyReport {
  let state = request.folder + "/seen.txt"
  try Folder.create(request.folder)
  var seen = try SeenPackages(state)
  var key = try request.keyFile.map { file throws(Stop) in try VerifyingKey(receivedAs: file) }
  if key == nil { key = seen.key }
  let identities = try request.identityFile.map { file throws(Stop) in try DecryptionKey.all(inFile: file) }
  let current = request.folder + "/current"
  var had = try Bag.held(in: current)
  var report = ApplyReport()
  var waiting: [(folder: String, held: HeldPackage)] = []
  for folder in request.packages {
    do throws(ArchiveFailure) {
      let package = try ReceivedPackage(folder, with: identities, whole: false)
      guard let held = try orStop({ () throws(Stop) in try Bag.held(in: package) }) else {
        throw .stop(.noPackage(folder))
      }
      waiting.append((folder, held))
    } catch {
      try report.unreadable.append((folder, error.fault(of: folder)))
    }
  }
  waiting.sort { PackagePoint.isBefore($0.held.point, $1.held.point) }
  if let had { waiting.removeAll { !PackagePoint.isBefore(had.point, $0.held.point) } }
  if let full = waiting.lastIndex(where: { $0.held.info.kind != .delta }) { waiting.removeFirst(full) }
  report.passedOver = request.packages.count - waiting.count - report.unreadable.count
  // One that can't be read may be the one that was wanted: only newer ones make it a side matter.
  if waiting.isEmpty, let unreadable = report.unreadable.first {
    (report.refused, report.faults) = (unreadable.package, [unreadable.fault])
  }
  for (i, package) in waiting.enumerated() {
    let folders = RunFolders(request.folder, runID: package.held.point.runID)
    do throws(Stop) {
      try folders.begin()
      let copy = package.held.info.kind == .delta ? folders.sorting : folders.partial
      if EncryptedInput.isEncrypted(package.folder) {
        do throws(ArchiveFailure) {
          try EncryptedPackage.unpack(package.folder, with: identities ?? [], to: copy)
        } catch {
          (report.refused, report.faults) = (package.folder, [try error.fault(of: package.folder)])
          try folders.clear()
          return report
        }
      } else {
        try copyFiles(from: package.folder, to: copy)
      }
      var verdict = try verify(copy, key: key, after: had, on: request.day)
      // A night that was missed may be over; what counts is the newest.
      if i + 1 < waiting.count { verdict.faults.removeAll { $0.kind == .expired } }
      if let pinned = seen.key, verdict.signedBy != nil, verdict.signedBy != pinned.fingerprint {
        verdict.faults.append(PackageFault(.otherKey, BagName.publisher))
      }
      guard verdict.faults.isEmpty else {
        (report.refused, report.faults) = (package.folder, verdict.faults)
        try folders.clear()
        return report
      }
      if package.held.info.kind == .delta {
        try Changing(package: copy, current: current).write(to: folders.partial)
      }
      let shipped = try Folder.read(copy + "/" + BagName.publisher).flatMap(VerifyingKey.init(pem:))
      let signer = verdict.signedBy == nil ? nil : key ?? shipped
      try Folder.syncAll(folders.partial)
      try folders.publish()
      try RunFolders.removeEarlier(in: folders.folder, threads: 1)
      had = try Bag.held(in: current)
      guard let had else { throw .noPackage(current) }
      verdict.isKeyPinnedNow = seen.key == nil && signer != nil
      try seen.remember(verdict, had.point, signedWith: signer)
      report.applied.append(package.folder)
      report.verdict = verdict
    } catch {
      try? folders.clear()
      throw error
    }
  }
  return report
}

/// Copies plain files and folders; anything else is left out, and then missed.
private func copyFiles(from: String, to: String) throws(Stop) {
  try Folder.create(to)
  for name in Folder.names(in: from) {
    let (source, target) = (from + "/" + name, to + "/" + name)
    if Folder.isFolder(source) {
      try copyFiles(from: source, to: target)
      continue
    }
    var info = stat()
    guard unsafe lstat(source, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { continue }
    try copyFile(source, to: target)
  }
}

private func copyFile(_ source: String, to target: String) throws(Stop) {
  let file = try InputFile(source)
  var copy = try OutputFile(creating: target)
  try file.readAll { chunk throws(Stop) in try copy.append(chunk) }
  try copy.finishUnsynced()
}

/// One package of changes on its way into the people that it changes.
private struct Changing {
  /// The verified package of changes.
  let package: String
  /// The package that the facility has.
  let current: String

  func write(to folder: String) throws(Stop) {
    guard let text = try Folder.read(package + "/" + BagName.info),
      let result = try Folder.read(package + "/" + BagName.result)
    else { throw .noPackage(package) }
    let info = BagInfo(text)
    guard let facts = PackageFacts(info), facts.rule.formats.contains(.csv) else { throw .noPackage(package) }
    var people = try PackageWriter(facts, FHIRNames(info), in: folder)
    try merge(facts.rule.attributes, into: &people)
    var end = BagEnd()
    end.payload = try people.finishPayload()
    // SQLite writes its pages as it likes; its rows are those of the table, whose digest is among these.
    guard Bag.lines(end.payload.filter { !$0.path.hasSuffix(".sqlite") }) == result else {
      throw mismatch("the people that the changes lead to", "others")
    }
    end.persons = people.persons
    let delta = info.point("Previous")
    end.standing = PackageStanding(
      kind: .applied, before: delta, base: info.point("Base"),
      deltas: info["Cardlink-Deltas-Since-Full"].flatMap { Int($0) } ?? 0)
    end.tags = try proof(into: folder)
    _ = try Bag.finish(folder, facts, end, key: nil)
  }

  private func merge(_ attributes: [Attribute], into people: inout PackageWriter) throws(Stop) {
    let old = try TableReader(current + "/" + BagName.people, columns: attributes.map(\.name))
    let changes = try TableReader(
      package + "/" + BagName.changes, columns: ChangesFormat.columns(attributes))
    var person = FieldTexts()
    var hasOld = try old.next()
    var hasChange = try changes.next()
    while hasOld || hasChange {
      let oldID = hasOld ? old.bytes[old.range(0)] : []
      let changedID = hasChange ? changes.bytes[changes.range(2)] : []
      // Numbers of one length ascend as their digits do.
      let isChange = hasChange && (!hasOld || !oldID.lexicographicallyPrecedes(changedID))
      if isChange {
        let isRemoval = changes.bytes[changes.range(0)].elementsEqual(ChangesFormat.remove.utf8)
        let replaces = hasOld && oldID.elementsEqual(changedID)
        if isRemoval {
          guard replaces else { throw mismatch("the person who is taken out", "nobody") }
        } else {
          guard person.read(changes, attributes, from: 2) else { throw changes.damaged("12 digits") }
          try people.append(person)
        }
        if replaces { hasOld = try old.next() }
        hasChange = try changes.next()
      } else {
        guard person.read(old, attributes, from: 0) else { throw old.damaged("12 digits") }
        try people.append(person)
        hasOld = try old.next()
      }
    }
  }

  /// Puts what came signed beside the people.
  private func proof(into folder: String) throws(Stop) -> [BagEntry] {
    try Folder.create(folder + "/" + BagName.proof)
    var entries: [BagEntry] = []
    let names = [
      BagName.declaration, BagName.info, BagName.manifest, BagName.tagManifest, BagName.publisher,
      BagName.signature, BagName.result,
    ]
    for name in names where Folder.exists(package + "/" + name) {
      let path = BagName.proof + "/" + Folder.name(of: name)
      try copyFile(package + "/" + name, to: folder + "/" + path)
      entries.append(
        BagEntry(
          path: path, digest: try Digest.text(ofFile: folder + "/" + path),
          byteCount: Folder.byteCount(of: folder + "/" + path)))
    }
    return entries
  }

  private func mismatch(_ expected: String, _ found: String) -> Stop {
    Stop(
      .dataRefused, at: current, expected: expected, found: found,
      remedy: "The package that you have is not the one that was changed. Ask the sender for a full one; "
        + "đề nghị bên gửi gửi gói đầy đủ.", next: "cardlink verify \(current)")
  }
}
