// A low limit on open files: the same packages, from fewer runs and on fewer threads.

import Files
import Foundation
import Support
import Testing
import Values
@testable import Package
@testable import Publish

@Suite("Open files of a publication")
struct OpenFilesTests {
  @Test("all threads together stay below the limit, and one thread always may")
  func width() {
    for limit in [40, 64, 256, 1024, 65_536] {
      let files = OpenFiles(limit: limit)
      for runs in [0, 1, 10, files.mostRuns, 2 * files.mostRuns] {
        for threads in [1, 2, 8, 64] {
          let width = files.width(threads, reading: runs)
          #expect((1...threads).contains(width))
          #expect(width == 1 || width * (runs + 8) <= limit - 24)
        }
      }
    }
    // One thread can read the runs of two publications.
    for limit in [64, 256, 1024] {
      #expect(2 * OpenFiles(limit: limit).mostRuns + 8 <= limit - 24)
    }
    #expect(OpenFiles(limit: 1024).width(2, reading: 200) == 2)
    #expect(OpenFiles(limit: 256).width(2, reading: 200) == 1)
  }

  @Test("few open files change no byte of any package, full or of changes, plain or encrypted")
  func same() throws {
    var policy = PublishPolicy()
    policy.checkpointEvery = 5
    policy.rules = [
      PackageRule(.all, name: "all-people", isCopy: true, formats: PackageFormat.ofTables),
      PackageRule(.facility("*"), formats: PackageFormat.ofTables),
    ]
    let (free, tight) = (try Workshop(), try Workshop())
    for run in 7...9 {
      var people = People(seed: 4, count: 600)
      people.all = people.all.filter { $0.id.packed % 7 != UInt64(run) % 7 }
      try people.publish(in: free, run: run, policy)
      // Some sixty runs of the smallest memory, of which four may be read.
      let report = try people.publish(
        in: tight, run: run, policy, threads: 4, memoryBytes: 4 << 10, openFiles: 40)
      #expect(try contents(of: tight.current) == contents(of: free.current))
      #expect((report.deltas > 0) == (run > 7))
      let kept = try #require(KeptPeople.read(in: tight.packages + "/run-000\(run).people"))
      #expect(kept.runs.count <= OpenFiles(limit: 40).mostRuns)
    }
    // One publication with more files leaves too many runs to read in the next: packages are full.
    let people = People(seed: 4, count: 600)
    try people.publish(in: tight, run: 10, policy, threads: 4, memoryBytes: 4 << 10)
    let kept = try #require(KeptPeople.read(in: tight.packages + "/run-0010.people"))
    #expect(kept.runs.count > 10)
    let report = try people.publish(
      in: tight, run: 11, policy, threads: 4, memoryBytes: 4 << 10, openFiles: 40)
    #expect(report.deltas == 0 && report.packages > 0)
  }
}
