// Standard input, output and error: the only file of the command that writes to them.
//
// Standard error takes the log and the messages. Text that can't be written there is dropped: a full disk or
// a closed descriptor doesn't end a run. Standard output takes the answer. After the first failure nothing
// more is written, and the command ends with exit code 74. If a reader closes its pipe (`findings … | head`),
// the command ends silently with exit code 0.

import Foundation
import Synchronization
import Values

enum StandardStreams {
  /// Opens descriptors 0 to 2 where they are closed, and ignores SIGPIPE.
  ///
  /// Called before anything else, so that no file of the workspace gets one of these descriptors. They are opened
  /// read-only: writing to a standard output that was closed still fails.
  static func prepare() {
    _ = signal(SIGPIPE, SIG_IGN)
    for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) < 0 {
      // Descriptors are assigned from the lowest on. Without /dev, any other file serves as well.
      if unsafe open("/dev/null", O_RDONLY) < 0 { _ = unsafe open("/", O_RDONLY) }
    }
  }

  /// Writes all bytes.
  ///
  /// - Returns: 0, or the error number of the write that failed.
  fileprivate static func write(_ bytes: Span<UInt8>, to descriptor: Int32) -> Int32 {
    var written = 0
    while written < bytes.count {
      let rest = bytes.extracting(written...)
      let count = unsafe rest.withUnsafeBufferPointer {
        unsafe Foundation.write(descriptor, $0.baseAddress, $0.count)
      }
      if count > 0 {
        written += count
      } else if count < 0, errno == EAGAIN {
        // Another program made the terminal or pipe non-blocking. An error log waits a second at most.
        var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        let ready = unsafe poll(&wanted, 1, descriptor == STDERR_FILENO ? 1000 : -1)
        if ready == 0 { return EAGAIN }
      } else if count == 0 || errno != EINTR {
        return count == 0 ? EIO : errno
      }
    }
    return 0
  }
}

/// Standard error, for the log and messages; what can't be written is dropped.
enum StandardError {
  /// A line.
  static func write(_ line: String) { raw(line + "\n") }

  /// A text as it is, with one write.
  static func raw(_ text: String) {
    let bytes = Array(text.utf8)
    _ = StandardStreams.write(bytes.span, to: STDERR_FILENO)
  }
}

/// Standard output, for answers.
enum StandardOutput {
  private struct State {
    var waiting: [UInt8] = []
    /// The error number of the first failed write.
    var failure: Int32 = 0
    /// Whether the answer only sums up what the command has done.
    var isSummary = false
    /// Whether the whole answer waits for its end, as a pager may show it.
    var usesPager = false

    mutating func flush() {
      if failure == 0 { failure = StandardStreams.write(waiting.span, to: STDOUT_FILENO) }
      waiting.removeAll(keepingCapacity: true)
    }
  }
  private static let state = Mutex(State())
  static let isTerminal = isatty(STDOUT_FILENO) == 1

  /// Set before an answer that may be longer than the terminal is high.
  static var usesPager: Bool {
    get { state.withLock { $0.usesPager } }
    set { state.withLock { $0.usesPager = newValue && isTerminal && Terminal.pager != nil } }
  }

  static func write(_ text: String) {
    state.withLock { state in
      state.waiting.append(contentsOf: text.utf8)
      if state.usesPager { return }
      if isTerminal || state.waiting.count >= 1 << 16 { state.flush() }
    }
  }

  /// Writes an answer at once.
  static func write(_ bytes: Span<UInt8>) throws(Stop) {
    state.withLock { state in
      state.flush()
      if state.failure == 0 { state.failure = StandardStreams.write(bytes, to: STDOUT_FILENO) }
    }
    try check()
  }

  /// Writes a summary of finished work; a caller that closed standard output doesn't want it.
  static func summarize(_ text: String) {
    state.withLock { $0.isSummary = true }
    write(text + "\n")
  }

  /// Writes the buffered text.
  ///
  /// - Throws: ``Stop`` if any of the answer could not be written.
  static func finish() throws(Stop) {
    state.withLock { state in
      let lineCount = state.waiting.count { $0 == UInt8(ascii: "\n") }
      if state.usesPager, lineCount >= Terminal.rows, page(state.waiting) { state.waiting = [] }
      state.flush()
    }
    try check()
  }

  /// Shows an answer in the pager, until the user leaves it.
  ///
  /// - Returns: whether there was one.
  private static func page(_ answer: [UInt8]) -> Bool {
    // As git sets them: leave what fits on the screen there, show colours, keep the screen at the end.
    unsafe setenv("LESS", "FRX", 0)
    unsafe setenv("LESSCHARSET", "utf-8", 0)
    guard let pager = Terminal.pager, let pipe = unsafe popen(pager, "w") else { return false }
    // Control-C is the pager's as long as it is there.
    _ = signal(SIGINT, SIG_IGN)
    _ = signal(SIGQUIT, SIG_IGN)
    _ = unsafe StandardStreams.write(answer.span, to: fileno(pipe))
    // A shell ends with 127 where it doesn't find the pager.
    return unsafe pclose(pipe) >> 8 & 0xFF != 127
  }

  /// Stops a long answer that can't be written any more.
  ///
  /// - Throws: ``Stop``, with ``Exit/done`` if the reader has closed the pipe.
  static func check() throws(Stop) {
    let (failure, isSummary) = state.withLock { ($0.failure, $0.isSummary) }
    if failure == 0 || failure == EBADF && isSummary { return }
    let elsewhere = failure == EBADF ? "Open standard output" : "Free disk space"
    throw unsafe Stop(
      failure == EPIPE ? .done : .inputOutput, at: "standard output", expected: "to write the answer",
      found: String(cString: strerror(failure)),
      remedy: isSummary
        ? "What the command had to do is done; only its summary is cut off."
        : "The answer is cut off. \(elsewhere), or send the answer to another place.",
      next: failure == ENOSPC ? "df -h" : nil)
  }
}

/// Replaces the library's function in this module: writes through ``StandardOutput``.
func print(_ text: String, terminator: String = "\n") { StandardOutput.write(text + terminator) }
