// Publications that fail leave what was in force, whole.

import Files
import Foundation
import Support
import Testing
import Values
@testable import Package
@testable import Publish

@Suite("Packages that are replaced", .serialized)
struct FailureTests {
  static var policy: PublishPolicy {
    var policy = PublishPolicy()
    policy.rules = [PackageRule(.province("01"), formats: PackageFormat.ofTables), PackageRule(.all)]
    return policy
  }

  @Test(
    "a failure at any operation leaves the packages before, byte for byte, and nothing else",
    arguments: Faults.Kind.allCases, [1, 2, 3])
  func everyOperation(kind: Faults.Kind, threads: Int) throws {
    let workshop = try Workshop()
    try People(seed: 1).publish(in: workshop, run: 7, Self.policy)
    let before = try contents(of: workshop.current)
    let next = People(seed: 2, count: 60)
    let elsewhere = try Workshop()
    Faults.count(under: elsewhere.path)
    try People(seed: 1).publish(in: elsewhere, run: 7, Self.policy)
    let first = Faults.end(under: elsewhere.path).count(kind)
    Faults.count(under: elsewhere.path)
    try next.publish(in: elsewhere, run: 8, Self.policy, threads: threads)
    let operations = Faults.end(under: elsewhere.path).count(kind)
    let after = try contents(of: elsewhere.current)
    #expect(first > 50 && operations > 50)
    #expect(after != before)
    for n in 1...operations {
      Faults.fail(at: n, under: workshop.path, as: kind)
      let failed = Result { try next.publish(in: workshop, run: 8, Self.policy, threads: threads) }
      let asked = Faults.end(under: workshop.path).count(kind)
      let now = try contents(of: workshop.current)
      switch failed {
      case .failure(let error): #expect(error is Stop, "operation \(n)")
      // Threads take parts in no fixed order, and each thread with a part creates files, so a publication may
      // take fewer operations than the counted one.
      case .success: #expect(threads > 1 && asked < n && now == after, "operation \(n)")
      }
      // After the link is renamed, a failure leaves the new packages in force, whole.
      #expect(now == before || now == after, "operation \(n)")
      if now != before {
        let verdicts = try Folder.names(in: workshop.current).filter { $0 != "manifest.json" }.map {
          try verify(
            VerifyRequest(folder: workshop.current + "/" + $0, day: CalendarDate(packed: 2026_11_23))
          ).faults
        }
        #expect(verdicts.filter { !$0.isEmpty }.isEmpty)
        try Folder.point(workshop.current, to: "run-0007")
      }
      for name in try Folder.names(in: workshop.packages) where name.hasPrefix("run-0008") {
        #expect(
          kind == .gone || !name.hasSuffix(".partial") && !name.hasSuffix(".sorting"),
          "operation \(n): \(name)")
        try Folder.remove(workshop.packages + "/" + name)
      }
    }
    try next.publish(in: workshop, run: 8, Self.policy, threads: threads)
    #expect(try contents(of: workshop.current) == after)
  }

  @Test("persons that don't ascend and persons without a serving card are refused", arguments: [1, 2, 3])
  func order(threads: Int) throws {
    let workshop = try Workshop()
    try People(seed: 1).publish(in: workshop)
    let before = try contents(of: workshop.current)
    var people = People(seed: 2)
    people.all.swapAt(100, 101)
    #expect(throws: Stop.self) { try people.publish(in: workshop, run: 8, threads: threads) }
    people = People(seed: 2)
    people.all[150].serving.isServing = false
    #expect(throws: Stop.self) { try people.publish(in: workshop, run: 8, threads: threads) }
    #expect(try contents(of: workshop.current) == before)
    #expect(try Folder.names(in: workshop.packages) == ["current", "run-0007"])
  }
}
