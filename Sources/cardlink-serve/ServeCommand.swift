// The program cardlink-serve, which `cardlink serve` starts: answers card checks of programs over HTTP.
// Invariant: without TLS it listens on loopback or a Unix socket alone, unless it is told to do otherwise. The log names no
// address with a query, no client's secret and no person.

import ArgumentParser
import Desk
import Foundation
import Gateway
import Pipeline
import Values

@main
struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cardlink serve",
    abstract: "Answer card checks of programs over HTTP. Trả lời tra cứu thẻ cho phần mềm bệnh viện.",
    usage: "cardlink serve <pipeline or package> --clients <file> [options]",
    discussion: """
      Answers POST /card-check with the fields and codes of the insurer's gateway,
      as `cardlink check-card` does, and the gateway's own addresses, so that a
      hospital's program changes one address. Takes up each new store or package by
      itself. Each answer is in the audit log before it is given, with the client.

        cardlink keys client clients 01014_BV     shows the secret, once
        cardlink serve pipelines/nightly.yaml --clients clients
        curl -s http://127.0.0.1:8480/card-check -H 'Authorization: Bearer SECRET' \\
          --json '{"maThe":"001090000101","hoTen":"Nguyễn Văn Mẫu","ngaySinh":"1990"}'

      AT A FACILITY, from its package; the audit log then is in --audit:
        cardlink serve /srv/cardlink/01014/current --audit /srv/cardlink/audit \\
          --clients clients

      FOR OTHER MACHINES, with TLS:
        cardlink serve pipelines/nightly.yaml --clients clients --listen 0.0.0.0 \\
          --certificate server.pem --private-key server.key

      The description for programs is at /openapi.json, the state at /health, counts
      at /metrics. docs/serve.md tells more.
      """)
  @Argument(help: ArgumentHelp("A pipeline file, or a facility's package.", valueName: "pipeline or package"))
  var source: String
  @Option(help: ArgumentHelp("The file of clients, made by `cardlink keys client`.", valueName: "file"))
  var clients: String
  @Option(help: ArgumentHelp("The address to listen on.", valueName: "address")) var listen = "127.0.0.1"
  @Option(help: ArgumentHelp("The port; 0 takes a free one.", valueName: "number")) var port = 8480
  @Option(help: ArgumentHelp("Listen on this Unix socket, and no port.", valueName: "path"))
  var socket: String?
  @Option(help: ArgumentHelp("The certificate and those that it leads to (PEM).", valueName: "file"))
  var certificate: String?
  @Option(
    name: .customLong("private-key"), help: ArgumentHelp("The certificate's key (PEM).", valueName: "file"))
  var privateKey: String?
  @Flag(name: .customLong("without-tls"), help: "Listen on other addresses than loopback without TLS.")
  var withoutTLS = false
  @Option(
    help: ArgumentHelp(
      "Questions a second for each client, unless its line says more or less.", valueName: "number")
  )
  var rate = 50
  @Option(
    help: ArgumentHelp("The workspace that is used instead of the pipeline file's.", valueName: "directory"))
  var workspace: String?
  @Option(help: ArgumentHelp("Of a package: the folder of the audit log.", valueName: "directory"))
  var audit: String?
  @Option(help: ArgumentHelp("Of a package: the publisher's public key (PEM).", valueName: "file"))
  var key: String?
  @Option(help: ArgumentHelp("Of a package: what verify --state or apply remembers.", valueName: "file"))
  var state: String?
  @Option(help: ArgumentHelp("Of a package: the facility's private key.", valueName: "file"))
  var identity: String?
  @Option(
    help: ArgumentHelp("The day for which is asked; default today in Asia/Ho_Chi_Minh.", valueName: "date"))
  var on: String?

  private var isPipeline: Bool { source.hasSuffix(".yaml") || source.hasSuffix(".yml") }
  private static let loopback: Set<String> = ["127.0.0.1", "::1", "localhost"]

  func validate() throws {
    guard (0...65535).contains(port) else { throw ValidationError("--port takes a number up to 65535.") }
    guard rate > 0 else { throw ValidationError("--rate takes a number, 1 or more.") }
    guard (certificate == nil) == (privateKey == nil) else {
      throw ValidationError("--certificate and --private-key go together.")
    }
    guard socket != nil || certificate != nil || withoutTLS || Self.loopback.contains(listen) else {
      throw ValidationError(
        "--listen \(listen) needs --certificate and --private-key: other machines see persons. "
          + "In a network of its own, say --without-tls.")
    }
    guard isPipeline == (audit == nil) else {
      throw ValidationError(
        isPipeline
          ? "--audit is for a package; a pipeline's workspace has its own."
          : "A package needs --audit: the folder of the log that says who asked.")
    }
    guard !isPipeline || key == nil && state == nil && identity == nil else {
      throw ValidationError("--key, --state and --identity are for a package.")
    }
    guard on.map({ CalendarDate(iso: $0)?.precision == .day }) ?? true else {
      throw ValidationError("--on takes a date such as 2026-12-31.")
    }
  }

  func run() throws {
    do {
      let gate = try cardGate()
      if let doubt = try gate.refresh() { Self.log("\(doubt.vietnamese)\n\(doubt.english)") }
      let clients = try Clients(clients, rate: rate)
      try serve(gate, clients)
    } catch let stop as Stop {
      Self.log(stop.text)
      Foundation.exit(stop.exit.rawValue)
    }
  }

  private func cardGate() throws(Stop) -> CardGate {
    let day = on.flatMap { CalendarDate(iso: $0) }
    guard !isPipeline else {
      var pipeline = try Pipeline(file: source)
      if let workspace {
        pipeline.workspace = Paths.absolute(workspace)
        pipeline.givenWorkspace = workspace
      }
      return CardGate(store: Desk(pipeline, for: Actor(name: "serve", door: .serve)), on: day)
    }
    return CardGate(
      package: source, check: CardDesk.PackageCheck(key: key, state: state, identity: identity),
      audit: Paths.absolute(audit ?? "."), on: day)
  }

  /// Writes what is no answer; standard output has the address alone.
  static func log(_ text: String) { print(text) }
}

#if !Console
  extension ServeCommand {
    /// Built without the trait Console, the program has no server.
    private func serve(_ gate: CardGate, _ clients: Clients) throws {
      Self.log("This build has no server: build it with swift build --traits Console.")
      Foundation.exit(Exit.storeUnavailable.rawValue)
    }
  }
#endif
