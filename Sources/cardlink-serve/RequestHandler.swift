// One connection: collects a request, has it answered, and sends the answer.
// Invariant: a request waits for its answer before the next one is read. Bodies beyond the limit are refused before they are
// collected.

#if Console
  import Gateway
  import NIOCore
  import NIOHTTP1

  final class RequestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// A whole request must be there so long after the answer before it; a body so long after its head.
    private static let idle = TimeAmount.seconds(60)
    private static let transfer = TimeAmount.seconds(10)

    private let server: Server
    private var context: ChannelHandlerContext?
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    private var staysOpen = true
    /// Nil while an answer is being made.
    private var deadline: NIODeadline?

    init(_ server: Server) { self.server = server }

    func handlerAdded(context: ChannelHandlerContext) {
      self.context = context
      // The first request must come sooner, a handshake of TLS before it included.
      deadline = .now() + Self.transfer
      watch(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    private func watch(_ context: ChannelHandlerContext) {
      context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { [weak self] in
        guard let self, let context = self.context else { return }
        if let deadline, deadline < .now() { return context.close(promise: nil) }
        watch(context)
      }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch unwrapInboundIn(data) {
      case .head(let head):
        (self.head, deadline) = (head, .now() + Self.transfer)
        staysOpen = head.isKeepAlive && !server.isStopping.load(ordering: .relaxed)
        body.removeAll(keepingCapacity: true)
        let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
        if length > GateRequest.mostBodyBytes { return refuse(Self.tooLong) }
        if head.version != .http1_0, head.headers["host"].count != 1 { return refuse(Self.oneHost) }
        if head.headers.first(name: "expect")?.lowercased() == "100-continue" {
          context.writeAndFlush(
            wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))), promise: nil)
        }
      case .body(let buffer):
        guard head != nil else { return }
        guard body.count + buffer.readableBytes <= GateRequest.mostBodyBytes else {
          return refuse(Self.tooLong)
        }
        body.append(contentsOf: buffer.readableBytesView)
      case .end:
        guard let head else { return }
        self.head = nil
        deadline = nil
        answer(head, context)
      }
    }

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
      let request = GateRequest(
        head.method.rawValue, head.uri, contentType: head.headers["content-type"],
        authorization: head.headers["authorization"], body: body)
      switch server.gate.reply(to: request) {
      case .done(let response): take(.refusal(response))
      case .ask(let question):
        let waiting = Questions.Waiting(
          question: question, connection: NIOLoopBound(self, eventLoop: context.eventLoop))
        if !server.queue.append(waiting) { take(.refusal(Questions.unavailable)) }
      }
    }

    /// Refuses a request whose end is not awaited.
    private func refuse(_ response: GateResponse) {
      (head, staysOpen) = (nil, false)
      take(.refusal(response))
    }

    /// Sends an answer.
    func take(_ reply: Questions.Reply) {
      guard let context, context.channel.isActive else { return }
      if server.isStopping.load(ordering: .relaxed) { staysOpen = false }
      var head = HTTPResponseHead(version: .http1_1, status: .ok)
      let body: ByteBuffer
      switch reply {
      case .answer(let bytes):
        body = bytes
        head.headers.add(name: "content-type", value: GateResponse.json)
      case .refusal(let response):
        body = context.channel.allocator.buffer(bytes: response.body)
        head.status = HTTPResponseStatus(statusCode: response.status)
        head.headers.add(name: "content-type", value: response.contentType)
        if response.header.count == 2 {
          head.headers.add(name: response.header[0], value: response.header[1])
        }
      }
      head.headers.add(name: "content-length", value: String(body.readableBytes))
      head.headers.add(name: "cache-control", value: "no-store")
      head.headers.add(name: "connection", value: staysOpen ? "keep-alive" : "close")
      deadline = .now() + (staysOpen ? Self.idle : .seconds(2))
      context.write(wrapOutboundOut(.head(head)), promise: nil)
      context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
      // What a refused client still sends is read until the deadline, so that it sees the refusal.
      if !staysOpen { context.close(mode: .output, promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private static let tooLong = GateResponse(
      413, code: "205", "Nội dung quá dài.", "The body is longer than 16 KiB.")
    private static let oneHost = GateResponse(
      400, code: "205", "Cần đúng một Host.", "Send one Host header.")
  }
#endif
