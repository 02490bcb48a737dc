// Which module may import which, read from the import lines of the sources.

import Foundation
import Testing

@Suite("The walls between modules")
struct WallsTests {
  /// What every stage may import.
  static let foundation: Set<String> = ["Values", "Names", "Rules", "Threads", "Files", "Seal", "SortedRuns"]
  /// Our modules that each module may import; all others are forbidden.
  static let doors: [String: Set<String>] = [
    "Values": [],
    "Names": ["Values"],
    "Rules": ["Values", "Names"],
    "Threads": ["Values"],
    "Files": ["Values", "CSync"],
    "Seal": ["Values", "Files"],
    "Attest": ["Values", "Files", "CZlib"],
    "SortedRuns": ["Values", "Files", "Threads", "CScan"],
    "Extract": foundation.union(["CLibXML2", "CZlib", "CScan"]),
    "Snapshot": foundation,
    "Match": foundation.union(["CScan"]),
    "Store": foundation.union(["CPostgres"]),
    "Package": foundation.union(["CLibXML2"]),
    "Publish": foundation.union(["Package"]),
    "CardCheck": foundation.union(["Package"]),
    "Generate": foundation.union(["CZlib"]),
    "Pipeline": foundation.union(["Package", "Publish", "Store"]),
    "Workspace": foundation.union(["Match", "Store", "Package", "Publish", "Pipeline"]),
    "Run": foundation.union([
      "Extract", "Snapshot", "Match", "Store", "Package", "Publish", "Pipeline", "Workspace", "Attest",
    ]),
    "Desk": foundation.union([
      "Extract", "Match", "Store", "Package", "Publish", "CardCheck", "Pipeline", "Workspace", "Run",
      "Attest",
    ]),
    "Views": foundation.union(["Match", "Store", "Pipeline", "Workspace", "Run", "Desk"]),
    "Console": [
      "Values", "Names", "Rules", "Files", "Seal", "Match", "Store", "Pipeline", "Workspace", "Run", "Desk",
      "Views",
    ],
    "cardlink-console": ["Values", "Pipeline", "Console"],
    "Gateway": ["Values", "Files", "Seal", "CardCheck", "Desk"],
    "cardlink-serve": ["Values", "CardCheck", "Pipeline", "Desk", "Gateway"],
    "cardlink": foundation.union([
      "Match", "Store", "Package", "Publish", "CardCheck", "Pipeline", "Workspace", "Run", "Desk", "Views",
      "Generate", "Attest", "CBuild",
    ]),
  ]
  static let ours = Set(doors.keys).union(["CLibXML2", "CZlib", "CScan", "CSync", "CPostgres", "CBuild"])
  static let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Sources")

  @Test("a module imports only what its door leads to", arguments: doors.keys.sorted())
  func imports(module: String) throws {
    let files = try Self.files(of: module)
    #expect(!files.isEmpty, "module \(module) has no files")
    for file in files {
      let forbidden = Self.forbidden(in: try String(contentsOf: file, encoding: .utf8), of: module)
      #expect(forbidden.isEmpty, "\(file.lastPathComponent) of \(module) imports \(forbidden)")
    }
  }

  /// The modules of ours that a file imports and its module may not.
  static func forbidden(in text: String, of module: String) -> Set<String> {
    Set(imports(in: text)).intersection(ours).subtracting(doors[module] ?? [])
  }

  @Test(
    "each wall holds: a file that imports what its module may not is found", arguments: doors.keys.sorted())
  func eachWall(module: String) throws {
    let file = try #require(try Self.files(of: module).first)
    let text = try String(contentsOf: file, encoding: .utf8)
    for wall in Self.ours.subtracting(try #require(Self.doors[module])) where wall != module {
      for line in ["import \(wall)", "package import \(wall)", "  internal import \(wall)"] {
        #expect(Self.forbidden(in: text + "\n\(line)\n", of: module) == [wall])
      }
    }
  }

