// Verifies a package and opens it for questions; a package with a fault is refused.

import Files
import Seal
package import Values

/// How a package is verified before questions are asked of it.
package struct PackageCheck: Sendable {
  /// The publisher's public key, received separately.
  package var key: String?
  /// The file of `cardlink apply` or `verify --state`: the publisher's key and the newest package.
  package var state: String?
  /// The facility's private key.
  package var identity: String?

  package init(key: String? = nil, state: String? = nil, identity: String? = nil) {
    (self.key, self.state, self.identity) = (key, state, identity)
  }
}

/// What is not known about the origin of a package.
package enum PackageDoubt: Sendable {
  case notVerified, notSigned, unknownKey

  package var vietnamese: String {
    switch self {
    case .notVerified: "Chưa kiểm tra gói: không biết dữ liệu có đúng như khi gửi hay không."
    case .notSigned: "Gói không có chữ ký: không thể biết ai đã gửi."
    case .unknownKey: "Chữ ký khớp với khóa trong gói; chưa chắc là của bên gửi: dùng --key hoặc --state."
    }
  }

  package var english: String {
    switch self {
    case .notVerified: "The package was not verified: whether it is as it was sent can't be told."
    case .notSigned: "The package is not signed: who sent it can't be told."
    case .unknownKey:
      "Signed with the key that came in the package; whose it is can't be told: give --key or --state."
    }
  }
}

extension FacilityPackage {
  /// Verifies a package and reads its people.
  ///
  /// - Parameters:
  ///   - path: the folder of a package, its encrypted file, or its CSV, SQLite, XML or NDJSON file alone.
  ///   - check: how it is verified; nil to read it unverified.
  /// - Throws: ``Stop`` with ``Exit/dataRefused`` if it has a fault.
  package static func open(_ path: String, _ check: PackageCheck?, on day: CalendarDate) throws(Stop) -> (
    people: PackagePeople, doubt: PackageDoubt?
  ) {
    let isEncrypted = try EncryptedInput.isEncrypted(path)
    var root = isEncrypted ? path : nil
    for folder in [path, Folder.parent(of: path)] where root == nil {
      if try Folder.exists(folder + "/" + BagName.declaration) { root = folder }
    }
    let exists = try Folder.exists(path)
    guard let check, let root, exists else {
      guard check?.key == nil, check?.state == nil else {
        throw Stop(
          .exportMissing, at: path, expected: "a whole package, to be verified",
          found: exists ? "a table by itself" : "nothing",
          remedy: "Name the folder of the package as it was received, or give neither --key nor --state.",
          next: "cardlink check-card --help")
      }
      return (try open(path), .notVerified)
    }
    let package = try opened(root, path, check, on: day)
    let doubt: PackageDoubt? =
      package.verdict.signedBy == nil ? .notSigned : package.verdict.isKeyKnown ? nil : .unknownKey
    guard isEncrypted else { return (try open(path), doubt) }
    let names = tables(among: package.tables.keys.sorted())
    defer { withExtendedLifetime(package.tables) {} }
    let people = try open(
      path, tables: names.compactMap { name in package.tables[name].map { (name, $0.path) } },
      facts: package.facts)
    return (people, doubt)
  }

  private static func opened(_ root: String, _ path: String, _ check: PackageCheck, on day: CalendarDate)
    throws(Stop) -> OpenedPackage
  {
    var request = VerifyRequest(
      folder: root, keyFile: check.key, state: check.state, identityFile: check.identity, day: day)
    request.remembers = false
    // `cardlink apply` leaves its state beside the package.
    let beside = Folder.parent(of: path) + "/seen.txt"
    if check.state == nil, check.key == nil, Folder.name(of: path) == "current", try Folder.exists(beside) {
      request.state = beside
    }
    let package = try openPackage(request) { tables(among: $0) }
    guard let fault = package.verdict.faults.first else { return package }
    let more = package.verdict.faults.count - 1
    throw Stop(
      .dataRefused, at: path, expected: "a package as it was sent, and for use on \(day.text)",
      found:
        "\(fault.kind.rawValue)\(fault.file.isEmpty ? "" : " \(fault.file)")\(more > 0 ? " and \(more) more" : ""): "
        + "\(fault.kind.vietnamese); \(fault.kind.english)",
      remedy: "Nothing was answered. " + PackageFault.remedy(package.verdict.faults),
      next: "cardlink verify \(path)")
  }
}
