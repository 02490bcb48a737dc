// The log on standard error: lines for people, or one JSON object per line for programs.
// Invariant: a line is one write, so that lines of several threads don't mix. Callers pass nothing from a
// record, so the log contains nothing from a record. Times are at +07:00, whatever the machine's time zone.

import ArgumentParser
import Foundation
import Logging
import Synchronization
import Values
import Views
import Workspace

/// The format of the log.
enum LogForm: String, ExpressibleByArgument, CaseIterable { case text, json }

/// The lowest level to log.
enum LogLevel: String, ExpressibleByArgument, CaseIterable {
  case debug, info, warning, error

  var level: Logger.Level {
    switch self {
    case .debug: .debug
    case .info: .info
    case .warning: .warning
    case .error: .error
    }
  }
}

/// The log's options, for every command.
struct LogArguments: ParsableArguments {
  @Option(
    name: .customLong("log-format"),
    help: ArgumentHelp("The log on standard error: text, or json with one object a line.", valueName: "form"))
  var form: LogForm = .text

  @Option(
    name: .customLong("log-level"),
    help: ArgumentHelp("The least that is logged: debug, info, warning or error.", valueName: "level"))
  var level: LogLevel = .info
}

/// The command's one log.
enum Log {
  private static let chosen = Mutex<(form: LogForm, level: Logger.Level)>((.text, .info))

  /// Sets how the log is written, before the command's work begins.
  static func use(_ arguments: LogArguments) {
    chosen.withLock { $0 = (arguments.form, arguments.level.level) }
  }

  static var form: LogForm { chosen.withLock { $0.form } }

  static var logger: Logger {
    let (form, level) = chosen.withLock { $0 }
    return Logger(label: "cardlink") { _ in LogLines(form: form, logLevel: level) }
  }
}

/// Writes each event as a line.
struct LogLines: LogHandler {
  let form: LogForm
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    StandardError.write(
      Self.line(
        form, at: Clock.now(), event.level, "\(event.message)",
        metadata.merging(event.metadata ?? [:]) { $1 }))
  }

  /// These come first in a line, in this order.
  private static let first = ["event", "run", "stage", "seconds"]

  static func line(
    _ form: LogForm, at time: String, _ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata
  ) -> String {
    let keys =
      first.filter { metadata[$0] != nil } + metadata.keys.filter { !first.contains($0) }.sorted()
    switch form {
    case .text:
      let pairs = keys.filter { $0 != "event" }.compactMap { key in
        metadata[key].map { "\(key)=\(word($0))" }
      }
      return (["\(time) \(level.rawValue) cardlink:"] + pairs + [message]).joined(separator: " ")
    case .json:
      let pairs = keys.compactMap { key in metadata[key].map { "\(Table.quoted(key)):\(json($0))" } }
      return "{"
        + (["\"at\":\(Table.quoted(time))", "\"level\":\"\(level.rawValue)\""] + pairs + [
          "\"message\":\(Table.quoted(message))"
        ]).joined(separator: ",") + "}"
    }
  }

  private static func word(_ value: Logger.MetadataValue) -> String {
    let text = "\(value)"
    return text.contains { $0 == " " || $0 == "\"" || $0.isNewline } ? Table.quoted(text) : text
  }

  private static func json(_ value: Logger.MetadataValue) -> String {
    switch value {
    case .stringConvertible(let number as Int): "\(number)"
    case .stringConvertible(let number as Double): "\(number)"
    default: Table.quoted("\(value)")
    }
  }
}
