// The generator's promises: the same bytes for a seed, every outcome, unique numbers, right lines.

import Foundation
import Generate
import Testing
import Values

private let insuranceOutcomes: Set = [
  "quarantined", "id_missing", "id_invalid", "person_unknown", "person_duplicated", "person_inactive",
  "disputed",
  "number_shared", "linked",
]
private let populationOutcomes: Set = ["registered", "repeated", "person_duplicated", "quarantined"]

@Test("the same seed gives the same bytes, another seed gives others", arguments: [ExportForm.csv, .xml])
func determinism(format: ExportForm) throws {
  func options(_ seed: UInt64) -> GeneratorOptions {
    GeneratorOptions(
      people: 700, seed: seed, populationFormat: format, insuranceFormat: format, filesPerExport: 2)
  }
  let (first, again, other) = (
    try Invented(options(7)), try Invented(options(7)), try Invented(options(8))
  )
  #expect(first.report.files == again.report.files)
  for name in first.report.files {
    #expect(try first.bytes(name) == again.bytes(name), "\(name)")
    if name != "pipeline.yaml" { #expect(try first.bytes(name) != other.bytes(name), "\(name)") }
  }
}

@Test(
  "two thousand people end in every outcome, and the truth has a row for each record",
  arguments: UInt64(0)..<6)
func everyOutcome(seed: UInt64) throws {
  let (population, insurance): (ExportForm, ExportForm) = (
    seed % 2 == 0 ? .csv : .xml, seed % 3 == 0 ? .csv : .xml
  )
  let invented = try Invented(
    GeneratorOptions(
      people: 2000, seed: seed, populationFormat: population, insuranceFormat: insurance, filesPerExport: 3))
  let report = invented.report
  #expect(Set(report.outcomes(.insurance).keys) == insuranceOutcomes)
  #expect(Set(report.outcomes(.population).keys) == populationOutcomes)
  let truth = try invented.truth()
  #expect(truth.count == report.records(.population) + report.records(.insurance))
  for (outcome, count) in report.outcomes(.insurance) {
    let rows = truth.filter { $0.export == "insurance" && $0.outcome == outcome }
    #expect(rows.count == count, "\(outcome)")
  }
  for (outcome, count) in report.outcomes(.population) {
    let rows = truth.filter { $0.export == "population" && $0.outcome == outcome }
    #expect(rows.count == count, "\(outcome)")
  }
}

@Test("a line of the truth is the line on which the record begins")
func lines() throws {
  let xml = try Invented(
    GeneratorOptions(
      people: 1000, seed: 5, populationFormat: .xml, insuranceFormat: .xml,
      rates: try rates([("name_line_break", 0.1), ("number_shared", 0.1)])))
  for (register, tag) in [("population", "  <CongDan>"), ("insurance", "  <TheBHYT>")] {
    let name = try #require(xml.report.files.first { $0.hasPrefix(register) })
    let lines = try xml.lines(name)
    let starts = lines.indices.filter { lines[$0] == tag }.map { $0 + 1 }
    #expect(try xml.truth().filter { $0.file == name }.map(\.line) == starts)
    #expect(
      lines.count { $0.hasPrefix("  <\(tag.dropFirst(3))") }
        == lines.count { $0 == "  </" + tag.dropFirst(3) })
    if register == "population" { #expect(lines[1].contains(" SoCongDan=\"\(starts.count)\"")) }
  }
  let csv = try Invented(
    GeneratorOptions(people: 1000, seed: 5, rates: try rates([("name_line_break", 0.1)])))
  let lines = try csv.lines("insurance-2026-11-23.csv")
  // A record continues while a quote is open.
  var starts: [Int] = []
  var isOpen = false
  for (i, line) in lines.enumerated() {
    if !isOpen { starts.append(i + 1) }
    if line.count(where: { $0 == "\"" }) % 2 == 1 { isOpen.toggle() }
  }
  #expect(lines.count > starts.count)
  #expect(try csv.truth().filter { $0.export == "insurance" }.map(\.line) == Array(starts.dropFirst()))
}

@Test("people are registered with as many facilities as asked for", arguments: [1, 819, 13_000])
func facilities(count: Int) throws {
  let invented = try Invented(
    GeneratorOptions(people: 100_000, seed: 2, rates: .none, facilities: count))
  let codes = Set(
    try invented.lines("insurance-2026-11-23.csv").dropFirst().map {
      $0.split(separator: ",", omittingEmptySubsequences: false)[6]
    }.filter { !$0.isEmpty })
  // The same number in each of 63 provinces; with many facilities, some have no people in so small a sample.
  let all = (count + 62) / 63 * 63
  #expect(codes.count <= all && codes.count > all * 4 / 5)
}

@Test("numbers are unique, and no export is sorted")
func uniqueNumbers() throws {
  let invented = try Invented(GeneratorOptions(people: 50_000, seed: 11, rates: .none))
  func fields(_ name: String) throws -> [[Substring]] {
    try invented.lines(name).dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false) }
  }
  let population = try fields("population-2026-11-23.csv")
  let insurance = try fields("insurance-2026-11-23.csv")
  let ids = population.map { $0[0] }
  #expect(ids.count == 50_000)
  #expect(Set(ids).count == ids.count)
  let legacy = population.map { $0[1] }.filter { !$0.isEmpty }
  #expect(legacy.count > 10_000)
  #expect(Set(legacy).count == legacy.count)
  #expect(Set(insurance.map { $0[0] }).count == 50_000)
  #expect(Set(insurance.map { $0[1] }).count == 50_000)
  #expect(Set(insurance.map { $0[2] }) == Set(ids))
  #expect(insurance.map { $0[2] } != ids)
  #expect(ids != ids.sorted())
  #expect(invented.report.outcomes(.insurance) == ["linked": 50_000])
}

