// The console's HTTP server: hands each request to the site on a thread that may wait, and sends what it answers.
// Invariant: bodies are at most 64 KiB; a connection on which nothing comes for a minute is closed.
// Load: some dozen officers; each events stream is asked once a second.

#if Console
  import Console
  import Foundation
  import Hummingbird
  import HummingbirdCore
  import HummingbirdTLS
  import Logging
  import NIOCore
  import NIOSSL
  import Values

  extension ConsoleCommand {
    func serve(_ pipelines: [ServedPipeline], _ door: Site.Door) async throws {
      // The port is known, with 0 too, before the site is made: browsers must name it.
      let port = socket != nil ? 0 : self.port == 0 ? try Self.freePort() : self.port
      let own = ["127.0.0.1:\(port)", "localhost:\(port)", "[::1]:\(port)"]
      let site = Site(
        pipelines, hosts: Set((socket == nil ? own : []) + allowHost), program: program,
        idle: .seconds(60 * idle), door: door, isSecure: certificate != nil)
      let (name, roles) = signIn
      let scheme = certificate == nil ? "http" : "https"
      let link: @Sendable () -> Void = {
        guard case .links = door else { return }
        let secret = site.sessions.newLink(for: name, roles)
        print("\(scheme)://127.0.0.1:\(port)/sign-in?token=\(secret)")
        fflush(nil)
      }
      let address = "\(scheme)://\(allowHost.first ?? "127.0.0.1:\(port)")/"
      site.sessions.onSignIn(link)
      var logger = Logger(label: "cardlink.console") { StreamLogHandler.standardError(label: $0) }
      logger.logLevel = .error
      let app = Application(
        responder: SiteResponder(site: site),
        server: try server(),
        configuration: ApplicationConfiguration(
          address: socket.map { .unixDomainSocket(path: $0) } ?? .hostname(listen, port: port),
          serverName: "cardlink"),
        onServerRunning: { _ in
          link()
          guard case .accounts = door else { return }
          print(address)
          fflush(nil)
        }, logger: logger)
      do {
        // A signal ends it at once: whatever it was doing is on disk whole or not at all.
        try await app.runService(gracefulShutdownSignals: [])
      } catch let error as IOError {
        print("\(socket ?? "Port \(port)") can't be opened: \(error).")
        Foundation.exit(Exit.cannotCreate.rawValue)
      }
    }

    /// HTTP, within TLS where a certificate is named.
    private func server() throws -> HTTPServerBuilder {
      let plain = HTTPServerBuilder.http1(configuration: .init(idleTimeout: .seconds(60)))
      guard let certificate, let privateKey else { return plain }
      do {
        var configuration = TLSConfiguration.makeServerConfiguration(
          certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
          privateKey: .privateKey(try NIOSSLPrivateKey(file: privateKey, format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        return try .tls(plain, tlsConfiguration: configuration)
      } catch {
        throw Stop(
          .usage, at: certificate, expected: "a certificate and its key, as PEM", found: "\(error)",
          remedy: "Check both files, and that this user may read them.")
      }
    }

    /// A port that is free now.
    private static func freePort() throws -> Int {
      let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(socket) }
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let bound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { general in
          unsafe bind(socket, general, length) == 0 && getsockname(socket, general, &length) == 0
        }
      }
      guard bound else {
        throw Stop(
          .cannotCreate, at: "console", expected: "a free port", found: "none",
          remedy: "Name one with --port.")
      }
      return Int(UInt16(bigEndian: address.sin_port))
    }
  }

  /// A request's context, which knows who is at the other end of a Unix socket.
  struct PeerContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    private let channel: any Channel

    /// `struct ucred` of the C library.
    private struct Credentials: BitwiseCopyable {
      var process: Int32 = 0
      var user: UInt32 = 0
      var group: UInt32 = 0
    }

    init(source: ApplicationRequestContextSource) {
      coreContext = .init(source: source)
      channel = source.channel
    }

    /// The user of the peer's process, as the kernel noted it when the connection was made; nil over TCP.
    func peer() async -> UInt32? {
      guard channel.localAddress?.protocol == .unix, let options = channel as? any SocketOptionProvider else {
        return nil
      }
      let credentials: EventLoopFuture<Credentials> = unsafe options.unsafeGetSocketOption(
        level: .socket, name: .init(rawValue: SO_PEERCRED))
      return try? await credentials.get().user
    }
  }

  /// Answers with the site's pages.
  struct SiteResponder: HTTPResponder {
    let site: Site
    private static let threads = DispatchQueue(label: "cardlink.console", attributes: .concurrent)

    /// Runs work that waits for disks and locks away from the event loops.
    private static func waiting<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
      await withCheckedContinuation { continuation in threads.async { continuation.resume(returning: work()) }
      }
    }

    func respond(to request: Hummingbird.Request, context: PeerContext) async throws
      -> Hummingbird.Response
    {
      guard
        let method = Console.Request.Method(rawValue: request.method.rawValue)
          ?? (request.method == .head ? .get : nil)
      else { return Hummingbird.Response(status: .methodNotAllowed) }
      let body = try await request.body.collect(upTo: Console.Request.mostBodyBytes)
      var headers = request.headers.map { (name: $0.name.canonicalName, value: $0.value) }
      if let authority = request.head.authority { headers.append((name: "host", value: authority)) }
      let asked = Console.Request(
        method, request.uri.string, headers: headers, body: Array(body.readableBytesView),
        peer: await context.peer())
      let site = site
      let answer = await Self.waiting { site.answer(asked) }
      var fields = HTTPFields()
      for header in answer.headers {
        if let name = HTTPFields.Element.Name(header.name) {
          fields.append(HTTPFields.Element(name: name, value: header.value))
        }
      }
      return Hummingbird.Response(
        status: HTTPResponse.Status(code: answer.status), headers: fields, body: Self.body(answer.body))
    }

    private static func body(_ body: Console.Response.Body) -> ResponseBody {
      switch body {
      case .bytes(let bytes): ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
      case .pieces(let piece):
        ResponseBody { writer in
          var number = 0
          while true {
            let next = number
            guard let bytes = try await waiting({ Result { () throws(Stop) in try piece(next) } }).get()
            else { break }
            try await writer.write(ByteBuffer(bytes: bytes))
            number += 1
          }
          try await writer.finish(nil)
        }
      case .events(let state):
        ResponseBody { writer in
          var (last, silent) = ("", 0)
          while let text = await waiting({ state() }) {
            silent += 1
            if text != last {
              (last, silent) = (text, 0)
              let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
              try await writer.write(ByteBuffer(string: lines.map { "data: \($0)\n" }.joined() + "\n"))
            } else if silent >= 15 {
              // A comment finds out whether the browser is still there.
              silent = 0
              try await writer.write(ByteBuffer(string: ":\n\n"))
            }
            try await Task.sleep(for: .seconds(1))
          }
          try await writer.finish(nil)
        }
      }
    }
  }
#endif
