// Nights that end badly: killed, out of room, with a workspace that is read-only or gone. The next run ends with the
// same store, row for row.
//
// CARDLINK_SOAK=100 kills a hundred runs instead of a few; see `make soak`.

import Files
import Foundation
import Glibc
import Synchronization
import Testing
import Values
@testable import Desk
@testable import Pipeline
@testable import Run
@testable import Views
@testable import Workspace

@Suite("Nights that end badly", .serialized)
struct CrashTests {
  static let kills = ProcessInfo.processInfo.environment["CARDLINK_SOAK"].flatMap { Int($0) } ?? 6

  /// Begins the command without waiting for it.
  private static func begin(_ arguments: [String]) throws -> Process {
    let process = Process()
    process.executableURL = Cardlink.binary
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  @Test("a run that is killed at any moment leaves the old store or the new one, and the next run ends it")
  func killed() throws {
    let workshop = try Workshop()
    var undisturbed = try WalkTests.invented(200, seed: 41, xml: false, in: workshop.path)
    var pipeline = undisturbed
    undisturbed.workspace = workshop.path + "/undisturbed"
    pipeline.workspace = workshop.path + "/killed"
    var random = SystemRandomNumberGenerator()
    var before: [String]?
    var killed = 0
    for night in 0..<max(1, Self.kills) {
      // Each night has a later business date, so that no night finds its work done.
      let date = CalendarDate(year: 2027 + night / 12, month: 1 + night % 12, day: 1)
      func command(_ pipeline: Pipeline) -> [String] {
        ["run", pipeline.path, "--workspace", pipeline.workspace, "--as-of", date?.text ?? ""]
      }
      let start = ContinuousClock.now
      #expect(try Cardlink.run(command(undisturbed)).exit == 0)
      let whole = ContinuousClock.now - start
      let expected = try WalkTests.rows(undisturbed)

      let process = try Self.begin(command(pipeline))
      let wait = whole * Double.random(in: 0...1.1, using: &random)
      usleep(UInt32(max(0, wait / .microseconds(1))))
      if process.isRunning { kill(process.processIdentifier, SIGKILL) }
      process.waitUntilExit()
      if process.terminationReason == .uncaughtSignal { killed += 1 }
      if let before {
        let left = try WalkTests.rows(pipeline)
        #expect(left == before || left == expected, "night \(night), killed after \(wait) of \(whole)")
      }
      let again = try Cardlink.run(command(pipeline))
      #expect(again.exit == 0, "night \(night), killed after \(wait) of \(whole): \(again.errors)")
      #expect(try WalkTests.rows(pipeline) == expected, "night \(night), killed after \(wait) of \(whole)")
      before = expected
    }
    #expect(killed > 0)
    #expect(try Audit(pipeline.workspace).reading().broken == nil)
    #expect(try Desk(pipeline).runs().allSatisfy { $0.state == .done })
  }

  /// Does something when a stage begins.
  private final class Interrupting: Run.Progress {
    let stage: StageName
    let work: @Sendable () -> Void
    init(_ stage: StageName, _ work: @escaping @Sendable () -> Void) {
      (self.stage, self.work) = (stage, work)
    }
    func begin(_ stage: StageName, note: String) { if stage == self.stage { work() } }
    func advance(_ stage: StageName, done: Int, of total: Int, unit: String) {}
    func end(_ stage: StageName, records: Int, seconds: Double, note: String) {}
    func note(_ text: String) {}
  }

  @Test(
    "a workspace that vanishes in the middle stops the run, and the next one starts anew",
    arguments: StageName.allCases)
  func vanished(stage: StageName) throws {
    let workshop = try Workshop()
    let pipeline = try WalkTests.invented(40, seed: 42, xml: false, in: workshop.path)
    _ = try WalkTests.walk(pipeline)
    let rows = try WalkTests.rows(pipeline)
    let workspace = try Workspace(pipeline.workspace)
    let path = pipeline.workspace
    #expect {
      try Run.walk(
        pipeline, in: workspace, from: .extract,
        options: RunOptions(asOf: WalkTests.asOf, threads: 2, memoryBytes: 256 << 20, pages: NightPages()),
        progress: Interrupting(stage) { try? FileManager.default.removeItem(atPath: path) })
    } throws: { error in
      [.inputOutput, .cannotCreate, .storeUnavailable].contains((error as? Stop)?.exit)
    }
    #expect(try WalkTests.walk(pipeline).state == .done)
    #expect(try WalkTests.rows(pipeline) == rows)
  }

