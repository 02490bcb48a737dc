// Applies received packages to a facility's own folder, up to the newest one.
// Invariant: `current` in the folder always leads to a whole, verified package. Each package is copied and
// the copy verified, so the bytes used are the bytes verified. The resulting people have the digests that the
// changes name.
// Load: a facility's few megabytes for each package; a province's hundreds.

import Files
import Glibc
import Seal
package import Values

package struct ApplyRequest: Sendable {
  /// Received packages, in any order.
  package var packages: [String]
  /// The facility's own folder; it is made if it doesn't exist.
  package var folder: String
  /// The publisher's public key, received separately from the packages.
  package var keyFile: String?
  /// The facility's private keys, to which packages are encrypted.
  package var identityFile: String?
  /// The day for which the newest must be valid.
  package var day: CalendarDate
  /// The facility's version of cardlink, which receipts name; nil for no receipt.
  package var version: String?

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
  /// Packages not newer than the facility's, or older than a full one among the received.
  package var passedOver = 0
  /// The package that was refused, and why; what came before it is applied.
  package var refused: String?
  package var faults: [PackageFault] = []
  /// The package that the facility has now.
  package var verdict: PackageVerdict?
  /// Encrypted packages that can't be read, such as those encrypted to a key that the facility had before.
  package var unreadable: [(package: String, fault: PackageFault)] = []
}

/// Brings a facility's folder to the newest of the packages.
///
/// - Throws: ``Stop`` with ``Exit/exportMissing`` if one is no package, ``Exit/dataRefused`` if the people put together are
///   not those that the changes lead to, ``Exit/inputOutput`` or ``Exit/cannotCreate`` if the disk fails. What the
///   facility had before is then still in force.
package func apply(_ request: ApplyRequest) throws(Stop) -> ApplyReport {
  try Folder.create(request.folder)
  var facility = try Facility(request)
  let received = try facility.newerPackages()
  for (i, package) in received.enumerated() {
    guard try facility.take(package, isNewest: i == received.count - 1) else { break }
  }
  return facility.report
}

/// A facility's folder while packages are applied to it.
private struct Facility {
  private let request: ApplyRequest
  private let current: String
  private let identities: [DecryptionKey]?
  /// The publisher's key: the one given, or the one pinned.
  private let key: VerifyingKey?
  private var seen: SeenPackages
  /// The package that the facility has.
  private var had: HeldPackage?
  private(set) var report = ApplyReport()

  typealias Received = (path: String, held: HeldPackage)

  init(_ request: ApplyRequest) throws(Stop) {
    self.request = request
    current = request.folder + "/current"
    seen = try SeenPackages(request.folder + "/seen.txt")
    key = try request.keyFile.map { file throws(Stop) in try VerifyingKey(receivedAs: file) } ?? seen.key
    identities = try request.identityFile.map { file throws(Stop) in try DecryptionKey.all(inFile: file) }
    had = try Bag.held(in: current)
  }

  /// The packages to apply, in their order: newer than the facility's, from the last full one on.
  mutating func newerPackages() throws(Stop) -> [Received] {
    var received: [Received] = []
    for path in request.packages {
      do throws(ArchiveFailure) {
        let package = try ReceivedPackage(path, with: identities, whole: false)
        guard let held = try orStop({ () throws(Stop) in try Bag.held(in: package) }) else {
          throw .stop(.noPackage(path))
        }
        received.append((path, held))
      } catch {
        try report.unreadable.append((path, error.fault(of: path)))
      }
    }
    received.sort { PackagePoint.isBefore($0.held.point, $1.held.point) }
    if let had { received.removeAll { !PackagePoint.isBefore(had.point, $0.held.point) } }
    if let full = received.lastIndex(where: { $0.held.info.kind != .delta }) { received.removeFirst(full) }
    report.passedOver = request.packages.count - received.count - report.unreadable.count
    // An unreadable package may be the wanted one, unless a newer one is applied.
    if received.isEmpty, let unreadable = report.unreadable.first {
      refuse(unreadable.package, [unreadable.fault])
    }
    return received
  }

