// The program cardlink-console, which `cardlink console` starts: serves the console's pages over HTTP.
// Invariant: it listens on loopback alone, unless accounts sign in over TLS. The one-time link goes to standard output and
// nowhere else; the log names no path with a query.

import ArgumentParser
import Console
import Foundation
import Pipeline
import Values

@main
struct ConsoleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cardlink console",
    abstract: "Serve the console in a browser. Mở bảng điều khiển trong trình duyệt.",
    usage: "cardlink console <pipeline> ... [options]",
    discussion: """
      Prints a link that signs one person in, once; open it in a browser on this
      machine. After each sign-in it prints a new link. It listens on loopback only,
      changes nothing in the nightly run, and writes each answer that shows a person
      into the audit log, with the name given by --user.
        cardlink console pipelines/nightly.yaml
        cardlink console pipelines/nightly.yaml --role officer --user 'nguyen.b'
      From another machine, through ssh:
        ssh -L 8470:127.0.0.1:8470 HOST cardlink console pipelines/nightly.yaml

      ROLES
        viewer      figures, no persons
        officer     persons, and decisions on records
        supervisor  persons; run, rerun, release, roll back
        auditor     the audit log alone
        clerk       card checks alone
      Without --role the link has all of them: who gives this command can give the
      others too.

      FOR AN OFFICE, behind a reverse proxy that signs people in and names the
      account in a header; it is taken over the Unix socket alone, from the proxy's
      own user. Roles come from a file, one line an account: name: role role.
        cardlink console nightly.yaml --socket /run/cardlink/console.sock \\
          --proxy-user www-data --accounts /etc/cardlink/accounts \\
          --allow-host console.example.vn

      FOR AN OFFICE without such a proxy: accounts with a passphrase and the digits
      of an authenticator app, over TLS.
        cardlink keys account accounts tran.c --role officer
        cardlink console nightly.yaml --accounts accounts --listen 0.0.0.0 \\
          --certificate console.pem --private-key console.key \\
          --allow-host console.example.vn:8470
      """)
  @Argument(help: ArgumentHelp("Pipeline files.", valueName: "pipeline")) var pipelines: [String]
  @Option(help: ArgumentHelp("The port; 0 takes a free one.", valueName: "number")) var port = 8470
  @Option(help: ArgumentHelp("What the links allow; may be given several times.", valueName: "role"))
  var role: [String] = []
  @Option(help: ArgumentHelp("The name in the audit log; default the login.", valueName: "name"))
  var user: String?
  @Option(help: ArgumentHelp("Minutes without use after which a session ends.", valueName: "minutes"))
  var idle = 15
  @Option(
    help: ArgumentHelp("The folder that is used instead of the pipeline file's.", valueName: "directory"))
  var workspace: String?
  @Option(
    name: .customLong("allow-host"),
    help: ArgumentHelp(
      "A further host name under which browsers may ask, with its port.", valueName: "name:port"))
  var allowHost: [String] = []

  @Option(help: ArgumentHelp("Serve a reverse proxy on this Unix socket, and no port.", valueName: "path"))
  var socket: String?
  @Option(
    name: .customLong("proxy-user"),
    help: ArgumentHelp("The user that the proxy runs as.", valueName: "login"))
  var proxyUser: String?
  @Option(
    name: .customLong("proxy-header"),
    help: ArgumentHelp("The header that names the account.", valueName: "name"))
  var proxyHeader = "X-Remote-User"
  @Option(help: ArgumentHelp("The file of accounts and their roles.", valueName: "file"))
  var accounts: String?
  @Option(help: ArgumentHelp("The address to listen on.", valueName: "address")) var listen = "127.0.0.1"
  @Option(help: ArgumentHelp("The certificate and those that it leads to (PEM).", valueName: "file"))
  var certificate: String?
  @Option(
    name: .customLong("private-key"), help: ArgumentHelp("The certificate's key (PEM).", valueName: "file"))
  var privateKey: String?

  private static let loopback: Set<String> = ["127.0.0.1", "::1", "localhost"]

  func validate() throws {
    guard (socket == nil) == (proxyUser == nil), socket == nil || accounts != nil else {
      throw ValidationError("--socket, --proxy-user and --accounts go together.")
    }
    guard (certificate == nil) == (privateKey == nil), certificate == nil || socket == nil else {
      throw ValidationError("--certificate and --private-key go together, and not with --socket.")
    }
    guard Self.loopback.contains(listen) || certificate != nil && accounts != nil && !allowHost.isEmpty else {
      throw ValidationError(
        "--listen \(listen) needs --accounts, --certificate, --private-key and --allow-host: "
          + "other machines see persons.")
    }
    guard accounts == nil || role.isEmpty && user == nil else {
      throw ValidationError("--role and --user are for links; accounts have their own.")
    }
    guard socket == nil || !allowHost.isEmpty else {
      throw ValidationError("--socket needs --allow-host: the name under which browsers ask the proxy.")
    }
    guard !pipelines.isEmpty else { throw ValidationError("Name a pipeline file.") }
    guard (0...65535).contains(port) else { throw ValidationError("--port takes a number up to 65535.") }
    guard (1...480).contains(idle) else { throw ValidationError("--idle takes 1 to 480 minutes.") }
    for name in role where Role(rawValue: name) == nil {
      throw ValidationError("--role takes \(Role.allCases.map(\.rawValue).joined(separator: ", ")).")
    }
  }

  func run() async throws {
    do {
      let (served, door) = (try load(), try door())
      try await serve(served, door)
    } catch let stop as Stop {
      print(stop.text)
      Foundation.exit(stop.exit.rawValue)
    }
  }

  private func load() throws(Stop) -> [ServedPipeline] {
    var served: [ServedPipeline] = []
    for file in pipelines {
      var pipeline = try Pipeline(file: file)
      if let workspace {
        pipeline.workspace = Paths.absolute(workspace)
        pipeline.givenWorkspace = workspace
      }
      guard Site.canServe(pipeline.name), !served.contains(where: { $0.pipeline.name == pipeline.name })
      else {
        throw Stop(
          .pipelineWrong, at: file, field: "name",
          expected: "a name of its own, of letters, digits, - and _, as a part of an address",
          found: pipeline.name, remedy: "Change the key name.")
      }
      served.append(ServedPipeline(pipeline, file: file))
    }
    return served
  }

  /// How persons sign in.
  func door() throws(Stop) -> Site.Door {
    guard let accounts else { return .links }
    guard let proxyUser else { return .accounts(try AccountDoor(accounts)) }
    guard let entry = unsafe getpwnam(proxyUser) else {
      throw Stop(
        .usage, at: "--proxy-user", expected: "a user of this host", found: "none of that name",
        remedy: "Name the user that the proxy runs as.")
    }
    let peer = unsafe entry.pointee.pw_uid
    return .proxy(try ProxyDoor(header: proxyHeader, peer: peer, accountsFile: accounts))
  }

  /// What a link signs in with.
  var signIn: (name: String, roles: Set<Role>) {
    (user ?? NSUserName(), role.isEmpty ? Set(Role.allCases) : Set(role.compactMap(Role.init(rawValue:))))
  }

  /// The command `cardlink`, beside this program.
  var program: String {
    let own =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "cardlink-console"
    return URL(filePath: own).deletingLastPathComponent().appending(path: "cardlink").path()
  }
}

#if !Console
  extension ConsoleCommand {
    /// Built without the trait Console, the program has no server.
    private func serve(_ pipelines: [ServedPipeline], _ door: Site.Door) async throws {
      print("This build has no console: build it with swift build --traits Console.")
      Foundation.exit(Exit.storeUnavailable.rawValue)
    }
  }
#endif