@Test("rates are kept")
func rates() throws {
  let invented = try Invented(
    GeneratorOptions(
      people: 50_000, seed: 2,
      rates: try rates([("disputed_name", 0.1), ("number_shared", 0.05), ("person_duplicated", 0.02)])))
  let outcomes = invented.report.outcomes(.insurance)
  #expect(abs((outcomes["disputed"] ?? 0) - 5000) < 300)
  #expect(abs((outcomes["number_shared"] ?? 0) - 2500) < 250)
  #expect(abs((outcomes["person_duplicated"] ?? 0) - 1000) < 150)
  #expect(invented.report.records(.population) == 50_000 + (outcomes["person_duplicated"] ?? 0))
}

@Test("a renumbered night has the same people, with their own numbers on nearly all cards")
func renumbered() throws {
  func fields(_ renumbered: Double) throws -> [[Substring]] {
    let invented = try Invented(
      GeneratorOptions(people: 20_000, seed: 4, rates: .none, renumbered: renumbered))
    #expect(invented.report.outcomes(.insurance) == ["linked": 20_000])
    return try invented.lines("insurance-2026-11-23.csv").dropFirst().map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
  }
  let (before, half, after) = (try fields(0), try fields(0.5), try fields(1))
  for (was, now) in zip(before, after) {
    #expect(now[0] == was[2] && now[1] == was[1].prefix(5) + was[2])
    #expect(was.dropFirst(2) == now.dropFirst(2))
  }
  #expect(abs(half.count { $0[0].count == 12 } - 10_000) < 400)
  #expect(zip(before, zip(half, after)).allSatisfy { was, now in now.0 == was || now.0 == now.1 })
}

@Test("the numbers of two persons: the first of a pair has the second's, the other number has no person")
func otherNumbers() throws {
  let invented = try Invented(
    GeneratorOptions(
      people: 4000, seed: 9, rates: try rates([("number_of_another", 0.2), ("number_of_nobody", 0.1)])))
  let ids = Set(
    try invented.lines("population-2026-11-23.csv").dropFirst().compactMap { $0.split(separator: ",").first })
  let records = try invented.lines("insurance-2026-11-23.csv").dropFirst().map {
    $0.split(separator: ",", omittingEmptySubsequences: false)
  }
  let truth = try invented.truth()
  let others = records.flatMap { record in
    [record[0], record[1].count == 17 ? record[1].dropFirst(5) : ""].filter {
      $0.count == 12 && record.count > 2 && $0 != record[2] && record[2].count == 12
    }
  }
  let disputed = truth.filter { $0.outcome == "disputed" && $0.reasons.contains("insurance_number_not_id") }
  #expect(disputed.count > 300)
  #expect(others.count { ids.contains($0) } == disputed.count)
  #expect(others.count > disputed.count + 300)
}