  private mutating func refuse(_ path: String, _ faults: [PackageFault]) {
    (report.refused, report.faults) = (path, faults)
  }

  /// Copies a package, verifies the copy and puts it in force.
  ///
  /// - Returns: false if it is refused.
  mutating func take(_ package: Received, isNewest: Bool) throws(Stop) -> Bool {
    let folders = RunFolders(request.folder, runID: package.held.point.runID)
    do throws(Stop) {
      try folders.begin()
      let copy = package.held.info.kind == .delta ? folders.sorting : folders.partial
      guard try unpack(package.path, to: copy), let verdict = try verified(copy, package.path, isNewest)
      else {
        try folders.clear()
        return false
      }
      if package.held.info.kind == .delta {
        try Changing(package: copy, current: current).write(to: folders.partial)
      }
      let shipped = try Folder.read(copy + "/" + BagName.publisher).flatMap(VerifyingKey.init(pem:))
      let info = BagInfo(try Folder.read(copy + "/" + BagName.info) ?? "")
      try Folder.syncAll(folders.partial)
      try folders.publish()
      try RunFolders.removeEarlier(in: folders.folder, threads: 1)
      try remember(verdict, info, signer: verdict.signedBy == nil ? nil : key ?? shipped)
      report.applied.append(package.path)
      return true
    } catch {
      try? folders.clear()
      throw error
    }
  }

  /// Copies a package, or what is in an encrypted one.
  ///
  /// - Returns: false if it can't be decrypted and is refused.
  private mutating func unpack(_ path: String, to copy: String) throws(Stop) -> Bool {
    guard try EncryptedInput.isEncrypted(path) else {
      try copyFiles(from: path, to: copy)
      return true
    }
    do throws(ArchiveFailure) {
      try EncryptedPackage.unpack(path, with: identities ?? [], to: copy)
      return true
    } catch {
      refuse(path, [try error.fault(of: path)])
      return false
    }
  }

  /// - Returns: nil if the copy has faults and is refused.
  private mutating func verified(_ copy: String, _ path: String, _ isNewest: Bool) throws(Stop)
    -> PackageVerdict?
  {
    var verdict = try verify(copy, key: key, after: had, on: request.day)
    // Only the newest must still be valid.
    if !isNewest { verdict.faults.removeAll { $0.kind == .expired } }
    if let pinned = seen.key, verdict.signedBy != nil, verdict.signedBy != pinned.fingerprint {
      verdict.faults.append(PackageFault(.otherKey, BagName.publisher))
    }
    guard verdict.faults.isEmpty else {
      refuse(path, verdict.faults)
      return nil
    }
    return verdict
  }

  /// - Parameter info: the signed facts of the package.
  private mutating func remember(_ verdict: PackageVerdict, _ info: BagInfo, signer: VerifyingKey?)
    throws(Stop)
  {
    had = try Bag.held(in: current)
    guard let had else { throw .noPackage(current) }
    var verdict = verdict
    verdict.isKeyPinnedNow = seen.key == nil && signer != nil
    try seen.remember(verdict, had.point, signedWith: signer)
    if let version = request.version {
      let making = ReceiptMaking(.apply, folder: request.folder, version: version)
      verdict.receipt = try making.write(verdict, info, on: request.day)
    }
    report.verdict = verdict
  }
}

/// Copies plain files and folders; verification reports anything else as missing.
private func copyFiles(from: String, to: String) throws(Stop) {
  try Folder.create(to)
  for name in try Folder.names(in: from) {
    let (source, target) = (from + "/" + name, to + "/" + name)
    if try Folder.isFolder(source) {
      try copyFiles(from: source, to: target)
      continue
    }
    guard try FileAttributes(of: source, following: false)?.kind == .file else { continue }
    try copyFile(source, to: target)
  }
}

