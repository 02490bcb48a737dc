// Generates invented exports: the population register, the insurance register, the truth about both, and a
// pipeline file.
// Invariant: equal options give equal bytes on every machine; memory does not grow with the number of people;
// no name or number belongs to a real person.
// Load: hundreds of thousands of people per second on one core; national scale in a few minutes.
//
// A person has two slots in each export. Each export permutes its slots in its own way, so that neither is
// sorted and the two records of one person are far apart. The person's trouble decides how many slots are
// filled: usually one, sometimes two or none.

internal import Files
package import Values

/// Writes exports of invented people into a folder, with `truth.csv` and `pipeline.yaml`.
///
/// - Parameter directory: created with mode 0700 if it does not exist; files of the same names are
///   overwritten.
/// - Returns: the files' names, and how many records of each export must end in which outcome.
/// - Throws: ``Stop`` with ``Exit/usage`` for options that can't be met, ``Exit/cannotCreate`` or
///   ``Exit/inputOutput`` when the folder can't be written.
/// - Complexity: O(*people*) time, constant memory.
package func generate(into directory: String, _ options: GeneratorOptions) throws(Stop) -> GeneratorReport {
  try options.check()
  try Folder.create(directory)
  var generator = try Generator(directory, options)
  for register in ExportKind.allCases { try generator.write(register) }
  if options.nights > 0 { try generator.writeNights() }
  return try generator.finish()
}

private struct Generator: ~Copyable {
  private let directory: String
  private let options: GeneratorOptions
  private let people: People
  private let draw: TroubleDraw
  private var truth: TruthFile
  private var row = FieldRow()
  private var report = GeneratorReport()

  init(_ directory: String, _ options: GeneratorOptions) throws(Stop) {
    self.directory = directory
    self.options = options
    people = People(options)
    draw = TroubleDraw(options.rates, people: options.people, seed: options.seed)
    truth = try TruthFile(directory + "/truth.csv")
  }

  mutating func write(_ register: ExportKind) throws(Stop) {
    let draw = draw
    let salt: UInt64 = register == .population ? 0x506F_7031 : 0x496E_7332
    let order = Permutation(size: options.people * 2, seed: mixed(options.seed ^ salt))
    var counts = [Int](repeating: 0, count: Outcome.allCases.count)
    func filledSlot(_ position: Int) -> Int? {
      let slot = order.place(of: position)
      return slot & 1 < draw.trouble(of: slot >> 1).recordCount(in: register) ? slot : nil
    }
    for part in 1...options.filesPerExport {
      let name = name(register, part)
      let nameBytes = Array(name.utf8)
      let positions = positions(part)
      let needsCount = register == .population && options.populationFormat == .xml
      var file = try ExportFile(
        directory + "/" + name, ExportPart(register, part: part), options,
        records: needsCount ? positions.count { filledSlot($0) != nil } : 0)
      for position in positions {
        guard let slot = filledSlot(position) else { continue }
        let trouble = draw.trouble(of: slot >> 1)
        let isLater = trouble == .populationRepeated && order.number(at: slot ^ 1) < position
        let person = people.person(slot >> 1, trouble)
        let end =
          register == .population
          ? people.population(person, isOther: slot & 1 == 1, isLater: isLater, in: &row)
          : people.insurance(person, isOther: slot & 1 == 1, in: &row)
        try truth.write(register.name, nameBytes, line: file.write(row), end)
        counts[Int(end.outcome.rawValue)] += 1
      }
      try file.finish()
      report.files.append(name)
    }
    let occurring = Outcome.allCases.filter { counts[Int($0.rawValue)] > 0 }
    report.counts[register] = Dictionary(
      uniqueKeysWithValues: occurring.map { ($0.name, counts[Int($0.rawValue)]) })
  }

  consuming func finish() throws(Stop) -> GeneratorReport {
    let population = Array(report.files.prefix(options.filesPerExport))
    let insurance = Array(report.files[options.filesPerExport..<2 * options.filesPerExport])
    try write(
      pipelineText(options, population: population, insurance: insurance, isSeries: options.nights > 0),
      to: "pipeline.yaml")
    report.files += ["truth.csv", "pipeline.yaml"]
    if options.recoded > 0 {
      try GeneratedFacility.writeTable(directory + "/facilities.csv", options)
      report.files.append("facilities.csv")
    }
    if options.nights > 0 {
      let text = pipelineText(options, population: population, insurance: [Self.afterwards])
      try write(text.replacing("workspace: var ", with: "workspace: var-after "), to: "after.yaml")
      report.files.append("after.yaml")
    }
    let report = report
    try truth.finish()
    return report
  }

