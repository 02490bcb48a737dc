// A real PostgreSQL server for the tests, on a Unix socket in a temporary folder, without network access. It
// starts if initdb is installed. As root, which initdb refuses, it runs as user nobody.

#if PostgreSQL
  import Foundation
  import Glibc
  import Store
  import Values
  import Synchronization

  package final class LoopbackServer: Sendable {
    /// The folder of initdb and the other programs; nil if they are not installed.
    package static let programs: String? = {
      let versioned = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
      let folders =
        versioned.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "/usr/lib/postgresql/\($0)/bin" }
        + (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
      return folders.first { folder in
        ["initdb", "pg_ctl", "postgres"].allSatisfy {
          FileManager.default.isExecutableFile(atPath: folder + "/" + $0)
        }
      }
    }()

    /// Shared by all tests that don't stop it; it ends with the process.
    package static let shared: Result<LoopbackServer, any Error> = Result {
      let server = try LoopbackServer()
      atexit { try? LoopbackServer.shared.get().stop() }
      return server
    }

    struct Failed: Error {
      var program: String
      var arguments: [String]
      var status: Int32
    }

    package let folder: String
    private let databases = Atomic<Int>(0)

    package init() throws {
      folder = FileManager.default.temporaryDirectory.appending(path: "clpg-\(UUID().uuidString.prefix(8))")
        .path()
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      if getuid() == 0 { try Self.run("/bin/chown", ["nobody", folder]) }
      try run(
        "initdb", ["-D", folder + "/data", "-A", "trust", "-U", "owner", "-E", "UTF8", "--locale=C.UTF-8"])
      try start()
    }

    deinit {
      try? stop()
      try? FileManager.default.removeItem(atPath: folder)
    }

    package func start() throws {
      try run(
        "pg_ctl",
        [
          "-D", folder + "/data", "-w", "-l", folder + "/log", "-o",
          "-c listen_addresses='' -c unix_socket_directories='\(folder)' -c shared_buffers=32MB", "start",
        ])
    }

    /// Stops the server like a crash: no shutdown, nothing written.
    package func crash() throws { try run("pg_ctl", ["-D", folder + "/data", "-m", "immediate", "stop"]) }

    package func stop() throws {
      try run("pg_ctl", ["-D", folder + "/data", "-m", "immediate", "stop"])
      try? FileManager.default.removeItem(atPath: folder)
    }

    /// How to connect to a database of this server.
    package func place(_ database: String, user: String = "owner") -> String {
      "host=\(folder) dbname=\(database) user=\(user)"
    }

    /// A new database.
    package func database() throws -> String {
      let name = "night\(databases.add(1, ordering: .relaxed).newValue)"
      try ServerConnection(place("postgres")).execute("CREATE DATABASE \(name)")
      return name
    }

    private func run(_ program: String, _ arguments: [String]) throws {
      let path = (Self.programs ?? "/nowhere") + "/" + program
      guard getuid() == 0 else { return try Self.run(path, arguments) }
      try Self.run(
        "/usr/bin/setpriv", ["--reuid=nobody", "--regid=nogroup", "--clear-groups", path] + arguments)
    }

    /// Runs a program to its end.
    ///
    /// Not through `Process`, which waits until its pipe is closed: the server that `pg_ctl` starts keeps it
    /// open.
    static func run(_ path: String, _ arguments: [String]) throws {
      var actions = posix_spawn_file_actions_t()
      posix_spawn_file_actions_init(&actions)
      defer { posix_spawn_file_actions_destroy(&actions) }
      for descriptor in CInt(0)...2 {
        posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
      }
      // From a folder that the server's user can read.
      var texts: [UnsafeMutablePointer<CChar>?] = (["env", "-C", "/", path] + arguments).map { strdup($0) }
      texts.append(nil)
      defer { for text in texts { free(text) } }
      var process = pid_t()
      var status: CInt = -1
      guard posix_spawn(&process, "/usr/bin/env", &actions, nil, texts, environ) == 0,
        waitpid(process, &status, 0) == process, status == 0
      else { throw Failed(program: path, arguments: arguments, status: status) }
    }
  }
#endif
