// The questions that wait for an answer, and the thread that answers all of them together.
// Invariant: each question gets one reply. A failure of the data or of the audit log gives no answer but 503.
// Load: under load a round takes some hundred questions and waits once for the disk.

#if Console
  import CardCheck
  import Desk
  import Foundation
  import Gateway
  import NIOCore
  import Synchronization
  import Values

  final class Questions: Sendable {
    /// A question, and the connection that waits.
    struct Waiting: Sendable {
      var question: GateQuestion
      var connection: NIOLoopBound<RequestHandler>
    }
    /// A reply for a connection: bytes of the round's answers, or a refusal.
    enum Reply: Sendable {
      case answer(ByteBuffer)
      case refusal(GateResponse)
    }

    private static let mostWaiting = 10_000
    private let cards: CardGate
    private let gate: GateRoutes
    private let waiting = Mutex<[Waiting]>([])
    private let answering = Atomic(0)
    private let signal = DispatchSemaphore(value: 0)

    init(_ cards: CardGate, _ gate: GateRoutes) { (self.cards, self.gate) = (cards, gate) }

    var isBusy: Bool { answering.load(ordering: .acquiring) > 0 || waiting.withLock { !$0.isEmpty } }

    /// - Returns: false if too many wait.
    func append(_ question: Waiting) -> Bool {
      let count = waiting.withLock { waiting in
        guard waiting.count < Self.mostWaiting else { return 0 }
        waiting.append(question)
        return waiting.count
      }
      // The thread takes all that wait, so one signal is enough.
      if count == 1 { signal.signal() }
      return count > 0
    }

    func start() {
      Thread.detachNewThread { [self] in
        var worker = GateWorker(cards)
        var failure = ""
        while true {
          signal.wait()
          let round = waiting.withLock { waiting in
            answering.store(waiting.count, ordering: .releasing)
            return exchange(&waiting, with: [])
          }
          do throws(Stop) {
            let answers = try worker.answer(round.map(\.question))
            failure = ""
            gate.count(answers.codes)
            let bytes = ByteBuffer(bytes: answers.bytes)
            var start = 0
            give(
              round,
              answers.ends.map { end in
                defer { start = end }
                return bytes.getSlice(at: start, length: end - start).map(Reply.answer)
                  ?? .refusal(Self.unavailable)
              })
          } catch {
            if error.text != failure { ServeCommand.log(error.text) }
            failure = error.text
            give(round, round.map { _ in .refusal(Self.unavailable) })
          }
          answering.store(0, ordering: .releasing)
        }
      }
    }

    static let unavailable = GateResponse(
      503, code: "100", "Hệ thống chưa đọc được dữ liệu: thử lại sau.",
      "The data can't be read now: try again later.",
      header: ["retry-after", "5"])

    /// Hands replies to their connections, with one step of each event loop.
    private func give(_ round: [Waiting], _ replies: [Reply]) {
      let byLoop = Dictionary(grouping: round.indices) { ObjectIdentifier(round[$0].connection.eventLoop) }
      for indices in byLoop.values {
        let mine = indices.map { (round[$0].connection, replies[$0]) }
        mine[0].0.eventLoop.execute {
          for (connection, reply) in mine { connection.value.take(reply) }
        }
      }
    }
  }
#endif