  private func write(_ text: String, to name: String) throws(Stop) {
    var file = try GeneratedFile(directory + "/" + name, gzip: false)
    // A thousand file names exceed the room for one record.
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      file.append(String(line) + "\n")
      try file.endRecord()
    }
    try file.finish()
  }

  // MARK: Nights

  /// The full export of the last night.
  private static let afterwards = "after-insurance.csv"

  /// Writes a delta for each night, and the insurance export of the last night as a whole.
  mutating func writeNights() throws(Stop) {
    let nights = Nights(options)
    let order = Permutation(size: options.people * 2, seed: mixed(options.seed ^ 0x496E_7332))
    for night in 1...nights.count {
      let name = "insurance-\(1000 + night)-delta.csv"
      let nameBytes = Array(name.utf8)
      var file = try ExportFile(delta: directory + "/" + name)
      let day = options.asOf.adding(days: night)
      for position in 0..<options.people * 2 {
        guard let index = changing(order.place(of: position)) else { continue }
        for record in nights.records(of: index, on: night, day) {
          let after = changed(record.content, isFirstOfTwo: record.isFirstOfTwo)
          _ = people.insurance(people.person(index, .none), isOther: false, changed: after, in: &row)
          let line = try file.write(row, record.operation, record.time) { field in
            record.operation == "X" ? field < 2 : record.outcome != .quarantined || field != 3
          }
          try truth.write(delta: nameBytes, line: line, record.outcome)
        }
      }
      try file.finish()
      report.files.append(name)
    }
    try writeAfterwards(nights, order)
  }

  private mutating func writeAfterwards(_ nights: Nights, _ order: Permutation) throws(Stop) {
    var file = try ExportFile(
      directory + "/" + Self.afterwards, ExportPart(.insurance, part: 0), options, records: 0)
    for position in 0..<options.people * 2 {
      let slot = order.place(of: position)
      let trouble = draw.trouble(of: slot >> 1)
      guard slot & 1 < trouble.recordCount(in: .insurance) else { continue }
      var state = NightState()
      if let index = changing(slot) { state = nights.state(of: index, after: nights.count) }
      guard state.isInForce else { continue }
      _ = people.insurance(
        people.person(slot >> 1, trouble), isOther: slot & 1 == 1,
        changed: changed(state.night, isFirstOfTwo: false), in: &row)
      _ = try file.write(row)
    }
    try file.finish()
    report.files.append(Self.afterwards)
  }

  /// The person whose record in a slot may change: one without trouble.
  private func changing(_ slot: Int) -> Int? {
    slot & 1 == 0 && draw.trouble(of: slot >> 1) == .none ? slot >> 1 : nil
  }

  /// What an update of a night writes, a day that no other night and not the base writes; nil for the base's record.
  private func changed(_ night: Int, isFirstOfTwo: Bool) -> CalendarDate? {
    night == 0 ? nil : CalendarDate(options.asOf.year + (isFirstOfTwo ? 8 : 6), 1, 1).adding(days: night)
  }

  /// Part numbers have equal widths, so that the files sort in the order of writing.
  private func name(_ register: ExportKind, _ part: Int) -> String {
    let isBase = register == .insurance && options.nights > 0
    var name = isBase ? "insurance-1000-full" : "\(register.name)-\(options.asOf.text)"
    if options.filesPerExport > 1 {
      let number = String(part)
      let width = String(options.filesPerExport).utf8.count
      name += "-" + String(repeating: "0", count: width - number.utf8.count) + number
    }
    name += "." + options.form(of: register).rawValue
    return options.gzip.contains(ExportPart(register, part: part)) ? name + ".gz" : name
  }

  private func positions(_ part: Int) -> Range<Int> {
    let all = options.people * 2
    return all * (part - 1) / options.filesPerExport..<all * part / options.filesPerExport
  }
}
