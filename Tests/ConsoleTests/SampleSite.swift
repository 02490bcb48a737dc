// A console on a night of invented people, which is run once for all tests.

import Foundation
import Pipeline
import Support
import Testing
import Values
@testable import Console

/// The built programs.
enum Program {
  static func path(_ name: String) -> String {
    let beside = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: name)
      .path()
    if FileManager.default.isExecutableFile(atPath: beside) { return beside }
    return URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: ".build/debug/\(name)").path()
  }

  /// Runs the command to its end, which must be with this exit code.
  static func run(_ arguments: [String], status: Int32 = 0) throws -> String {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(filePath: path("cardlink"))
    process.arguments = arguments
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    try #require(
      process.terminationStatus == status, "cardlink \(arguments) ended with \(process.terminationStatus)")
    return String(decoding: output, as: UTF8.self)
  }
}

/// A workspace after one night, and a console on it.
final class SampleSite: Sendable {
  static let host = "127.0.0.1:8470"
  let workshop: Workshop
  let file: String
  let pipeline: Pipeline
  let site: Site

  /// - Parameters:
  ///   - checkpointEvery: every n-th package of a recipient is full.
  ///   - isSigned: whether packages are signed, so that they ask for receipts.
  init(
    people: Int = 600, idle: Duration = .seconds(900), checkpointEvery: Int = 1, isSigned: Bool = false
  ) throws {
    workshop = try Workshop()
    _ = try Program.run(["generate", workshop.path, "--people", "\(people)", "--seed", "11"])
    file = workshop.path + "/pipeline.yaml"
    if checkpointEvery > 1 || isSigned {
      if isSigned { _ = try Program.run(["keys", "new", workshop.path + "/publish.key"]) }
      let text = try String(contentsOfFile: file, encoding: .utf8)
      let keys = "checkpoint_every: \(checkpointEvery)" + (isSigned ? ", signing_key: publish.key" : "")
      _ = try workshop.file("\(text)\npublish: { \(keys) }\n".utf8, named: "pipeline.yaml")
    }
    _ = try Program.run(["run", file, "--as-of", "2026-11-23"])
    pipeline = try Pipeline(file: file)
    site = Site(
      [ServedPipeline(pipeline, file: file)], hosts: [Self.host], program: Program.path("cardlink"),
      idle: idle)
  }

  private init(besides other: SampleSite) {
    (workshop, file, pipeline) = (other.workshop, other.file, other.pipeline)
    site = Site(
      [ServedPipeline(pipeline, file: file)], hosts: [Self.host], program: Program.path("cardlink"))
  }

  /// Another console of the same pipeline, as another process has it.
  func another() -> SampleSite { SampleSite(besides: self) }

  static let shared = Result { try SampleSite() }

  /// The address of a route.
  func path(_ route: Route, _ query: String = "") -> String {
    "/\(pipeline.name)/\(route.path)" + (query.isEmpty ? "" : "?" + query)
  }

  /// Signs in; gives the cookie's value.
  func signIn(_ roles: Set<Role>, name: String = "nguyen.b") throws -> String {
    let secret = site.sessions.newLink(for: name, roles)
    let answer = site.answer(Request(.get, "/sign-in?token=\(secret)", headers: [("host", Self.host)]))
    try #require(answer.status == 303)
    let cookie = try #require(answer.value("set-cookie"))
    #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"))
    return String(cookie.dropFirst("cardlink=".count).prefix { $0 != ";" })
  }

  func get(_ target: String, _ cookie: String?, language: String = "en") -> Response {
    site.answer(Request(.get, target, headers: headers(cookie, language)))
  }

  func post(_ target: String, _ cookie: String?, _ fields: [(String, String)] = []) -> Response {
    site.answer(
      Request(
        .post, target, headers: headers(cookie, "en") + [("sec-fetch-site", "same-origin")],
        body: Array(Form.text(fields).utf8)))
  }

  /// Sends a form and follows where it leads.
  func submit(_ target: String, _ cookie: String, _ fields: [(String, String)]) -> Response {
    let answer = post(target, cookie, fields)
    return answer.value("location").map { get($0, cookie) } ?? answer
  }

  private func headers(_ cookie: String?, _ language: String) -> [(name: String, value: String)] {
    [("host", Self.host), ("cookie", "language=\(language)" + (cookie.map { "; cardlink=\($0)" } ?? ""))]
  }
}

extension Response {
  func value(_ name: String) -> String? { headers.first { $0.name == name }?.value }

  /// The whole body.
  var text: String {
    switch body {
    case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
    case .events(let state): state() ?? ""
    case .pieces(let piece):
      (0...).lazy.map { try? piece($0) }.prefix { $0 != nil }.reduce(into: "") {
        $0 += String(decoding: $1 ?? [], as: UTF8.self)
      }
    }
  }

  /// The value of the first form field with this name.
  func field(_ name: String) -> String? {
    guard let start = text.range(of: "name=\"\(name)\" value=\"") else { return nil }
    return String(text[start.upperBound...].prefix { $0 != "\"" })
  }
}