  @Test(
    "no stage imports another, rules import values and names only, and a facility's tools neither match nor run"
  )
  func shape() {
    let stages: Set<String> = ["Extract", "Snapshot", "Match", "Store", "Publish"]
    for stage in stages { #expect(Self.doors[stage]?.isDisjoint(with: stages) == true, "\(stage)") }
    for pure in ["Values", "Names", "Rules"] {
      #expect(Self.doors[pure]?.isSubset(of: ["Values", "Names"]) == true, "\(pure)")
    }
    for tool in ["Package", "CardCheck"] {
      #expect(Self.doors[tool]?.isDisjoint(with: ["Match", "Run", "Workspace", "Desk"]) == true, "\(tool)")
    }
    let order = Self.doors.filter { stages.isSubset(of: $0.value) }.keys
    #expect(Set(order) == ["Run"], "who imports all stages")
  }

  @Test("every folder of Sources is a module with a door of its own")
  func folders() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: Self.sources.path())
    #expect(Set(folders) == Self.ours)
  }

  @Test("every Swift file opens with what it is", arguments: doors.keys.sorted())
  func openings(module: String) throws {
    for file in try Self.files(of: module) {
      let text = try String(contentsOf: file, encoding: .utf8)
      #expect(text.hasPrefix("//"), "\(file.lastPathComponent) of \(module) has no opening comment")
    }
  }

  /// What changes a disk, and the files that may do it: those in which the n-th operation can be made to fail.
  static let changes: [(call: String, files: Set<String>)] = [
    (#"\bO_(WRONLY|RDWR|CREAT)\b"#, ["OutputFile", "PagedFile", "GrowingFile", "LockFile", "Folder"]),
    (#"\b(Glibc\.write|pwritev?|writev|write64)\("#, ["WholeTransfer"]),
    (#"\b(fsync|fdatasync|sync_file_range)\("#, ["WholeTransfer"]),
    (#"\b(mkdir|rmdir|unlink|symlink|Glibc\.rename|Glibc\.link|cardlink_syncfs)\("#, ["Folder"]),
    (#"\b(ftruncate|truncate)\("#, ["LockFile", "GrowingFile"]),
    (#"\b(renameat|mkdirat|unlinkat|linkat|mkstemp|mkdtemp|fopen|creat|fallocate|copy_file_range)\("#, []),
    (#"FileManager\.default\.(remove|create|move|copy|replace|link)|forWritingTo|forUpdating"#, []),
    (#"\.write\(to(File)?: (URL|url)|atomically:"#, []),
  ]

  @Test("what changes a disk stands in the file layer alone, where tests can let it fail", arguments: changes)
  func fileLayer(call: String, files: Set<String>) throws {
    #expect(try Self.matches(of: call, in: Array(Self.doors.keys)) == files)
  }

  @Test("standard output and error are written in one file, where each failure is looked at")
  func streams() throws {
    let writes =
      #"FileHandle\.standard(Error|Output)|\b(fputs|fputc|fwrite|fprintf|puts|putchar|vprintf)\(|STD(OUT|ERR)_FILENO|"#
      + #"\b(Swift\.print|Foundation\.write|debugPrint|dump)\(|\bto: &std(out|err)"#
    #expect(try Self.matches(of: writes, in: Array(Self.doors.keys)) == ["StandardStreams"])
    // In the command, `print` is StandardOutput's; the servers print their addresses.
    let programs = ["cardlink", "cardlink-console", "cardlink-serve"]
    #expect(try Self.matches(of: #"\bprint\("#, in: Self.doors.keys.filter { !programs.contains($0) }) == [])
  }

  /// What opens a store or staged records for an answer, or writes the audit log, and the files that may do it, of the
  /// modules that answer people.
  static let openers: [(call: String, files: Set<String>)] = [
    (#"\b(Store|StoredPersons)\(path:"#, ["Door", "WorkspaceChecks"]),
    (#"\b(PastStore|PastPersons)\("#, ["Door"]),
    (#"\bStagedLookup\("#, ["Door"]),
    (#"\bStoredCards\("#, ["Door"]),
    (#"\bMerge\(.*(folder|Folder)\)"#, ["Door"]),
    (#"\bAudit\(.*\.append\("#, ["Door"]),
  ]

  @Test(
    "personal data is read through the desk's door alone, where the audit log names the actor",
    arguments: openers)
  func personalData(call: String, files: Set<String>) throws {
    #expect(try Self.matches(of: call, in: ["Desk", "Views", "Console", "Gateway", "cardlink"]) == files)
  }

  @Test("what answers people opens no sorted file, and the command no store")
  func behindTheDoor() throws {
    for (module, imports) in [
      ("Views", ["SortedRuns", "Extract"]), ("Console", ["SortedRuns", "Extract"]),
      ("cardlink", ["SortedRuns", "Extract", "Store"]),
    ] {
      for file in try Self.files(of: module) {
        let found = Self.imports(in: try String(contentsOf: file, encoding: .utf8))
        #expect(found.allSatisfy { !imports.contains($0) }, "\(file.lastPathComponent) of \(module)")
      }
    }
  }

  @Test("the reader of import lines sees every form of them")
  func reading() {
    let text =
      "import A\npackage import B\n  internal import C\n@testable import D\nimport struct E.F\n// import G\n"
    #expect(Self.imports(in: text) == ["A", "B", "C", "D", "E"])
  }

  /// The names of files in which a line that is no comment matches a pattern.
  static func matches(of pattern: String, in modules: [String]) throws -> Set<String> {
    let pattern = try Regex(pattern)
    var found: Set<String> = []
    for file in try modules.flatMap({ try Self.files(of: $0) }) {
      let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
      let isMeant = lines.contains { line in
        !line.trimmingCharacters(in: .whitespaces).hasPrefix("//") && line.contains(pattern)
      }
      if isMeant { found.insert(file.deletingPathExtension().lastPathComponent) }
    }
    return found
  }

  static func files(of module: String) throws -> [URL] {
    let folder = sources.appending(path: module)
    let all = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    return (all?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "swift" }
  }

  static func imports(in text: String) -> [String] {
    text.split(separator: "\n").compactMap { line in
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
      guard let at = words.firstIndex(of: "import"),
        !line.trimmingCharacters(in: .whitespaces).hasPrefix("//"),
        words[..<at].allSatisfy({
          ["package", "internal", "private", "public", "@testable", "@preconcurrency"].contains($0)
        })
      else { return nil }
      let kinds = ["struct", "class", "enum", "func", "protocol", "typealias", "var", "let"]
      let name = words[(at + 1)...].first { !kinds.contains($0) }
      return name.map { String($0.prefix { $0 != "." }) }
    }
  }
}
