// Checks attestations that holders present, and makes and shows the keys that sign them.
// Invariant: nothing here needs a pipeline, a workspace or a network.

package import Attest
import Files
import Foundation
import Pipeline
package import Values

/// What somebody who checks an attestation has and expects.
package struct AttestationQuestion: Sendable {
  /// The file of the presentation.
  package var file: String
  /// Files of the issuer's keys.
  package var keys: [String]
  package var audience: String?
  package var nonce: String?
  /// Files of status lists, or folders of them.
  package var lists: [String] = []
  package var listDays: Int?
  /// Seconds since 1970.
  package var now: Int

  package init(file: String, keys: [String], now: Int) {
    (self.file, self.keys, self.now) = (file, keys, now)
  }
}

/// Checks a presentation.
///
/// - Throws: ``Stop`` with ``Exit/exportMissing`` if a file is missing or holds something else.
package func checkAttestation(_ question: AttestationQuestion) throws(Stop) -> AttestationAnswer {
  guard let text = try Folder.read(question.file) else {
    throw Stop(
      .exportMissing, at: question.file, expected: "a presented attestation", found: "no such file",
      remedy: "Save what the holder's wallet sent, and name the file.",
      next: "cardlink verify-attestation --help")
  }
  var keys: [PublicJWK] = []
  for file in question.keys { keys += try attestationKeys(in: file) }
  var expected = AttestationExpectation(keys: keys, now: question.now)
  (expected.audience, expected.nonce) = (question.audience, question.nonce)
  expected.listSeconds = question.listDays.map { $0 * 86_400 }
  expected.lists = try statusLists(in: question.lists)
  return AttestationCheck.answer(to: text, expected)
}

/// The signed lists in some files, and in the files of some folders that end in `.jwt`.
func statusLists(in paths: [String]) throws(Stop) -> [String] {
  var lists: [String] = []
  for path in paths {
    let isFolder = try FileAttributes(of: path)?.kind == .folder
    let files =
      isFolder
      ? try Folder.names(in: path).filter { $0.hasSuffix(".jwt") }.sorted().map { path + "/" + $0 } : [path]
    for file in files {
      guard let text = try Folder.read(file) else {
        throw Stop(
          .exportMissing, at: file, expected: "a signed status list", found: "no such file",
          remedy: "Packages have them as data/status-*.jwt; name a file, or the folder current/data.",
          next: "cardlink verify-attestation --help")
      }
      lists.append(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }
  }
  return lists
}

/// The public keys in a file: PEM, or JSON.
///
/// - Throws: ``Stop`` with ``Exit/exportMissing`` if there is none, or one can't be read.
package func attestationKeys(in path: String) throws(Stop) -> [PublicJWK] {
  let text = try Folder.read(path)
  guard let text, let keys = PublicJWK.keys(in: text) else {
    throw Stop(
      .exportMissing, at: path, expected: "the issuer's public keys, as JWKS or PEM",
      found: text == nil ? "no such file" : "something else",
      remedy: "Name the issuer's jwks.json, or the file of a key that ends in .pub.",
      next: "cardlink keys jwks --help")
  }
  return keys
}

/// Makes a key pair that signs attestations.
///
/// - Returns: the thumbprint of the public key.
package func newAttestationKey(at path: String, _ kind: PublicJWK.Kind) throws(Stop) -> String {
  let key = AttestationKey(kind)
  try key.write(to: Paths.absolute(path))
  return key.jwk.thumbprint
}
