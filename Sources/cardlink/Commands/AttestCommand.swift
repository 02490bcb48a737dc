// attest: attestations for a wallet provider's requests.

import ArgumentParser
import Desk
import Foundation
import Pipeline
import Values
import Views
import Workspace

struct AttestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attest",
    abstract: "Attest a file of a wallet provider's requests. Cấp xác nhận thẻ cho ví điện tử.",
    usage: "cardlink attest <pipeline> --consumer <name> --requests <file> [options]",
    discussion: """
      Reads a request file as the consumer's policy describes it: a personal ID
      number, the holder's public key (JWK), the proof that the wallet has its
      private key, and a reference. Writes a signed package, encrypted if the policy
      says so, with one line for each request: an attestation (SD-JWT VC) of the
      person's card, or why there is none.
        cardlink attest pipelines/nightly.yaml --consumer wallet-a \\
          --requests in/wallet.csv
      The proof is a key proof JWT of OpenID4VCI for the issuer's address, three days
      old at most. Without a key the attestation is one of its bearer: it ends after
      publish.attestations.bearer_days and can't be revoked.
      Each attestation has a random place of its own in the month's status list,
      which is on disk before anything is signed.

      EXIT CODES
        0 attested
        65 the policy isn't approved, is wider than what was approved, has ended or
           has not begun; more requests than a day allows; the file can't be read
        66 no request file
        69 no run yet
        75 another command for attestations is under way
        78 no publish.attestations, or its key can't be read
      """)
  @OptionGroup var arguments: PipelineArguments
  @Option(help: ArgumentHelp("The consumer.", valueName: "name")) var consumer: String
  @Option(help: ArgumentHelp("The request file.", valueName: "file")) var requests: String
  @Option(
    help: ArgumentHelp(
      "The folder for the package; default that of the request file.", valueName: "directory"))
  var to: String?
  @Option(help: ArgumentHelp("The moment, such as 2026-11-30T10:00:00Z; default now.", valueName: "time"))
  var at: String?
  @OptionGroup var form: OutputArguments

  func validate() throws {
    if let at, Clock.seconds(at) == nil {
      throw ValidationError("--at takes a moment such as 2026-11-30T10:00:00Z, not '\(at)'.")
    }
  }

  func run() throws {
    let now = at.flatMap(Clock.seconds) ?? Int(Date().timeIntervalSince1970)
    let day = CalendarDate(iso: String(Clock.text(nanoseconds: now * 1_000_000_000).prefix(10)))
    let report = try Desk(arguments.load(), for: .user()).attest(
      AttestRequest(
        consumer: consumer, requests: requests, folder: to, day: day ?? Clock.today(), now: now))
    if form.output == .text { return print(AttestationText.attested(report)) }
    Table(
      columns: ["result", "requests"],
      rows: AttestCode.allCases.filter { report.counts[$0] != nil }.map {
        [$0.name, "\(report.counts[$0] ?? 0)"]
      }, numeric: ["requests"]
    ).write(form.output)
  }
}
