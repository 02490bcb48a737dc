// verify-attestation, keys attestation and keys jwks: checks attestations, and makes and shows the keys that sign them.

import ArgumentParser
import Attest
import Desk
import Foundation
import Values
import Views
import Workspace

struct VerifyAttestationCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify-attestation",
    abstract:
      "Check an attestation that a holder presents, offline. Kiểm tra xác nhận do người dân xuất trình.",
    usage: "cardlink verify-attestation <file> --key <file> [options]",
    discussion: """
      Reads what the holder's wallet sent (SD-JWT VC, dc+sd-jwt) and checks it on any
      PC, without a network, a pipeline or a workspace: the issuer's signature, each
      disclosure, the dates, the holder's key binding and the status list.
        cardlink verify-attestation card.sdjwt --key jwks.json \\
          --audience facility:01028 --nonce 7f3a --status current/data
      Give the wallet a new random number for --nonce each time: without it somebody
      may show the same presentation again. Without --audience and --nonce no key
      binding is asked for; one that is there is checked all the same.

      ANSWERS, the first that applies
        malformed, other_type, unknown_key, signature, digest_missing,
        not_yet_valid, expired, key_binding_missing, key_binding_signature,
        key_binding_other, wrong_audience, wrong_nonce, key_binding_old,
        list_missing, list_signature, list_old, revoked

      EXIT CODES
        0 genuine and in force; what it says is on standard output
        65 refused; the answer says why
        66 no file, no key or no list there
      """)
  @Argument(help: ArgumentHelp("The presentation.", valueName: "file"), completion: .file())
  var file: String
  @Option(help: ArgumentHelp("The issuer's public keys: JWKS or PEM; may be repeated.", valueName: "file"))
  var key: [String] = []
  @Option(help: ArgumentHelp("Who you are, as the wallet was told.", valueName: "name"))
  var audience: String?
  @Option(help: ArgumentHelp("The random number that you gave the wallet.", valueName: "text"))
  var nonce: String?
  @Option(help: ArgumentHelp("A signed status list, or a folder of them.", valueName: "path"))
  var status: [String] = []
  @Option(
    name: .customLong("list-days"),
    help: ArgumentHelp("How old a list may be; default as it says itself.", valueName: "days"))
  var listDays: Int?
  @Option(help: ArgumentHelp("The moment, such as 2026-11-30T10:00:00Z; default now.", valueName: "time"))
  var at: String?
  @OptionGroup var form: OutputArguments

  func validate() throws {
    if key.isEmpty { throw ValidationError("Give --key: the issuer's public keys.") }
    if let at, Clock.seconds(at) == nil {
      throw ValidationError("--at takes a moment such as 2026-11-30T10:00:00Z, not '\(at)'.")
    }
    if let listDays, listDays < 0 { throw ValidationError("--list-days takes a number of days, 0 or more.") }
  }

  func run() throws {
    var question = AttestationQuestion(
      file: file == "-" ? "/dev/stdin" : file, keys: key,
      now: at.flatMap(Clock.seconds) ?? Int(Date().timeIntervalSince1970))
    (question.audience, question.nonce) = (audience, nonce)
    (question.lists, question.listDays) = (status, listDays)
    let answer = try checkAttestation(question)
    guard answer.fault == nil else {
      let fault = answer.fault ?? .malformed
      Table(
        columns: ["fault", "vietnamese", "english"],
        rows: [[fault.rawValue, fault.meaning.vietnamese, fault.meaning.english]], numeric: []
      ).write(form.output)
      throw Stop(
        .dataRefused, at: file, expected: "an attestation that is genuine and in force",
        found: fault.rawValue,
        remedy: "Do not rely on it. Không chấp nhận xác nhận này.",
        next: "cardlink verify-attestation --help")
    }
    let hidden: Set = ["cnf", "status"]
    Table(
      columns: ["claim", "value"],
      rows: answer.claims.filter { !hidden.contains($0.key) }.sorted { $0.key < $1.key }.map {
        [$0.key, $0.value.shown]
      }, numeric: []
    ).write(form.output)
    for line in notes(on: answer) { StandardError.write("\(line.vietnamese)\n\(line.english)") }
  }

  private func notes(on answer: AttestationAnswer) -> [Bilingual] {
    var notes: [Bilingual] = []
    if answer.isBearer {
      notes.append(
        Bilingual(
          "Xác nhận này không gắn với khóa nào: ai cầm cũng trình được; hãy đối chiếu giấy tờ tùy thân.",
          "It is bound to no key: anybody who has it can show it; compare an identity document."))
    } else if audience == nil || nonce == nil {
      notes.append(
        Bilingual(
          "Chưa kiểm tra người trình: cần cả --audience và --nonce.",
          "Who shows it was not checked: that needs both --audience and --nonce."))
    }
    if answer.statusOf == nil {
      notes.append(
        Bilingual("Xác nhận không có trạng thái thu hồi.", "It has no status: it can't be revoked."))
    }
    return notes
  }
}

struct AttestationKeyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attestation", abstract: "Make a key pair that signs attestations for wallets.",
    usage: "cardlink keys attestation <file> [--ed25519]",
    discussion: """
      Writes the private key to FILE (PEM, mode 0600) and the public one to FILE.pub.
      The key is for ES256 (P-256), which every wallet knows; --ed25519 makes one for
      Ed25519. Keep a copy of FILE where no network reaches it. To change the key,
      make a new one and leave the old FILE.pub in the JWKS until the last
      attestation that it signed has expired.
        cardlink keys attestation keys/attest.key
      Giữ kín FILE; công bố FILE.pub bằng `cardlink keys jwks`.
      """)
  @Argument(help: ArgumentHelp("The file of the private key; it must not exist.", valueName: "file"))
  var file: String
  @Flag(help: "A key for Ed25519 rather than ES256.") var ed25519 = false

  func run() throws {
    StandardOutput.summarize("kid \(try newAttestationKey(at: file, ed25519 ? .ed25519 : .p256))")
  }
}

struct JWKSCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jwks", abstract: "Show public keys as a set that wallets and verifiers read (JWKS).",
    usage: "cardlink keys jwks <file> ...",
    discussion: """
      Each key with its use, algorithm and name (kid, the RFC 7638 thumbprint). Give
      the key in force first and earlier ones after it. Publish the set, and hand it
      to facilities another way than the packages.
        cardlink keys jwks keys/attest.key.pub
      """)
  @Argument(help: ArgumentHelp("Files of public keys: PEM or JSON.", valueName: "file"), completion: .file())
  var files: [String]

  func run() throws {
    var keys: [PublicJWK] = []
    for file in files { keys += try attestationKeys(in: file) }
    print(PublicJWK.set(keys).dropLast())
  }
}

struct AttestationTypeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attestation-type", abstract: "Show the type metadata of attestations, for wallets.",
    usage: "cardlink keys attestation-type",
    discussion: """
      The document (SD-JWT VC, type metadata) of the vct of health-insurance cards:
      names in both languages, and which attributes can be disclosed alone. Publish
      it beside the keys.
        cardlink keys attestation-type
      """)

  func run() { print(AttestationType.metadata.dropLast()) }
}
