// The settings of one export in the pipeline file that staging needs.

package import Rules
package import Values

/// How the records of one export are read and checked.
package struct ExportRules: Sendable {
  package var export: ExportKind
  package var fields: [Field: FieldSource]
  /// The column or path of each field, as messages name it.
  package var columnNames: [Field: String]
  /// The export's codes; if empty, the canonical names are read.
  package var sexCodes: [(bytes: [UInt8], sex: Sex)]
  package var statusCodes: [(bytes: [UInt8], status: PersonStatus)]
  /// What the export's own words for provinces of residence mean; codes need no list.
  package var residenceCodes: [(bytes: [UInt8], residence: Residence)] = []
  /// Values that mean "no value", compared after trimming.
  package var emptyValues: [[UInt8]]
  /// Patterns, tried in order.
  package var datePatterns: [DatePattern]
  /// Patterns of lines that are not records; tried on lines that would be quarantined.
  package var footers: [LinePattern] = []
  /// XML only: fields whose element may be missing from a whole file.
  package var mayBeAbsent: [Field] = []
  /// The groups of the armed forces.
  package var armedForces = ArmedForces()
  /// Fields with parallel lists: one record for each position.
  package var split: (separator: UInt8, fields: [Field])?
  /// Whether to write names in capitals after decoding, because the encoding has no capitals with tone marks.
  package var uppercaseNames: Bool
  /// Whether names come from an old encoding, which their records get a note about.
  package var convertsNames = false
  /// What the files' records do, if they are deltas; nil for full exports.
  package var changes: ChangeRules?
  /// The business date; no birth date may lie after it.
  package var asOf: CalendarDate
  /// Persons whose records are held back.
  package var erased = ErasedPersons()

  package static let defaultEmptyValues: [[UInt8]] = ["", "-", "NULL"].map { Array($0.utf8) }

  package init(
    export: ExportKind, fields: [Field: FieldSource], columnNames: [Field: String] = [:],
    sexCodes: [(bytes: [UInt8], sex: Sex)] = [], statusCodes: [(bytes: [UInt8], status: PersonStatus)] = [],
    emptyValues: [[UInt8]] = ExportRules.defaultEmptyValues, datePatterns: [DatePattern],
    split: (separator: UInt8, fields: [Field])? = nil, uppercaseNames: Bool = false, asOf: CalendarDate
  ) {
    self.export = export
    self.fields = fields
    self.columnNames = columnNames
    self.sexCodes = sexCodes
    self.statusCodes = statusCodes
    self.emptyValues = emptyValues
    self.datePatterns = datePatterns
    self.split = split
    self.uppercaseNames = uppercaseNames
    self.asOf = asOf
  }

  var sexList: CodeList {
    let codes = sexCodes.isEmpty ? Sex.allCases.map { (Array($0.name.utf8), $0) } : sexCodes
    return CodeList(codes.map { (bytes: $0.0, value: $0.1.rawValue) })
  }
  /// Nil if the export has no residence.
  var residenceList: CodeList? {
    fields[.residenceProvince] == nil
      ? nil : CodeList(residenceCodes.map { (bytes: $0.bytes, value: $0.residence.rawValue) })
  }
  var statusList: CodeList {
    let codes = statusCodes.isEmpty ? PersonStatus.allCases.map { (Array($0.name.utf8), $0) } : statusCodes
    return CodeList(codes.map { (bytes: $0.0, value: $0.1.rawValue) })
  }
}
