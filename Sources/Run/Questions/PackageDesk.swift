// What a facility asks about the package that it received, and the keys of those who publish.
// Invariant: nothing here needs a pipeline or a workspace.

import Disk
import Publish
package import Record

/// A package that was looked at, as the command shows it.
package struct VerifiedPackage: Sendable {
  /// Word, file, Vietnamese, English; none if the package is whole.
  package var faults: [[String]] = []
  /// Sentences about a whole package, Vietnamese and English.
  package var facts: [(vietnamese: String, english: String)] = []
}

/// Verifies a package.
package func verifyPackage(_ folder: String, key: String?, after: String?, on day: CalendarDate) throws(Stop)
  -> VerifiedPackage
{
  let verdict = try verify(VerifyRequest(folder: folder, keyFile: key, after: after, day: day))
  var package = VerifiedPackage()
  package.faults = verdict.faults.map { [$0.kind.rawValue, $0.file, $0.kind.vietnamese, $0.kind.english] }
  guard verdict.faults.isEmpty else { return package }
  package.facts.append(
    (
      "Gói của \(verdict.recipient) nguyên vẹn: \(verdict.persons) người, dữ liệu ngày \(verdict.asOf), dùng đến hết "
        + "ngày \(verdict.validUntil).",
      "The package of \(verdict.recipient) is whole: \(verdict.persons) persons, business date \(verdict.asOf), to be "
        + "used until the end of \(verdict.validUntil)."
    ))
  switch (verdict.signedBy, verdict.isKeyKnown) {
  case (let key?, true):
    package.facts.append(("Chữ ký đúng, khóa \(key).", "Signed with the key that you have, \(key)."))
  case (let key?, false):
    package.facts.append(
      (
        "Chữ ký đúng với khóa nằm trong gói, \(key). Chưa chắc là của bên gửi: dùng --key với khóa nhận bằng đường khác.",
        "Signed with the key that came in the package, \(key). Whose it is can't be told: give --key with a key that came "
          + "another way."
      ))
  case (nil, _):
    package.facts.append(
      (
        "Gói không có chữ ký: không thể biết ai đã gửi.",
        "The package is not signed: who sent it can't be told."
      ))
  }
  switch verdict.succession {
  case .next: package.facts.append(("Nối tiếp gói đang có.", "It follows the package that you have."))
  case .same: package.facts.append(("Chính là gói đang có.", "It is the package that you have."))
  case .gap:
    package.facts.append(
      (
        "Mới hơn gói đang có; có gói ở giữa chưa nhận được.",
        "Newer than the package that you have; packages in between were not received."
      ))
  case .takenBack:
    package.facts.append(
      (
        "Mới hơn gói đang có; bên gửi đã thu hồi gói đang có.",
        "Newer than the package that you have, which the sender has taken back."
      ))
  case nil: break
  }
  return package
}

/// Makes a key pair for signing packages.
///
/// - Returns: the fingerprint of the public half.
package func newSigningKey(at path: String) throws(Stop) -> String {
  let key = SigningKey()
  try key.write(to: Paths.absolute(path))
  return key.verifying.fingerprint
}
