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
  try generator.writePopulation()
  try generator.writeInsurance()
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

  // MARK: Population

  mutating func writePopulation() throws(Stop) {
    let order = Permutation(size: options.people * 2, seed: mixed(options.seed ^ 0x506F_7031))
    var counts = [Int](repeating: 0, count: TrueOutcome.allCases.count)
    for part in 1...options.filesPerExport {
      let name = name(.population, part)
      let nameBytes = Array(name.utf8)
      var file = try GeneratedFile(directory + "/" + name, gzip: isZipped(.population, part))
      let positions = positions(part)
      var csv = CSVWriter()
      var xml = XMLWriter()
      let isXML = options.populationFormat == .xml
      if isXML {
        var records = 0
        for position in positions {
          let slot = order.place(of: position)
          if slot & 1 < draw.trouble(of: slot >> 1).populationRows { records += 1 }
        }
        xml.beginPopulation(records: records, asOf: options.date, in: &file)
      } else {
        csv.begin(
          options.hasUnreadColumns
            ? "SoDinhDanh,SoCMND,HoVaTen,NgaySinh,GioiTinh,TrangThai,DanToc,QuocTich,ThuongTru"
            : "SoDinhDanh,SoCMND,HoVaTen,NgaySinh,GioiTinh,TrangThai", in: &file)
      }
      for position in positions {
        let slot = order.place(of: position)
        let trouble = draw.trouble(of: slot >> 1)
        guard slot & 1 < trouble.populationRows else { continue }
        let isLater = trouble == .populationRepeated && order.number(at: slot ^ 1) < position
        let person = people.person(slot >> 1, trouble)
        let end = people.population(person, isOther: slot & 1 == 1, isLater: isLater, in: &row)
        let line =
          isXML
          ? xml.writePopulation(row, to: &file)
          : csv.write(row, joined: PopulationField.family...PopulationField.given, to: &file)
        try file.endRecord()
        try truth.write("population", nameBytes, line: line, end)
        counts[end.outcome.rawValue] += 1
      }
      if isXML { xml.endPopulation(in: &file) }
      try file.finish()
      report.files.append(name)
    }
    report.populationRecords = counts.reduce(0, +)
    report.populationOutcomes = Self.named(counts)
  }

  // MARK: Insurance

  mutating func writeInsurance() throws(Stop) {
    let order = Permutation(size: options.people * 2, seed: mixed(options.seed ^ 0x496E_7332))
    var counts = [Int](repeating: 0, count: TrueOutcome.allCases.count)
    for part in 1...options.filesPerExport {
      let name = name(.insurance, part)
      let nameBytes = Array(name.utf8)
      var file = try GeneratedFile(directory + "/" + name, gzip: isZipped(.insurance, part))
      var csv = CSVWriter()
      var xml = XMLWriter()
      let isXML = options.insuranceFormat == .xml
      if isXML {
        xml.beginInsurance(in: &file)
      } else {
        csv.begin(
          options.hasUnreadColumns
            ? "MaSoBHXH,MaTheBHYT,SoCCCD,HoTen,NgaySinh,GioiTinh,MaDKBD,GtTheTu,GtTheDen,NgayDu5Nam,MaKV,DiaChi,CqBHXH"
            : "MaSoBHXH,MaTheBHYT,SoCCCD,HoTen,NgaySinh,GioiTinh,MaDKBD,GtTheTu,GtTheDen,NgayDu5Nam,MaKV",
          in: &file)
      }
      for position in positions(part) {
        let slot = order.place(of: position)
        let trouble = draw.trouble(of: slot >> 1)
        guard slot & 1 < trouble.insuranceRows else { continue }
        let person = people.person(slot >> 1, trouble)
        let end = people.insurance(person, isOther: slot & 1 == 1, in: &row)
        let line = isXML ? xml.writeInsurance(row, to: &file) : csv.write(row, to: &file)
        try file.endRecord()
        try truth.write("insurance", nameBytes, line: line, end)
        counts[end.outcome.rawValue] += 1
      }
      if isXML { xml.endInsurance(in: &file) }
      try file.finish()
      report.files.append(name)
    }
    report.insuranceRecords = counts.reduce(0, +)
    report.insuranceOutcomes = Self.named(counts)
  }

  // MARK: Pipeline file

  consuming func finish() throws(Stop) -> GeneratorReport {
    var pipeline = try GeneratedFile(directory + "/pipeline.yaml", gzip: false)
    let exports = report.files
    // A thousand file names exceed the room for one record.
    for line in pipelineText(
      options, population: Array(exports.prefix(options.filesPerExport)),
      insurance: Array(exports.suffix(options.filesPerExport))
    ).split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      pipeline.append(String(line) + "\n")
      try pipeline.endRecord()
    }
    try pipeline.finish()
    report.files += ["truth.csv", "pipeline.yaml"]
    let report = report
    try truth.finish()
    return report
  }

  private func isZipped(_ register: ExportPart.Register, _ part: Int) -> Bool {
    options.gzip.contains(ExportPart(register, part: part))
  }

  /// Part numbers have equal widths, so that the files sort in the order of writing.
  private func name(_ register: ExportPart.Register, _ part: Int) -> String {
    var name = "\(register.rawValue)-\(isoText(options.date))"
    if options.filesPerExport > 1 {
      let number = String(part)
      let width = String(options.filesPerExport).utf8.count
      name += "-" + String(repeating: "0", count: width - number.utf8.count) + number
    }
    name += "." + (register == .population ? options.populationFormat : options.insuranceFormat).rawValue
    return isZipped(register, part) ? name + ".gz" : name
  }

  private func positions(_ part: Int) -> Range<Int> {
    let all = options.people * 2
    return all * (part - 1) / options.filesPerExport..<all * part / options.filesPerExport
  }

  private static func named(_ counts: [Int]) -> [String: Int] {
    var named: [String: Int] = [:]
    for outcome in TrueOutcome.allCases where counts[outcome.rawValue] > 0 {
      named["\(outcome.name)"] = counts[outcome.rawValue]
    }
    return named
  }
}
