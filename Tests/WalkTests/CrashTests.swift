// Runs that are killed, fill the disk, or lose their workspace or write access. The next run ends with the
// same store, row for row.
//
// CARDLINK_SOAK=100 kills a hundred runs instead of six; see `make soak`.

import Files
import Foundation
import Glibc
import Store
import Support
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
  /// One killed run for each seed.
  static let seeds: Range<UInt64> =
    0..<(ProcessInfo.processInfo.environment["CARDLINK_SOAK"].flatMap { UInt64($0) } ?? 6)

  /// Starts the command without waiting for it.
  static func begin(_ arguments: [String]) throws -> Process {
    let process = Process()
    process.executableURL = Cardlink.binary
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  /// Runs the command and kills it after a wait.
  /// - Returns: false if it ended before.
  static func kill(after wait: Duration, _ arguments: [String]) throws -> Bool {
    let process = try begin(arguments)
    usleep(UInt32(wait / .microseconds(1)))
    if process.isRunning { Glibc.kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    return process.terminationReason == .uncaughtSignal
  }

  /// The first business date for 0; a later one for each number above it.
  static func date(_ number: Int) -> String { CalendarDate(packed: UInt32(2027_01_01 + number)).text }

  @Test(
    "a run that is killed at any moment leaves the old store or the new one, and the next run ends it",
    arguments: seeds)
  func killed(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let threads = Int.random(in: 1...3, using: &random)
    let workshop = try Workshop()
    var undisturbed = try WalkTests.invented(200, seed: 41, xml: false, in: workshop.path)
    var pipeline = undisturbed
    undisturbed.workspace = workshop.path + "/undisturbed"
    pipeline.workspace = workshop.path + "/killed"
    func command(_ pipeline: Pipeline, _ date: String) -> [String] {
      ["run", pipeline.path, "--workspace", pipeline.workspace, "--as-of", date, "--threads", "\(threads)"]
    }
    // One workspace in four has no earlier store.
    let hasStore = random.chance(75)
    let start = ContinuousClock.now
    #expect(try Cardlink.run(command(undisturbed, Self.date(0))).exit == 0)
    let whole = ContinuousClock.now - start
    if hasStore { #expect(try Cardlink.run(command(pipeline, Self.date(0))).exit == 0) }
    var before = hasStore ? try WalkTests.rows(pipeline) : nil

    let share = Double.random(in: 0...1, using: &random)
    var (wait, night) = (whole * share, 1)
    while try !Self.kill(after: wait, command(pipeline, Self.date(night))) {
      before = try WalkTests.rows(pipeline)
      wait /= 2
      night += 1
    }
    let date = Self.date(night)
    #expect(try Cardlink.run(command(undisturbed, date)).exit == 0)
    let expected = try WalkTests.rows(undisturbed)
    if let before {
      let left = try WalkTests.rows(pipeline)
      #expect(left == before || left == expected, "killed after \(share) of \(whole)")
    }
    let again = try Cardlink.run(command(pipeline, date))
    #expect(again.exit == 0, "killed after \(share) of \(whole): \(again.errors)")
    #expect(try WalkTests.rows(pipeline) == expected, "killed after \(share) of \(whole)")
    #expect(try Audit(pipeline.workspace).reading().broken == nil)
    #expect(try Desk(pipeline, for: .user()).runs().allSatisfy { $0.state == .done })
  }

  /// Calls a closure when a stage begins.
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
    arguments: StageName.allCases, [1, 2, 3])
  func vanished(stage: StageName, threads: Int) throws {
    let workshop = try Workshop()
    let pipeline = try WalkTests.invented(40, seed: 42, xml: false, in: workshop.path)
    _ = try WalkTests.walk(pipeline)
    let rows = try WalkTests.rows(pipeline)
    let workspace = try Workspace(pipeline.workspace)
    let path = pipeline.workspace
    #expect {
      try Run.walk(
        pipeline, in: workspace, from: .extract,
        options: RunOptions(
          asOf: WalkTests.asOf, threads: threads, memoryBytes: 256 << 20, pages: NightPages()),
        progress: Interrupting(stage) { try? FileManager.default.removeItem(atPath: path) })
    } throws: { error in
      [.inputOutput, .cannotCreate, .storeUnavailable].contains((error as? Stop)?.exit)
    }
    #expect(try WalkTests.walk(pipeline).state == .done)
    #expect(try WalkTests.rows(pipeline) == rows)
  }

  @Test(
    "a full disk stops the run with exit code 73 or 74 and the rows of before, and the next run ends it",
    .enabled(if: SmallDisk.canBeMounted, "this process may not mount a disk"),
    arguments: [64, 256, 400, 600], [1, 2, 3])
  func full(kilobytes: Int, threads: Int) throws {
    let workshop = try Workshop()
    var pipeline = try WalkTests.invented(300, seed: 43, xml: false, in: workshop.path)
    pipeline.workspace = workshop.path + "/small"
    let disk = try SmallDisk(pipeline.workspace, kilobytes: 64 << 10)
    _ = try WalkTests.walk(pipeline)
    let rows = try WalkTests.rows(pipeline)
    let store = pipeline.storePath(in: pipeline.workspace)
    let before = try Data(contentsOf: URL(filePath: store))
    func rerun() throws -> (exit: Int32, output: String, errors: String) {
      try Cardlink.run([
        "rerun", "extract", pipeline.path, "--workspace", pipeline.workspace, "--threads", "\(threads)",
      ])
    }
    try disk.fill(leaving: kilobytes)
    let full = try rerun()
    #expect(full.exit == Exit.cannotCreate.rawValue || full.exit == Exit.inputOutput.rawValue, "\(full)")
    #expect(try Data(contentsOf: URL(filePath: store)) == before)
    #expect(try WalkTests.rows(pipeline) == rows)
    try disk.empty()
    let again = try rerun()
    #expect(again.exit == 0, "\(again)")
    #expect(try WalkTests.rows(pipeline) == rows)
    #expect(try Audit(pipeline.workspace).reading().broken == nil)
  }

  @Test(
    "a workspace that can't be written to is refused with exit code 73, and readers go on",
    .enabled(if: SmallDisk.canBeMounted, "this process may not mount a disk"))
  func readOnly() throws {
    let workshop = try Workshop()
    var pipeline = try WalkTests.invented(40, seed: 44, xml: false, in: workshop.path)
    pipeline.workspace = workshop.path + "/small"
    let disk = try SmallDisk(pipeline.workspace, kilobytes: 8 << 10)
    _ = try WalkTests.walk(pipeline)
    let rows = try WalkTests.rows(pipeline)
    try disk.remount("ro")
    let result = try Cardlink.run([
      "run", pipeline.path, "--workspace", pipeline.workspace, "--as-of", "2026-11-24",
    ])
    #expect(result.exit == 73, "\(result.errors)")
    #expect(try WalkTests.rows(pipeline) == rows)
    // A lookup that can't be written to the audit log is not answered.
    let lookup = try Cardlink.run([
      "lookup", "001090000123", pipeline.path, "--workspace", pipeline.workspace,
    ])
    #expect(lookup.exit == 73)
    #expect(lookup.output == "")
    try disk.remount("rw")
    #expect(try WalkTests.walk(pipeline).state == .done)
  }
}

/// A file system in memory, mounted on a folder for one test.
private final class SmallDisk {
  let path: String

  /// Whether this process may mount one.
  static let canBeMounted: Bool = {
    guard let workshop = try? Workshop() else { return false }
    return (try? SmallDisk(workshop.path, kilobytes: 64)) != nil
  }()

  init(_ path: String, kilobytes: Int) throws {
    self.path = path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    guard mount("tmpfs", path, "tmpfs", 0, "size=\(kilobytes)k,mode=0700") == 0 else {
      throw POSIXError(.init(rawValue: errno) ?? .EPERM)
    }
  }

  func remount(_ options: String) throws {
    let flags = UInt(MS_REMOUNT) | (options == "ro" ? UInt(MS_RDONLY) : 0)
    if mount("tmpfs", path, "tmpfs", flags, "") != 0 { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
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
