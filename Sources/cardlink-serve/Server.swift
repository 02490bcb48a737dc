// The server for programs: connections, their limits in time and number, TLS, and the end.
// Invariant: a connection without a whole request within the limit of time is closed, so that slow clients hold nothing. At
// SIGTERM no new question is taken; those that were asked are answered, for five seconds at most.
// Load: a thousand connections at once.

#if Console
  import Desk
  import Foundation
  import Gateway
  import NIOCore
  import NIOHTTP1
  import NIOPosix
  import NIOSSL
  import Synchronization
  import Values

  /// What all connections share.
  final class Server: Sendable {
    static let mostConnections = 2000
    let gate: GateRoutes
    let queue: Questions
    let isStopping = Atomic(false)
    let connections = Atomic(0)
    private let tls: Mutex<NIOSSLContext?>

    init(_ gate: GateRoutes, _ queue: Questions, tls: NIOSSLContext?) {
      (self.gate, self.queue) = (gate, queue)
      self.tls = Mutex(tls)
    }

    func use(_ context: NIOSSLContext) { tls.withLock { $0 = context } }

    func bootstrap(_ group: MultiThreadedEventLoopGroup) -> ServerBootstrap {
      ServerBootstrap(group: group)
        .serverChannelOption(.backlog, value: 1024)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        .childChannelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            guard self.connections.wrappingAdd(1, ordering: .relaxed).newValue <= Self.mostConnections else {
              self.connections.wrappingSubtract(1, ordering: .relaxed)
              throw ChannelError.alreadyClosed
            }
            channel.closeFuture.whenComplete { _ in self.connections.wrappingSubtract(1, ordering: .relaxed) }
            let pipeline = channel.pipeline.syncOperations
            if let tls = self.tls.withLock({ $0 }) {
              try pipeline.addHandler(NIOSSLServerHandler(context: tls))
            }
            try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
            try pipeline.addHandler(RequestHandler(self))
          }
        }
    }
  }

  extension ServeCommand {
    func serve(_ cards: CardGate, _ clients: Clients) throws {
      signal(SIGPIPE, SIG_IGN)
      Self.raiseFileLimit()
      let gate = GateRoutes(clients) { cards.asOf }
      let queue = Questions(cards, gate)
      let server = Server(gate, queue, tls: try context())
      let group = MultiThreadedEventLoopGroup(numberOfThreads: min(4, System.coreCount))
      let listening: any Channel
      do {
        listening =
          try socket.map {
            try server.bootstrap(group).bind(unixDomainSocketPath: $0, cleanupExistingSocketFile: true).wait()
          } ?? server.bootstrap(group).bind(host: listen, port: port).wait()
      } catch {
        throw Stop(
          .cannotCreate, at: socket ?? "\(listen):\(port)", expected: "to listen there", found: "\(error)",
          remedy: "Name another address or port, or end the program that has it.")
      }
      queue.start()
      let scheme = certificate == nil ? "http" : "https"
      print(
        socket
          ?? "\(scheme)://\(listen.contains(":") ? "[\(listen)]" : listen):\(listening.localAddress?.port ?? 0)"
      )
      fflush(nil)
      let end = DispatchSemaphore(value: 0)
      let signals = [SIGTERM, SIGINT].map { number in
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler { end.signal() }
        source.resume()
        return source
      }
      var known = certificateState
      var failure = ""
      while end.wait(timeout: .now() + (failure.isEmpty ? 1 : 5)) == .timedOut {
        do throws(Stop) {
          try clients.refresh()
          if let doubt = try cards.refresh() { Self.log("\(doubt.vietnamese)\n\(doubt.english)") }
          let state = certificateState
          if state != known, let renewed = try context() {
            server.use(renewed)
            known = state
          }
          failure = ""
        } catch {
          // What was in force before goes on; each failure is told once.
          if error.text != failure { Self.log(error.text) }
          failure = error.text
        }
      }
      withExtendedLifetime(signals) {}
      server.isStopping.store(true, ordering: .relaxed)
      try? listening.close().wait()
      for _ in 0..<100 where queue.isBusy { Thread.sleep(forTimeInterval: 0.05) }
      Foundation.exit(Exit.done.rawValue)
    }

    private func context() throws(Stop) -> NIOSSLContext? {
      guard let certificate, let privateKey else { return nil }
      do {
        var configuration = TLSConfiguration.makeServerConfiguration(
          certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
          privateKey: .privateKey(try NIOSSLPrivateKey(file: privateKey, format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        return try NIOSSLContext(configuration: configuration)
      } catch {
        throw Stop(
          .usage, at: certificate, expected: "a certificate and its key, as PEM", found: "\(error)",
          remedy: "Check both files, and that this user may read them.")
      }
    }

    /// Changes when the certificate is renewed.
    private var certificateState: [String] {
      [certificate, privateKey].compactMap { $0 }.map { path in
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return "\(attributes?[.modificationDate] ?? "") \(attributes?[.systemFileNumber] ?? "")"
      }
    }

    /// A connection is a file; the usual limit of 1024 is below ours.
    private static func raiseFileLimit() {
      var limit = rlimit()
      guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
      limit.rlim_cur = limit.rlim_max
      _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
  }
#endif
