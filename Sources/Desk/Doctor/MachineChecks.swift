// Checks the machine: disk space, memory, file descriptors, libraries, the clock.
// Invariant: a limit is compared with what the last run used, if known, or else with a rule of thumb, which
// the result names.

import Extract
import Files
import Foundation
import Glibc
import Store
import Values
import Workspace

extension Doctor {
  // MARK: Disk space

  /// The disk space of the last run, which writes while all earlier files still exist; nil if unknown.
  private var lastUse: (bytes: Int, run: Int)? {
    guard let run = lastDone else { return nil }
    let bytes = run.stages.compactMap(\.byteCount)
    guard bytes.count == StageName.allCases.count else { return nil }
    // While runs are compacted, some files of extract and match exist twice.
    let staged = run.stages.filter { $0.stage < .load }.compactMap(\.byteCount).reduce(0, +)
    return (bytes.reduce(0, +) + staged / 2, run.id)
  }

  var disk: Diagnosis {
    guard let room = Self.room(at: pipeline.workspace) else {
      return .fail(
        "disk", .cannotCreate, "\(pipeline.workspace): no such file system",
        "Mount the disk, or correct workspace in the pipeline file.")
    }
    if room.isReadOnly {
      return .fail(
        "disk", .cannotCreate, "\(pipeline.workspace): mounted read-only", "Mount it for writing.")
    }
    let free = "\(Self.size(room.freeBytes)) free"
    if room.freeFiles < 100_000, room.files > 0 {
      return .warn(
        "disk", "\(free), but room for \(FigureText.grouped(room.freeFiles)) more files only",
        "A publish may write 100,000 files. Make a file system with more inodes.")
    }
    guard let use = lastUse else {
      let bytes = ExportKind.allCases.reduce(0) { sum, kind in
        sum
          + ((try? pipeline.export(kind).deliveries(pipeline: pipeline.path, asOf: today)) ?? []).reduce(0) {
            $0 + $1.byteCount
          }
      }
      let wanted = 3 * bytes
      return room.freeBytes >= wanted
        ? .ok("disk", "\(free); exports are \(Self.size(bytes)), three times that is a rule of thumb")
        : .warn(
          "disk", "\(free); exports are \(Self.size(bytes))",
          "No run has told what it takes yet; three times the exports is a rule of thumb.",
          command: "cardlink prune \(named) --keep 0 --dry-run")
    }
    let found = "\(free); a run like \(use.run) takes \(Self.size(use.bytes))"
    if room.freeBytes < use.bytes {
      return .fail(
        "disk", .inputOutput, found, "Free some room; what is kept of earlier runs can go.",
        command: "cardlink prune \(named) --keep 0 --dry-run")
    }
    if room.freeBytes < 2 * use.bytes {
      return .warn(
        "disk", found, "It is getting narrow; what is kept of earlier runs can go.",
        command: "cardlink prune \(named) --dry-run")
    }
    return .ok("disk", found)
  }

  struct Room {
    var freeBytes: Int
    var freeFiles: Int
    var files: Int
    var isReadOnly: Bool
  }

  /// The free space of the file system that holds a path, or will hold it.
  static func room(at path: String) -> Room? {
    var path = path
    while unsafe access(path, F_OK) != 0, path != "/", path != "." { path = Folder.parent(of: path) }
    var info = statvfs()
    guard unsafe statvfs(path, &info) == 0 else { return nil }
    return Room(
      freeBytes: Int(info.f_bavail) * Int(info.f_frsize), freeFiles: Int(info.f_favail),
      files: Int(info.f_files), isReadOnly: info.f_flag & 1 != 0)
  }

  // MARK: Memory and descriptors

  var memory: Diagnosis {
    let facts = Self.memoryFacts()
    let bound = Self.size(memoryBytes)
    let peak = lastDone?.peakMemoryBytes.map { "; the last run held \(Self.size($0))" } ?? ""
    guard let total = facts.total else { return .ok("memory", "--memory \(bound)\(peak)") }
    let found =
      "\(Self.size(total))\(facts.isGroup ? " for this group of processes" : ""), "
      + "\(Self.size(facts.available ?? total)) of it available; --memory \(bound)\(peak)"
    if total < memoryBytes {
      return .fail(
        "memory", .inputOutput, found, "Give a smaller --memory, at most half of what there is.")
    }
    if (facts.available ?? total) < memoryBytes {
      return .warn("memory", found, "Other programs hold it. Give a smaller --memory or end some.")
    }
    return .ok("memory", found)
  }

