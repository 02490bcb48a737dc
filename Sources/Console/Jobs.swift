// The commands that the console starts: runs, rehearsals and comparisons, each in a process of its own.
// Invariant: one command at a time for each pipeline. It runs with its own bound on memory and goes on as it would from a
// terminal; the audit log names the person at the console. What it prints names no person.
// Load: the last 256 KiB of the output are kept.

import Foundation
import Synchronization
import Values
import Workspace

/// One command.
struct Job: Sendable {
  enum Kind: String, Sendable {
    case run, rerun, release, rollback
    /// A rehearsal or comparison that shows what a rerun or a rollback would change.
    case rehearsal, comparison
  }

  var kind: Kind
  /// As it would be typed, for the page.
  var command: String
  var by: String
  var began = Clock.now()
  var output = ""
  var exit: Int32?
  /// What may be started once the person has seen this; the fields of a form.
  var next: [(name: String, value: String)] = []
}

final class Jobs: Sendable {
  private let program: String
  private let jobs = Mutex<[String: Job]>([:])
  private static let mostOutput = 256 << 10

  /// - Parameter program: the command.
  init(program: String) { self.program = program }

  func last(of pipeline: String) -> Job? { jobs.withLock { $0[pipeline] } }

  /// What a command that ends soon and changes nothing prints.
  ///
  /// - Throws: ``Stop`` with what it says on standard error if it fails.
  func answer(_ arguments: [String]) throws(Stop) -> String {
    let process = Process()
    let (output, errors) = (Pipe(), Pipe())
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = FileHandle.nullDevice
    var text = Data()
    var fault = Data()
    do {
      try process.run()
      // It writes one after the other, and no more than a pipe holds.
      text = try output.fileHandleForReading.readToEnd() ?? Data()
      fault = try errors.fileHandleForReading.readToEnd() ?? Data()
    } catch {
      throw cannotStart(error)
    }
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Stop(
        Exit(rawValue: process.terminationStatus) ?? .internalError, at: "cardlink \(arguments[0])",
        expected: "an answer", found: "a failure", remedy: String(decoding: fault, as: UTF8.self))
    }
    return String(decoding: text, as: UTF8.self)
  }

  private func cannotStart(_ error: any Error) -> Stop {
    Stop(
      .cannotCreate, at: program, expected: "the command cardlink beside the console", found: "\(error)",
      remedy: "Install both in one folder.")
  }

  /// Starts a command.
  ///
  /// - Throws: ``Stop`` with ``Exit/runInProgress`` if another one is at work.
  func start(_ job: Job, _ arguments: [String], of pipeline: String) throws(Stop) {
    let isFree = jobs.withLock { jobs in
      if let other = jobs[pipeline], other.exit == nil { return false }
      jobs[pipeline] = job
      return true
    }
    guard isFree else {
      throw Stop(
        .runInProgress, at: "console", expected: "no command at work for this pipeline", found: "one",
        remedy: "Wait until it ends. Chờ lệnh trước kết thúc.")
    }
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    var environment = ProcessInfo.processInfo.environment
    environment[Audit.consoleVariable] = job.by
    process.environment = environment
    do {
      try process.run()
    } catch {
      jobs.withLock { $0[pipeline]?.exit = Exit.cannotCreate.rawValue }
      throw cannotStart(error)
    }
    Thread.detachNewThread { [self] in
      while case let data = pipe.fileHandleForReading.availableData, !data.isEmpty {
        let text = String(decoding: data, as: UTF8.self)
        jobs.withLock { jobs in
          let output = (jobs[pipeline]?.output ?? "") + text
          jobs[pipeline]?.output = String(output.suffix(Self.mostOutput))
        }
      }
      process.waitUntilExit()
      let status = process.terminationStatus
      jobs.withLock { $0[pipeline]?.exit = status }
    }
  }
}
