// The package that a consumer gets for a file of requests, while it is written.
// Invariant: it gets its name last, when all of it is on disk.

import Files
import Package
import Pipeline
import Publish
import Seal
import Values

struct ConsumerPackage {
  private let policy: ConsumerPolicy
  private let day: CalendarDate
  /// The folder that the writer fills.
  let plain: String
  /// What gets the name ``final``: the plain folder, or the encrypted file.
  let partial: String
  let final: String

  /// - Parameters:
  ///   - requests: the request file, beside which the package comes.
  ///   - folder: where it comes instead; nil for beside the request file.
  ///   - scratch: a folder for the plain package of a consumer whose packages are encrypted.
  /// - Throws: ``Stop`` with ``Exit/cannotCreate`` if a file or folder has the name already.
  init(
    _ edition: Int, for policy: ConsumerPolicy, beside requests: String, in folder: String?, scratch: String,
    on day: CalendarDate
  ) throws(Stop) {
    (self.policy, self.day) = (policy, day)
    let isEncrypted = !policy.encryptTo.isEmpty
    let name = "\(policy.name)-\(padded(UInt64(edition), to: 4))"
    let folder = Paths.absolute(folder ?? Folder.parent(of: Paths.absolute(requests)))
    try Folder.create(folder)
    final = folder + "/" + name + (isEncrypted ? EncryptedPackage.suffix : "")
    guard try !Folder.exists(final) else {
      throw Stop(
        .cannotCreate, at: final, expected: "no file or folder of this name", found: "one",
        remedy: "Nothing was answered. Move it away, or name another folder with --to.")
    }
    partial = final + ".partial"
    plain = isEncrypted ? scratch + "/" + name : partial
  }

  /// Begins the plain package, in place of what a stopped command left.
  func writer(_ facts: AnswerFacts) throws(Stop) -> AnswerWriter {
    try Folder.remove(partial)
    return try AnswerWriter(facts, in: plain)
  }

  /// Ends the plain package, encrypts it if the policy says so, and waits until all is on disk.
  ///
  /// - Parameter signingKey: the file of the key; nil for a package without a signature.
  /// - Returns: the package's digest.
  func finish(_ writer: AnswerWriter, signingKey: String?) throws(Stop) -> String {
    let key: SigningKey? = if let signingKey { try SigningKey(file: signingKey) } else { nil }
    let digest = try writer.finish(key: key)
    if !policy.encryptTo.isEmpty {
      try EncryptedPackage.write(
        plain, to: partial, for: encryptionKeys(policy.encryptTo, of: policy.name), on: day)
    }
    try Folder.syncAll(Folder.parent(of: partial))
    return digest
  }

  /// Gives the package its name.
  func send() throws(Stop) { try Folder.rename(partial, to: final) }
}

extension ConsumerPolicy {
  /// - Parameter today: the requests of the day, those of the file included.
  /// - Throws: ``Stop`` with ``Exit/dataRefused`` if they are more than the policy allows.
  func checkLimit(_ today: Int, _ requests: Int, of file: String, on day: CalendarDate) throws(Stop) {
    guard let most = perDay, today > most else { return }
    throw Stop(
      .dataRefused, at: file, field: "limits.per_day", expected: "at most \(most) requests on \(day.text)",
      found: "\(today), \(requests) of them in this file",
      remedy: "Nothing was answered. Answer a smaller file, or this one tomorrow. Quá số yêu cầu mỗi ngày.",
      next: "cardlink policy PIPELINE")
  }
}