  @Test(
    "a full disk stops the run with nothing replaced, and the next run ends it when there is room",
    .enabled(if: geteuid() == 0, "only root may mount a small disk"),
    arguments: [64, 256, 400, 600, 800, 1000])
  func full(kilobytes: Int) throws {
    let workshop = try Workshop()
    var pipeline = try WalkTests.invented(300, seed: 43, xml: false, in: workshop.path)
    _ = try WalkTests.walk(pipeline)
    let rows = try WalkTests.rows(pipeline)
    pipeline.workspace = workshop.path + "/small"
    guard let disk = try SmallDisk(pipeline.workspace, kilobytes: kilobytes) else { return }
    // The store of the night before is in force; the disk is filled up to some kilobytes.
    try disk.resize(kilobytes: 64 << 10)
    _ = try WalkTests.walk(pipeline)
    try disk.fill(leaving: kilobytes)
    do {
      _ = try WalkTests.walk(pipeline, from: .extract)
    } catch let stop as Stop {
      #expect([.inputOutput, .cannotCreate].contains(stop.exit), "\(stop)")
    }
    #expect(try WalkTests.rows(pipeline) == rows)
    try disk.empty()
    #expect(try WalkTests.walk(pipeline).state == .done)
    #expect(try WalkTests.rows(pipeline) == rows)
    #expect(try Audit(pipeline.workspace).reading().broken == nil)
  }

  @Test(
    "a workspace that can't be written to is refused with exit code 73, and readers go on",
    .enabled(if: geteuid() == 0, "only root may mount a disk read-only"))
  func readOnly() throws {
    let workshop = try Workshop()
    var pipeline = try WalkTests.invented(40, seed: 44, xml: false, in: workshop.path)
    pipeline.workspace = workshop.path + "/small"
    guard let disk = try SmallDisk(pipeline.workspace, kilobytes: 8 << 10) else { return }
    _ = try WalkTests.walk(pipeline)
    let rows = try WalkTests.rows(pipeline)
    try disk.remount("ro")
    let result = try Cardlink.run([
      "run", pipeline.path, "--workspace", pipeline.workspace, "--as-of", "2026-11-24",
    ])
    #expect(result.exit == 73, "\(result.errors)")
    #expect(try WalkTests.rows(pipeline) == rows)
    // A lookup that can't be written down is not answered.
    let lookup = try Cardlink.run([
      "lookup", "001090000123", pipeline.path, "--workspace", pipeline.workspace,
    ])
    #expect(lookup.exit == 73)
    #expect(lookup.output == "")
    try disk.remount("rw")
    #expect(try WalkTests.walk(pipeline).state == .done)
  }
}

/// A file system in memory, mounted over a folder for one test.
private final class SmallDisk {
  let path: String

  /// Nil where mounting is not allowed.
  init?(_ path: String, kilobytes: Int) throws {
    self.path = path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    guard mount("tmpfs", path, "tmpfs", 0, "size=\(kilobytes)k,mode=0700") == 0 else { return nil }
  }

  func resize(kilobytes: Int) throws { try remount("size=\(kilobytes)k") }

  func remount(_ options: String) throws {
    let flags = UInt(MS_REMOUNT) | (options == "ro" ? UInt(MS_RDONLY) : 0)
    let data = options == "ro" || options == "rw" ? "" : options
    if mount("tmpfs", path, "tmpfs", flags, data) != 0 { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
  }

  private var ballast: String { path + "/ballast" }

  /// Fills the disk up to some kilobytes.
  func fill(leaving kilobytes: Int) throws {
    var info = statvfs()
    guard statvfs(path, &info) == 0 else { throw POSIXError(.EIO) }
    let count = Int(info.f_bavail) * Int(info.f_bsize) - kilobytes << 10
    try Data(count: max(0, count)).write(to: URL(filePath: ballast))
  }

  func empty() throws { try FileManager.default.removeItem(atPath: ballast) }

  deinit { umount2(path, Int32(MNT_DETACH)) }
}
