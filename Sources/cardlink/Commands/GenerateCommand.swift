// cardlink generate: invented people to try the program with.

import ArgumentParser
import Generate
import Pipeline
import Run
import Values

struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Write exports of invented people, with every kind of trouble.",
    usage: "cardlink generate <directory> --people <people> --seed <seed> [options]",
    discussion: """
      Writes a population export, an insurance export, a pipeline file that reads
      them, and truth.csv, which says how each record must end. The same seed gives
      the same bytes on every machine.
        cardlink generate /tmp/invented --people 100000 --seed 7
        cardlink run /tmp/invented/pipeline.yaml
      With --nights the insurance export is the base of a series (docs/deliveries.md)
      with a delta for each night; after.yaml reads the insurance export that they
      lead to.
        cardlink generate /tmp/series --people 100000 --seed 7 --nights 7 --change 1%
      No name or number belongs to a real person.
      """)
  @Argument(help: ArgumentHelp("The folder to write into.", valueName: "directory")) var directory: String
  @Option(help: "How many people.") var people: Int
  @Option(help: "The seed.") var seed: UInt64
  @Option(help: "The format of both exports: csv or xml.") var format: String = "csv"
  @Option(name: .customLong("population-format"), help: "The population export's format, if it differs.")
  var populationFormat: String?
  @Option(name: .customLong("insurance-format"), help: "The insurance export's format, if it differs.")
  var insuranceFormat: String?
  @Option(
    help: ArgumentHelp("How often a trouble occurs, such as disputed_name=0.02.", valueName: "trouble=rate"))
  var rate: [String] = []
  @Option(
    help: ArgumentHelp(
      "The share of people whose own ID number has replaced the 10-digit insurance number.",
      valueName: "share"))
  var renumbered: Double = 0
  @Flag(help: "The population has the province of residence.") var residence = false
  @Option(
    help: ArgumentHelp(
      "The share of people with a cancelled earlier personal ID number, which half of their cards still have.",
      valueName: "share"))
  var previous: Double = 0
  @Option(
    help: ArgumentHelp(
      "The share of facilities that got a new code, and a table of facilities that says which.",
      valueName: "share"))
  var recoded: Double = 0
  @Option(help: "Write the last file of this export as gzip: population or insurance.") var gzip: [String] =
    []
  @Option(name: .customLong("files"), help: "How many files each export is cut into.") var files: Int = 1
  @Option(help: "How many health facilities people are registered with, about.") var facilities: Int = 819
  @Flag(
    name: .customLong("unread-columns"),
    help: "CSV with columns that cardlink leaves alone as well, as real exports have them.")
  var unreadColumns = false
  @Option(help: "How many nights of changes of the insurance follow.") var nights = 0
  @Option(help: "The share of insurance records that a night changes.") var change = "1%"
  @Option(
    name: .customLong("as-of"), help: ArgumentHelp("The business date of the exports.", valueName: "date"))
  var asOf: BusinessDate?

  func validate() throws {
    for format in [format, populationFormat, insuranceFormat].compactMap({ $0 })
    where ExportForm(rawValue: format) == nil {
      throw ValidationError("--format takes csv or xml.")
    }
    if people < 1 { throw ValidationError("--people takes a number above zero.") }
    if files < 1 || files > 1000 { throw ValidationError("--files takes a number from 1 to 1000.") }
  }
}

extension GenerateCommand {
  /// `1%` or `0.01`.
  private func share(_ text: String) throws -> Double {
    let digits = text.hasSuffix("%") ? String(text.dropLast()) : text
    guard let number = Double(digits) else { throw ValidationError("--change takes a share such as 1%.") }
    return text.hasSuffix("%") ? number / 100 : number
  }

  func run() throws {
    var rates = TroubleRates.default
    for text in rate {
      let parts = text.split(separator: "=")
      guard parts.count == 2, let value = Double(parts[1]) else {
        throw ValidationError("--rate takes trouble=rate, such as disputed_name=0.02.")
      }
      try rates.set(name: String(parts[0]), rate: value)
    }
    let date = asOf?.date ?? GeneratorOptions.usualDate
    var options = GeneratorOptions(
      people: people, seed: seed,
      populationFormat: ExportForm(rawValue: populationFormat ?? format) ?? .csv,
      insuranceFormat: ExportForm(rawValue: insuranceFormat ?? format) ?? .csv,
      gzip: Set(
        gzip.compactMap { part in
          ExportKind(name: part).map { ExportPart($0, part: files) }
        }),
      filesPerExport: files,
      asOf: date, rates: rates, renumbered: renumbered,
      facilities: facilities, hasUnreadColumns: unreadColumns)
    options.hasResidence = residence
    options.previous = previous
    options.recoded = recoded
    options.nights = nights
    options.change = try share(change)
    let report = try generate(into: Paths.absolute(directory), options)
    StandardOutput.summarize(
      "\(FigureText.grouped(report.records(.population))) population and \(FigureText.grouped(report.records(.insurance))) insurance records:"
    )
    for file in report.files { print("  \(directory)/\(file)") }
    print("\nTry next:\n  cardlink run \(directory)/pipeline.yaml --as-of \(date.text)")
  }
}