private func copyFile(_ source: String, to target: String) throws(Stop) {
  let file = try InputFile(source)
  var copy = try OutputFile(creating: target)
  try file.readAll { chunk throws(Stop) in try copy.append(chunk) }
  try copy.finishUnsynced()
}

/// Applies one package of changes to the people that the facility has.
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
    guard let facts = PackageFacts(info), facts.formats.contains(.csv) else { throw .noPackage(package) }
    var people = try PackageWriter(facts, FHIRNames(info), in: folder)
    try merge(facts.attributes, into: &people)
    let standing = PackageStanding(
      kind: .applied, before: info.point("Previous"), base: info.point("Base"),
      deltas: info["Cardlink-Deltas-Since-Full"].flatMap { Int($0) } ?? 0)
    var end = BagEnd(standing: standing)
    end.payload = try people.finishPayload()
    // SQLite orders its pages in its own way; its rows are those of the CSV table, whose digest is among these.
    let made = Bag.results(end.payload)
    let others = try Folder.read(package + "/" + BagName.otherResult) ?? ""
    guard made.people == result, made.others == others else {
      throw mismatch("the people that the changes lead to", "others")
    }
    end.payload += try statusLists(into: folder)
    end.persons = people.persons
    end.tags = try proof(into: folder)
    _ = try Bag.finish(folder, facts, end, key: nil)
  }

  private func merge(_ attributes: [Attribute], into people: inout PackageWriter) throws(Stop) {
    var old = try CSVPeopleWithCards(BagName.people, in: current)
    var changes = try CSVPeopleWithCards(BagName.changes, in: package)
    guard old.attributes == attributes, changes.attributes == attributes else {
      throw mismatch("tables with the columns that the package names", "others")
    }
    do throws(Stop) {
      var hasOld = try old.next()
      var hasChange = try changes.next()
      while hasOld || hasChange {
        // Personal ID numbers have one length, so they ascend as their digits do.
        let replaces = hasOld && hasChange && old.person[.personalID] == changes.person[.personalID]
        let isChange =
          hasChange
          && (!hasOld || replaces
            || changes.person[.personalID].lexicographicallyPrecedes(old.person[.personalID]))
        guard isChange else {
          try people.append(old.person)
          hasOld = try old.next()
          continue
        }
        if !changes.isRemoval {
          try people.append(changes.person)
        } else if !replaces {
          throw mismatch("the person whom the changes remove", "no such person")
        }
        if replaces { hasOld = try old.next() }
        hasChange = try changes.next()
      }
    } catch {
      throw error.exit == .storeUnavailable ? mismatch("tables as they were written", "damaged ones") : error
    }
  }

  /// The status lists of the package, which are whole in each.
  private func statusLists(into folder: String) throws(Stop) -> [BagEntry] {
    var entries: [BagEntry] = []
    for name in try Folder.names(in: package + "/data")
    where name.hasPrefix(BagName.statusPrefix) && name.hasSuffix(".jwt") {
      let path = "data/" + name
      try copyFile(package + "/" + path, to: folder + "/" + path)
      entries.append(
        BagEntry(
          path: path, digest: try Digest.text(ofFile: folder + "/" + path),
          byteCount: try Folder.byteCount(of: folder + "/" + path)))
    }
    return entries
  }

  /// Puts the signed files of the package beside the people.
  private func proof(into folder: String) throws(Stop) -> [BagEntry] {
    try Folder.create(folder + "/" + BagName.proof)
    var entries: [BagEntry] = []
    let names = [
      BagName.declaration, BagName.info, BagName.manifest, BagName.tagManifest, BagName.publisher,
      BagName.signature, BagName.result, BagName.otherResult,
    ]
    for name in names {
      guard try Folder.exists(package + "/" + name) else { continue }
      let path = BagName.proof + "/" + Folder.name(of: name)
      try copyFile(package + "/" + name, to: folder + "/" + path)
      entries.append(
        BagEntry(
          path: path, digest: try Digest.text(ofFile: folder + "/" + path),
          byteCount: try Folder.byteCount(of: folder + "/" + path)))
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
