// The status lists of attestations: the run that publishes a store revokes what the store no longer says, and signs the lists.
// Invariant: a revocation is written to the audit log, then to the book, then to the lists. Nothing takes it back, a rollback
// included. Every package of the publication has the lists, so that a clinic checks without asking the issuer.
// Load: one search in the store for each attestation that has not expired.

import Attest
import Files
import Foundation
import Package
import Store
import Values
import Workspace

extension Night {
  /// How long a run waits for a command that gives places.
  private static let waitingSeconds = 900

  /// Revokes what a store no longer says, and signs all lists that have an attestation in force.
  func statusLists(storeAt path: String) throws(Stop) -> [StatusFile] {
    guard let terms = pipeline.attestations else { return [] }
    let lock = try PlaceBook.lock(in: workspace.path, waitingSeconds: Self.waitingSeconds)
    defer { withExtendedLifetime(lock) {} }
    var book = try PlaceBook(in: workspace.path)
    let now = Int(Date().timeIntervalSince1970)
    let key = try AttestationKey(file: terms.key)
    let folder = PlaceBook.folder(in: workspace.path) + "/published"
    try Folder.create(folder)
    try writeKeys(terms.earlierKeys, key, to: folder)
    try revoke(in: &book, store: try Store(path: path), now: now)
    let ended = book.ended(before: now, month: String(Clock.today().text.prefix(7)))
    var files: [StatusFile] = []
    for list in book.lists {
      let path = PlaceBook.folder(in: workspace.path) + "/" + list.name
      if ended.contains(path) {
        try? Folder.remove(folder + "/" + list.name + ".jwt")
        try Folder.remove(path)
        continue
      }
      var bits = StatusBits(places: list.capacity)
      for place in list.revoked { bits[place] = StatusBits.invalid }
      let text = try StatusListToken.signed(
        bits, uri: terms.issuer + "/status/" + list.name, issuedAt: now,
        expires: now + (pipeline.publish.validDays + 1) * 86_400, timeToLive: 43_200, by: key)
      try Folder.writeWhole(text, to: folder + "/" + list.name + ".jwt")
      files.append(StatusFile(name: list.name, text: text))
    }
    return files
  }

  private func revoke(in book: inout PlaceBook, store: borrowing Store, now: Int) throws(Stop) {
    for list in book.lists {
      var gone: [Int] = []
      for entry in list.entries where entry.expires > now {
        guard let place = entry.place, !list.revoked.contains(place) else { continue }
        if let id = entry.id, let person = try store.card(personalID: id.text), person.digest == entry.card {
          continue
        }
        gone.append(place)
      }
      guard !gone.isEmpty else { continue }
      try Audit(workspace.path).append(
        .attestationsRevoked, run: run.id, detail: ["list": list.name, "attestations": "\(gone.count)"])
      try book.revoke(gone, in: list.name)
    }
  }

  /// Writes what wallets and verifiers read beside the lists: the keys, and the type.
  private func writeKeys(_ earlier: [String], _ key: AttestationKey, to folder: String) throws(Stop) {
    var keys = [key.jwk]
    for file in earlier {
      guard let found = try Folder.read(file).flatMap(PublicJWK.keys(in:)) else {
        throw Stop(
          .pipelineWrong, at: file, expected: "a public key that signed attestations", found: "none",
          remedy: "Bring the file back, or remove it from earlier_keys.")
      }
      keys += found
    }
    try Folder.writeWhole(PublicJWK.set(keys), to: folder + "/jwks.json")
    try Folder.writeWhole(AttestationType.metadata, to: folder + "/type.json")
  }
}

extension CardAttribute {
  /// As the command that attests makes it.
  fileprivate var digest: String {
    PlaceBook.digest(
      [fullName, birthDate ?? "", sex]
        + [
          card.insuranceNumber, card.cardNumber, card.facilityCode, card.fiveYearsFrom, card.areaCode,
          card.validFrom, card.validTo,
        ].map { $0 ?? "" })
  }
}
