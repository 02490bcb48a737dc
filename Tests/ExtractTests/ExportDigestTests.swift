// The digests of exports, computed while their records are read.

import Files
import Foundation
import Seal
import Support
import Testing
import Values
@testable import Extract

@Suite("Digests of exports")
struct ExportDigestTests {
  /// Files of the given sizes, as a run finds them.
  private static func files(_ byteCounts: [Int], in folder: URL) throws -> [FoundFile] {
    try byteCounts.enumerated().map { i, count in
      let url = folder.appending(path: "export-\(i)")
      let pattern = Data((0..<4099).map { UInt8(truncatingIfNeeded: $0 * 31 + i) })
      var data = Data(capacity: count + pattern.count)
      while data.count < count { data.append(pattern) }
      try data.prefix(count).write(to: url)
      return FoundFile(
        export: .population, path: url.path(), name: "export-\(i)", byteCount: count, modified: 0)
    }
  }

  @Test(
    "they are those of the files, in their order, however far the records have come",
    arguments: [0, 1 << 20, 64 << 20])
  func digests(lead: Int) throws {
    let workshop = try Workshop()
    let folder = URL(filePath: workshop.path)
    var files = try Self.files([3 << 20, 0, 1, (1 << 20) + 1, 1 << 20], in: folder)
    files[2].digest = "known"
    let digests = ExportDigests(of: files, order: [3, 0, 4, 1, 2], parts: [:], lead: lead)
    for offset in stride(from: 0, through: 3 << 20, by: 4096) {
      digests.follow(0, to: offset)
      digests.follow(3, to: offset / 3)
    }
    let found = try digests.value()
    for (i, file) in files.enumerated() where i != 2 {
      #expect(found[i] == (try Digest.text(ofFile: file.path)))
    }
    #expect(found[2] == "known")
  }

  @Test("files wait for their turn closed, however many there are")
  func manyFiles() throws {
    let workshop = try Workshop()
    let folder = URL(filePath: workshop.path)
    let files = try Self.files(Array(repeating: 100, count: 300), in: folder)
    let digests = ExportDigests(of: files, order: Array(files.indices), parts: [:], lead: 0)
    digests.follow(0, to: 100)
    let here = folder.resolvingSymlinksInPath().path()
    for _ in 0..<50 {
      usleep(1000)
      let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count { descriptor in
        let target = try? FileManager.default.destinationOfSymbolicLink(
          atPath: "/proc/self/fd/" + descriptor)
        return target?.hasPrefix(here) == true
      }
      #expect(open <= 1)
    }
    #expect(try digests.value() == files.map { try Digest.text(ofFile: $0.path) })
  }

  @Test("what was given up doesn't go on")
  func abandoned() throws {
    let workshop = try Workshop()
    let folder = URL(filePath: workshop.path)
    let files = try Self.files([3 << 20, 1000], in: folder)
    let digests = ExportDigests(of: files, order: [0, 1], parts: [:], lead: 0)
    digests.follow(0, to: 1 << 20)
    digests.abandon()
    #expect(throws: Stop.self) { try digests.value() }
  }

  @Test("a file that is gone stops the run")
  func gone() throws {
    let workshop = try Workshop()
    let folder = URL(filePath: workshop.path)
    var files = try Self.files([10, 10], in: folder)
    files[1].path += "-gone"
    let digests = ExportDigests(of: files, order: [0, 1], parts: [:])
    #expect(throws: Stop.self) { try digests.value() }
  }

  @Test("pages are given back of exports larger than half of the memory, and read again as they were")
  func passedPages() throws {
    let workshop = try Workshop()
    let folder = URL(filePath: workshop.path)
    let file = try Self.files([80 << 20], in: folder)[0]
    let before = try Digest.text(ofFile: file.path)
    #expect(PassedPages(of: file.path, from: 0, exportBytes: 100, memoryBytes: 200) == nil)
    var passed = try #require(PassedPages(of: file.path, from: 0, exportBytes: 101, memoryBytes: 200))
    for offset in stride(from: 0, through: file.byteCount, by: 1 << 20) { passed.pass(offset) }
    passed.pass(file.byteCount, isLast: true)
    #expect(try Digest.text(ofFile: file.path) == before)
    #expect(PassedPages(of: file.path + "-gone", from: 0, exportBytes: 101, memoryBytes: 200) == nil)
  }
}
