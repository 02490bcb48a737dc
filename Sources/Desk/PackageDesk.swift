// Verifies and applies a facility's packages, and makes keys for publishers and facilities.
// Invariant: nothing here needs a pipeline or a workspace.

import Files
import Package
import Pipeline
import Publish
import Seal
package import Values

/// A verified package, as the command shows it.
package struct VerifiedPackage: Sendable {
  /// Word, file, Vietnamese, English; empty for a package without faults.
  package var faults: [[String]] = []
  /// What to do about the faults.
  package var remedy = ""
  /// Sentences about a package without faults, Vietnamese and English.
  package var facts: [Bilingual] = []
}

/// Verifies a package.
///
/// - Parameters:
///   - state: the file that remembers the packages seen; the key is pinned there on first use.
///   - receipt: the folder for the receipt of a package without faults, and the facility's version of cardlink; nil for none.
package func verifyPackage(
  _ folder: String, key: String?, after: String?, state: String?, identity: String?, on day: CalendarDate,
  receipt: (folder: String, version: String)? = nil
) throws(Stop) -> VerifiedPackage {
  var request = VerifyRequest(
    folder: folder, keyFile: key, after: after, state: state, identityFile: identity, day: day)
  request.receipt = receipt.map { ReceiptMaking(.verify, folder: $0.folder, version: $0.version) }
  let verdict = try verify(request)
  var package = VerifiedPackage(verdict)
  if verdict.faults.isEmpty, receipt != nil { package.describe(receipt: verdict.receipt) }
  return package
}

/// Brings a facility's folder to the newest of the packages that it received, and writes the receipt.
///
/// - Parameter version: the facility's version of cardlink, which the receipt names.
/// - Returns: the package that it has now, or the faults of the one that was refused.
package func applyPackages(
  _ packages: [String], to folder: String, key: String?, identity: String?, on day: CalendarDate,
  version: String
) throws(Stop) -> (package: VerifiedPackage, refused: String?) {
  var request = ApplyRequest(
    packages: packages, folder: folder, keyFile: key, identityFile: identity, day: day)
  request.version = version
  let report = try apply(request)
  if let refused = report.refused {
    return (VerifiedPackage(faults: report.faults), refused)
  }
  guard var verdict = report.verdict else {
    var package = VerifiedPackage()
    package.tell(
      "Không có gói nào mới hơn gói đang có.", "None of the packages is newer than the one that you have.")
    return (package, nil)
  }
  // The facility now has all people, even if the last package held changes.
  if verdict.kind == .delta { verdict.kind = .applied }
  var package = VerifiedPackage(verdict)
  package.tell(
    "Đã áp dụng \(report.applied.count) gói; dùng thư mục \(folder)/current.",
    "\(report.applied.count) \(report.applied.count == 1 ? "package" : "packages") applied; use the folder "
      + "\(folder)/current.")
  if verdict.receipt != nil { package.describe(receipt: verdict.receipt) }
  for (path, fault) in report.unreadable {
    package.tell(
      "Không đọc được \(path): \(fault.kind.vietnamese).", "\(path) was passed over: \(fault.kind.english)."
    )
  }
  return (package, nil)
}

extension VerifiedPackage {
  fileprivate mutating func tell(_ vietnamese: String, _ english: String) {
    facts.append(Bilingual(vietnamese, english))
  }

  fileprivate init(faults: [PackageFault]) {
    self.faults = faults.map { [$0.kind.rawValue, $0.file, $0.kind.vietnamese, $0.kind.english] }
    remedy = PackageFault.remedy(faults)
  }

  fileprivate init(_ verdict: PackageVerdict) {
    self.init(faults: verdict.faults)
    if verdict.faults.isEmpty { describe(verdict) }
  }

  /// - Parameter receipt: the file that was written; nil if the package asks for none.
  fileprivate mutating func describe(receipt: String?) {
    if let receipt {
      tell(
        "Biên nhận: \(receipt). Gửi tệp này lại cho bên gửi gói; tệp không chứa dữ liệu cá nhân.",
        "Receipt: \(receipt). Send this file back to the sender; it holds no personal data.")
    } else {
      tell(
        "Không lập biên nhận: gói không có chữ ký, hoặc do phiên bản cũ tạo.",
        "No receipt was written: the package is not signed, or an earlier version made it.")
    }
  }

