// Runs the command as a user does.

import Foundation

/// The built command.
enum Cardlink {
  static let binary: URL = {
    let beside = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(
      path: "cardlink")
    if FileManager.default.isExecutableFile(atPath: beside.path()) { return beside }
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return root.appending(path: ".build/debug/cardlink")
  }()

  /// Runs the command to its end; `errors` leaves out lines of the log.
  static func run(_ arguments: [String]) throws -> (exit: Int32, output: String, errors: String) {
    let result = try runWithLog(arguments)
    let lines = result.errors.split(separator: "\n", omittingEmptySubsequences: false)
    let kept = lines.filter { !$0.contains(#/^[0-9T:+-]+ (debug|info|warning|error) cardlink: /#) }
    return (result.exit, result.output, kept.joined(separator: "\n"))
  }

  /// Runs the command to its end; `errors` is all of standard error.
  static func runWithLog(_ arguments: [String], in folder: String? = nil) throws -> (
    exit: Int32, output: String, errors: String
  ) {
    let process = Process()
    process.executableURL = binary
    process.arguments = arguments
    if let folder { process.currentDirectoryURL = URL(filePath: folder) }
    process.standardInput = FileHandle.nullDevice
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    // Both fit in a pipe's buffer, or follow each other.
    let out = try output.fileHandleForReading.readToEnd() ?? Data()
    let err = try errors.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (
      process.terminationStatus, String(decoding: out, as: UTF8.self), String(decoding: err, as: UTF8.self)
    )
  }
}