@Test(
  "a cancelled number is no person's, and half of the records of its person have it",
  arguments: ExportForm.allCases)
func previousNumbers(form: ExportForm) throws {
  var options = GeneratorOptions(people: 4000, seed: 9, populationFormat: form, rates: .none)
  let before = try Invented(options)
  options.previous = 0.2
  options.hasResidence = form == .csv
  let after = try Invented(options)
  func ids(_ invented: Invented) throws -> [Substring] {
    try invented.lines("insurance-2026-11-23.csv").dropFirst().map {
      $0.split(separator: ",", omittingEmptySubsequences: false)[2]
    }
  }
  let (own, now) = (try ids(before), try ids(after))
  let population = try after.lines("population-2026-11-23.\(form.rawValue)")
  let previous = population.compactMap { line in
    form == .csv
      ? line.split(separator: ",", omittingEmptySubsequences: false).last
      : line.firstMatch(of: /<SoDinhDanhCu>(.+)</)?.1
  }.filter { $0.count == 12 && $0.first?.isNumber == true }
  #expect(abs(previous.count - 800) < 120)
  #expect(Set(previous).isDisjoint(with: own))
  let old = zip(own, now).filter { $0 != $1 }.map(\.1)
  #expect(abs(old.count * 2 - previous.count) < 120)
  #expect(Set(previous).isSuperset(of: old))
  // The lines differ in XML, where a person has one more element.
  func ends(_ invented: Invented) throws -> [String] {
    try invented.truth().map { "\($0.outcome) \($0.reasons)" }
  }
  #expect(try ends(after) == ends(before))
  #expect(try after.lines("pipeline.yaml").contains { $0.hasPrefix("      previous_id: SoDinhDanhCu") })
}

@Test("facilities with a new code: half of their cards have it, and the table says which replaces which")
func recoded() throws {
  var options = GeneratorOptions(people: 5000, seed: 11, rates: .none, facilities: 200)
  func codes() throws -> [Substring] {
    try Invented(options).lines("insurance-2026-11-23.csv").dropFirst().map {
      $0.split(separator: ",", omittingEmptySubsequences: false)[6]
    }
  }
  let before = try codes()
  options.recoded = 0.2
  let after = try codes()
  let table = try Invented(options).lines("facilities.csv").map {
    $0.split(separator: ",", omittingEmptySubsequences: false)
  }
  #expect(table[0] == ["code", "name", "province_2025", "successor", "successor_from"])
  let successors = Dictionary(
    uniqueKeysWithValues: table.dropFirst().map { (String($0[0]), String($0[3])) })
  let recoded = successors.filter { !$0.value.isEmpty }
  #expect((25...75).contains(recoded.count))
  #expect(Set(successors.keys).isSuperset(of: recoded.values))
  var kept = 0
  for (was, now) in zip(before, after) where was != now || recoded[String(was)] != nil {
    if was == now { kept += 1 } else { #expect(recoded[String(was)] == String(now)) }
  }
  let moved = zip(before, after).count { $0 != $1 }
  #expect(abs(moved - kept) < (moved + kept) / 4 && kept > 100)
  #expect(after.allSatisfy { $0.isEmpty || successors[String($0)] != nil })
  let pipeline = try Invented(options).lines("pipeline.yaml").joined(separator: "\n")
  #expect(
    pipeline.hasSuffix(
      "facilities:                      # names, and codes that replace others\n  file: facilities.csv"))
}

@Test(
  "the province of residence is that of the card's facility, by a code of before or since July 2025",
  arguments: ExportForm.allCases)