  fileprivate mutating func describe(_ verdict: PackageVerdict) {
    if verdict.kind == .answers {
      tell(
        "Gói trả lời cho \(verdict.recipient) nguyên vẹn: \(verdict.persons) yêu cầu, dữ liệu ngày \(verdict.asOf), phải "
          + "xóa sau ngày \(verdict.validUntil).",
        "The answers for \(verdict.recipient) are whole: \(verdict.persons) requests, business date \(verdict.asOf), to be "
          + "deleted after \(verdict.validUntil).")
    } else {
      tell(
        "Gói của \(verdict.recipient) nguyên vẹn: \(verdict.persons) người, dữ liệu ngày \(verdict.asOf), dùng đến hết "
          + "ngày \(verdict.validUntil).",
        "The package of \(verdict.recipient) is whole: \(verdict.persons) persons, business date \(verdict.asOf), to be "
          + "used until the end of \(verdict.validUntil).")
    }
    if verdict.kind == .delta {
      tell(
        "Gói chỉ gồm thay đổi so với gói trước: dùng cardlink apply.",
        "It holds only what has changed since the package before: use cardlink apply.")
    }
    switch (verdict.signedBy.map(spokenFingerprint), verdict.isKeyKnown) {
    case (let key?, true):
      tell("Chữ ký đúng, khóa \(key).", "Signed with the key that you have, \(key).")
    case (let key?, false) where verdict.isKeyPinnedNow:
      tell(
        "Chữ ký đúng. Từ nay chỉ nhận gói ký bằng khóa \(key): hãy gọi điện đối chiếu mã này với bên gửi.",
        "Signed with \(key), which is pinned from now on: read it out to the sender on the telephone.")
    case (let key?, false):
      tell(
        "Chữ ký đúng với khóa nằm trong gói, \(key). Chưa chắc là của bên gửi: dùng --key với khóa nhận bằng đường khác.",
        "Signed with the key that came in the package, \(key). Whose it is can't be told: give --key with a key that came "
          + "another way.")
    case (nil, _):
      tell(
        "Gói không có chữ ký: không thể biết ai đã gửi.",
        "The package is not signed: who sent it can't be told.")
    }
    switch verdict.succession {
    case .next: tell("Nối tiếp gói đang có.", "It follows the package that you have.")
    case .same: tell("Chính là gói đang có.", "It is the package that you have.")
    case .gap:
      tell(
        "Mới hơn gói đang có; có gói ở giữa chưa nhận được.",
        "Newer than the package that you have; packages in between were not received.")
    case .takenBack:
      tell(
        "Mới hơn gói đang có; bên gửi đã thu hồi gói đang có.",
        "Newer than the package that you have, which the sender has taken back.")
    case nil: break
    }
  }
}

/// Makes a key pair for signing packages.
///
/// - Returns: the fingerprint of the public key.
package func newSigningKey(at path: String) throws(Stop) -> String {
  let key = SigningKey()
  try key.write(to: Paths.absolute(path))
  return spokenFingerprint(key.verifying.fingerprint)
}

/// Makes the passphrase of a facility's desk, and writes the key that it gives.
package func newPassphrase(at path: String) throws(Stop) -> String {
  try DeskPassphrase.make(at: Paths.absolute(path))
}

/// Makes the key of a consumer's pseudonyms.
package func newPairwiseKey(at path: String) throws(Stop) {
  try PairwiseKey.make(at: Paths.absolute(path))
}

/// Adds a client of `cardlink serve` to a file.
///
/// - Returns: its secret, which is not kept.
package func newClient(_ name: String, in path: String) throws(Stop) -> String {
  try ClientKeys.add(name, to: Paths.absolute(path))
}

/// Sets an account of the console in a file of accounts, with a new passphrase of five words.
///
/// - Returns: the passphrase, and the address for an authenticator app if digits are asked for. Neither can be shown again.
/// - Throws: ``Stop`` with ``Exit/usage`` for a word that is no role, or a name that the file can't hold.
package func newAccount(
  _ name: String, roles words: [String], withCode: Bool, in path: String
) throws(Stop) -> (passphrase: String, address: String?) {
  let roles = Set(words.compactMap(Role.init(rawValue:)))
  guard roles.count == Set(words).count else {
    throw Stop(
      .usage, at: "--role", expected: "one of \(Role.allCases.map(\.rawValue).joined(separator: ", "))",
      found: "another word", remedy: "Nothing was written.")
  }
  let (passphrase, code) = (DeskPassphrase.random(of: 5), withCode ? OneTimeCode() : nil)
  try Accounts.set(
    Account(name, roles, passphrase: PassphraseHash(of: passphrase), code: code), in: Paths.absolute(path))
  return (passphrase, code?.address(for: name))
}

/// The fingerprints of the public keys in a file, of either kind.
///
/// - Throws: ``Stop`` with ``Exit/exportMissing`` if there is none.
package func fingerprints(ofKeys path: String) throws(Stop) -> [String] {
  let text = try Folder.read(path)
  if let key = text.flatMap(VerifyingKey.init(pem:)) { return [spokenFingerprint(key.fingerprint)] }
  let keys = KeyFile.lines(text ?? "").map { EncryptionKey($0.text) }
  guard !keys.isEmpty, !keys.contains(nil) else {
    throw Stop(
      .exportMissing, at: path, expected: "a public key, as PEM or age1…",
      found: text == nil ? "no such file" : "another file", remedy: "Name the file that ends in .pub.",
      next: "cardlink keys --help")
  }
  return keys.compactMap { $0.map { spokenFingerprint($0.fingerprint) } }
}

/// Makes a facility's key pair, to which packages are encrypted.
///
/// - Returns: the public key, which the sender needs, and its fingerprint.
package func newFacilityKey(at path: String) throws(Stop) -> (key: String, fingerprint: String) {
  let key = DecryptionKey()
  try key.write(to: Paths.absolute(path))
  return (key.encryption.text, spokenFingerprint(key.encryption.fingerprint))
}
