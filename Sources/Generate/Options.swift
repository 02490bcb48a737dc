// The options of the generator: how many people, from which seed, in which formats, with how much trouble.
// Invariant: equal options give equal bytes on every machine.

package import Values

/// The format of an export.
package enum ExportForm: String, Sendable, CaseIterable { case csv, xml }

/// One file of the generated exports.
package struct ExportPart: Hashable, Sendable {
  package var register: ExportKind
  /// From 1.
  package var part: Int

  package init(_ register: ExportKind, part: Int) { (self.register, self.part) = (register, part) }
}

package struct GeneratorOptions: Sendable {
  /// From 1 to ``largestPeople``.
  package var people: Int
  package var seed: UInt64
  package var populationFormat: ExportForm
  package var insuranceFormat: ExportForm
  /// The files to write as gzip; their names end in `.gz`.
  package var gzip: Set<ExportPart>
  package var filesPerExport: Int
  /// The business date of the exports: no birth lies after it, and cards are valid around it.
  package var asOf: CalendarDate
  package var rates: TroubleRates
  /// The share of people whose own ID number has replaced the 10-digit insurance number, in the card number too.
  package var renumbered: Double
  /// The number of facilities in all 63 provinces.
  ///
  /// It is rounded up, because each province has the same number.
  package var facilities: Int
  /// CSV only: whether to add columns that the pipeline does not read, as real exports have them: ethnicity,
  /// nationality and address in the population, address and managing office in the insurance.
  package var hasUnreadColumns: Bool
  /// Whether the population has a column for the province of residence.
  package var hasResidence = false
  /// The share of people whose earlier personal ID number was cancelled, among those without a trouble.
  ///
  /// With a share above zero the population has a column for that number; the insurance records of half of these people
  /// still hold it.
  package var previous = 0.0
  /// The share of facilities that got a new code; half of the cards there have it.
  ///
  /// With a share above zero the table of facilities is written, and the pipeline file names it.
  package var recoded = 0.0
  /// How many nights of changes follow the insurance export, which is then the base of a series.
  package var nights = 0
  /// The share of insurance records that a night changes.
  package var change = 0.01

  package init(
    people: Int, seed: UInt64, populationFormat: ExportForm = .csv, insuranceFormat: ExportForm = .csv,
    gzip: Set<ExportPart> = [], filesPerExport: Int = 1,
    asOf: CalendarDate = usualDate, rates: TroubleRates = .default,
    renumbered: Double = 0, facilities: Int = 819, hasUnreadColumns: Bool = false
  ) {
    self.people = people
    self.seed = seed
    self.populationFormat = populationFormat
    self.insuranceFormat = insuranceFormat
    self.gzip = gzip
    self.filesPerExport = filesPerExport
    self.asOf = asOf
    self.rates = rates
    self.renumbered = renumbered
    self.facilities = facilities
    self.hasUnreadColumns = hasUnreadColumns
  }

  package static let usualDate = CalendarDate(packed: 20_261_123)
  /// At most as many newborns may share their last six digits as there are combinations of province and sex.
  package static let largestPeople = 120_000_000
  package static let largestFiles = 1000
  package static let largestNights = 366
  package static let largestFacilities = Places.provinceCount * Places.largestFacilityCount

  var facilitiesPerProvince: Int { (facilities + Places.provinceCount - 1) / Places.provinceCount }

  func form(of register: ExportKind) -> ExportForm {
    register == .population ? populationFormat : insuranceFormat
  }

  /// Refuses options that can't be met.
  func check() throws(Stop) {
    func number(_ given: Int, upTo largest: Int, at option: String, _ remedy: String) throws(Stop) {
      try need(
        (1...largest).contains(given), at: option, "a number from 1 to \(largest)", found: "\(given)", remedy)
    }
    func need(
      _ isMet: Bool, at option: String, _ expected: String, found: String, _ remedy: String
    ) throws(Stop) {
      guard isMet else { throw Stop(.usage, at: option, expected: expected, found: found, remedy: remedy) }
    }
    try number(
      people, upTo: Self.largestPeople, at: "--people",
      "Choose fewer people, or generate several folders with different seeds.")
    try number(filesPerExport, upTo: Self.largestFiles, at: "--files", "Choose fewer files.")
    try number(facilities, upTo: Self.largestFacilities, at: "--facilities", "Choose fewer facilities.")
    try need(
      !hasUnreadColumns || populationFormat == .csv && insuranceFormat == .csv, at: "--unread-columns",
      "both exports as CSV", found: "XML", "Leave the option out, or --format xml.")
    try need(
      asOf.precision == .day && (2000...2399).contains(asOf.year), at: "--as-of",
      "a day from the year 2000 to 2399", found: asOf.text, "Give a date such as 2026-11-23.")
    try need(
      (0...1).contains(renumbered), at: "--renumbered", "a share from 0 to 1", found: "\(renumbered)",
      "All people are 1.")
    try need(
      (0...1).contains(previous), at: "--previous", "a share from 0 to 1", found: "\(previous)",
      "One person in a hundred is 0.01.")
    try need(
      (0...1).contains(recoded), at: "--recoded", "a share from 0 to 1", found: "\(recoded)",
      "One facility in twenty is 0.05.")
    try need(
      (0...Self.largestNights).contains(nights), at: "--nights", "a number from 0 to \(Self.largestNights)",
      found: "\(nights)", "Choose fewer nights.")
    try need(
      (0...1).contains(change), at: "--change", "a share from 0% to 100%", found: "\(change)",
      "Give a share such as 1%.")
    try need(
      nights == 0 || insuranceFormat == .csv && !hasUnreadColumns, at: "--nights",
      "an insurance export as CSV, without unread columns", found: "another form",
      "Leave out --insurance-format and --unread-columns.")
    try need(
      rates.sum <= 1, at: "--rate", "rates whose sum is at most 1", found: "a sum of \(rates.sum)",
      "A person has one trouble at most: lower some of the rates.")
  }
}