func residence(form: ExportForm) throws {
  var options = GeneratorOptions(people: 2000, seed: 12, populationFormat: form, rates: .none)
  let before = try Invented(options).lines("population-2026-11-23.\(form.rawValue)")
  options.hasResidence = true
  let invented = try Invented(options)
  let population = try invented.lines("population-2026-11-23.\(form.rawValue)")
  if form == .csv {
    #expect(population.map { $0[..<($0.lastIndex(of: ",") ?? $0.startIndex)] } == before)
  } else {
    #expect(population.filter { !$0.contains("TinhCuTru") } == before)
  }
  let codes = population.compactMap { line in
    form == .csv
      ? line.split(separator: ",").last.flatMap { Int($0) }
      : line.firstMatch(of: /<TinhCuTru>(..)</).flatMap { Int($0.1) }
  }
  #expect(codes.count == 2000 && codes.contains(74) && codes.contains(79))
  let facilities = try invented.lines("insurance-2026-11-23.csv").dropFirst().compactMap {
    Int($0.split(separator: ",", omittingEmptySubsequences: false)[6].prefix(2))
  }
  func counts(_ codes: [Int]) -> [Int: Int] {
    codes.reduce(into: [:]) { $0[ProvinceOfToday.of($1)?.code ?? 0, default: 0] += 1 }
  }
  // One card in a hundred has no facility.
  for (code, count) in counts(facilities) { #expect(counts(codes)[code, default: 0] >= count) }
}

@Test("by default about seven insured people in a hundred are not linked")
func defaultRates() throws {
  let report = try Invented(GeneratorOptions(people: 50_000, seed: 3)).report
  let linked = Double(report.outcomes(.insurance)["linked"] ?? 0) / Double(report.records(.insurance))
  #expect((0.91...0.945).contains(linked))
}

@Test("a group of troubles is set as one")
func groups() throws {
  let report = try Invented(
    GeneratorOptions(people: 20_000, seed: 4, rates: try rates([("disputed", 0.2)]))
  ).report
  #expect(abs((report.outcomes(.insurance)["disputed"] ?? 0) - 4000) < 250)
}

@Test("a name of a rate that is not known is refused with the nearest ones")
func unknownRate() throws {
  var rates = TroubleRates.default
  let stop = #expect(throws: Stop.self) { try rates.set(name: "disputed_nam", rate: 0.1) }
  #expect(stop?.exit == .usage)
  #expect(stop?.finding.remedy == "The names nearest to it: disputed_name, disputed_i_y, disputed_lunar.")
  let share = #expect(throws: Stop.self) { try rates.set(name: "disputed_name", rate: 1.5) }
  #expect(share?.exit == .usage)
}

@Test("options that can't be met are refused")
func refusedOptions() {
  #expect(throws: Stop.self) { try Invented(GeneratorOptions(people: 0, seed: 1)).report }
  #expect(throws: Stop.self) { try Invented(GeneratorOptions(people: 1, seed: 1, filesPerExport: 0)).report }
  #expect(throws: Stop.self) {
    try Invented(GeneratorOptions(people: 1, seed: 1, asOf: CalendarDate(packed: 19_990_228))).report
  }
}

@Test("a few people, more files than people", arguments: 1...5)
func few(people: Int) throws {
  let report = try Invented(GeneratorOptions(people: people, seed: 1, filesPerExport: 12, rates: .none))
    .report
  #expect(report.records(.population) == people)
  #expect(report.records(.insurance) == people)
}

@Test("files that are asked for are gzip, and only the owner can read any")
func gzip() throws {
  let invented = try Invented(
    GeneratorOptions(people: 600, seed: 1, gzip: [ExportPart(.population, part: 2)], filesPerExport: 2))
  #expect(invented.report.files[1] == "population-2026-11-23-2.csv.gz")
  #expect(try invented.bytes(invented.report.files[1]).prefix(2) == Data([0x1F, 0x8B]))
  for name in invented.report.files {
    let attributes = try FileManager.default.attributesOfItem(
      atPath: invented.folder.appending(path: name).path)
    #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
  }
}

private func rates(_ changes: [(String, Double)]) throws -> TroubleRates {
  var rates = TroubleRates.none
  for (name, rate) in changes { try rates.set(name: name, rate: rate) }
  return rates
}