  private static func memoryFacts() -> (total: Int?, available: Int?, isGroup: Bool) {
    let lines = ((try? Folder.read("/proc/meminfo")) ?? nil) ?? ""
    func bytes(_ key: String) -> Int? {
      lines.split(separator: "\n").first { $0.hasPrefix(key + ":") }.flatMap { line in
        line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
      }
    }
    let (total, available) = (bytes("MemTotal"), bytes("MemAvailable"))
    func group(_ name: String) -> Int? {
      (((try? Folder.read("/sys/fs/cgroup/" + name)) ?? nil) ?? "").split(separator: "\n").first.flatMap {
        Int($0)
      }
    }
    guard let limit = group("memory.max"), limit < total ?? .max else { return (total, available, false) }
    let left = group("memory.current").map { max(0, limit - $0) } ?? limit
    return (limit, min(left, available ?? left), true)
  }

  var descriptors: Diagnosis {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
      return .warn("descriptors", "the limit can't be read", "Look at ulimit -n.")
    }
    let found =
      limit.rlim_cur > 1 << 30 ? "no limit" : "up to \(FigureText.grouped(Int(limit.rlim_cur))) open files"
    if limit.rlim_cur < 256 {
      return .fail(
        "descriptors", .inputOutput, found, "Sorted runs are read side by side: raise it to 1024.",
        command: "ulimit -n 1024")
    }
    if limit.rlim_cur < 1024 {
      return .warn(
        "descriptors", found, "Enough for small exports; raise it to 1024.", command: "ulimit -n 1024")
    }
    return .ok("descriptors", found)
  }

  // MARK: Libraries

  var libraries: [Diagnosis] {
    let versions =
      ExtractLibraries.versions + [
        LibraryVersion(name: "sqlite", built: SQLiteVersion.built, running: SQLiteVersion.running)
      ]
    return versions.map(Self.diagnosis(of:))
  }

  static func diagnosis(of library: LibraryVersion) -> Diagnosis {
    let (built, running) = (parts(library.built), parts(library.running))
    guard running.lexicographicallyPrecedes(built) else {
      return .ok(library.name, library.running + (running == built ? "" : ", built for \(library.built)"))
    }
    let found = "\(library.running), older than \(library.built), for which cardlink was built"
    return running.first != built.first
      ? .fail(
        library.name, .storeUnavailable, found,
        "Install \(library.built) or later, or build cardlink on this machine.")
      : .warn(library.name, found, "Install \(library.built) or later, or build cardlink on this machine.")
  }

  private static func parts(_ version: String) -> [Int] {
    version.split(separator: ".").map { Int($0.prefix { $0.isNumber }) ?? 0 }
  }

  // MARK: Clock

  var clock: Diagnosis {
    let now = Int(Date().timeIntervalSince1970)
    var info = stat()
    let built = unsafe stat("/proc/self/exe", &info) == 0 ? info.st_mtim.tv_sec : 0
    let text = "\(Clock.now().prefix(16).replacing("T", with: " ")) in Viet Nam"
    if now < built - 86_400 {
      return .fail(
        "clock", .inputOutput, "\(text), before cardlink was installed",
        "Set the clock: timedatectl set-ntp true")
    }
    if let last = runs.last, let at = (last.ended ?? last.startedAt) as String?,
      let seconds = Clock.seconds(at),
      seconds > now + 300
    {
      return .fail(
        "clock", .inputOutput, "\(text), before run \(last.id) ended",
        "Set the clock: timedatectl set-ntp true. The gate older_exports would hold the next run.")
    }
    let newest = ExportKind.allCases.flatMap {
      (try? pipeline.export($0).foundFiles(pipeline: pipeline.path, asOf: today)) ?? []
    }.max { $0.modified < $1.modified }
    if let newest, newest.modified / 1_000_000_000 > now + 300 {
      return .warn(
        "clock", "\(text); \(newest.name) was written later than that",
        "This clock or the supplier's is wrong: timedatectl")
    }
    return .ok("clock", text)
  }

  var timeZone: Diagnosis {
    let offset = TimeZone.current.secondsFromGMT()
    let sign = offset < 0 ? "−" : "+"
    let name =
      "\(TimeZone.current.identifier) (\(sign)\(abs(offset) / 3600):\(abs(offset) / 60 % 60 < 10 ? "0" : "")\(abs(offset) / 60 % 60))"
    guard offset != 7 * 3600 else { return .ok("time_zone", name) }
    let hour = ((1 - offset / 3600 + 7) % 24 + 24) % 24
    return .ok(
      "time_zone",
      "\(name); cardlink itself counts in Asia/Ho_Chi_Minh. 01:17 in a crontab is \(hour < 10 ? "0" : "")\(hour):17 there"
    )
  }
}
