// The content of a pipeline file, checked, with every path made absolute.
// Invariant: a value of this type has passed every check that needs no export.

package import Publish
package import Values

/// One pipeline: two exports, a workspace, a store.
package struct Pipeline: Hashable, Sendable {
  /// The pipeline file, as the user named it.
  package var path: String
  /// The file's text, which a resumed run compares.
  package var text: String
  package var name = ""
  package var workspace = ""
  package var population = ExportSpec(kind: .population)
  package var insurance = ExportSpec(kind: .insurance)
  /// The SQLite file; absolute, or inside the workspace.
  package var store = ""
  /// The connection text for libpq of the PostgreSQL server with a copy of the store; nil for none.
  package var postgresql: String?
  /// The limits that a run must keep before it is loaded.
  package var gates = GateLimits()
  /// What is kept after a run.
  package var keep = Retention()
  /// Who gets which packages.
  package var publish = PublishPolicy()
  /// Who besides the facilities gets answers.
  package var consumers: [ConsumerPolicy] = []
  /// How attestations for wallets are made; nil for none.
  package var attestations: AttestationTerms?
  /// The table of facilities; nil for none.
  package var facilities: FacilityFile?
  /// How many days a person in force stays while today's data about the person is doubtful; nil: none.
  package var graceDays: Int?
  /// The path of the metrics for a monitoring system; absolute.
  package var metrics: String?
  /// The workspace that the user gave on the command line, if any.
  package var givenWorkspace: String?

  /// A pipeline of which only the file is known.
  init(path: String, text: String) { (self.path, self.text) = (path, text) }

  package func export(_ kind: ExportKind) -> ExportSpec { kind == .population ? population : insurance }

  /// The store's path, for the given workspace.
  package func storePath(in workspace: String) -> String {
    store.hasPrefix("/") ? store : workspace + "/" + store
  }
}

/// The pipeline file's description of the table of facilities.
package struct FacilityFile: Hashable, Sendable {
  /// Absolute.
  package var path = ""
  package var encoding: String?
  package var delimiter = Array(",".utf8)

  init() {}
}

/// The pipeline file's description of one export.
package struct ExportSpec: Hashable, Sendable {
  package enum Format: String, Sendable { case csv, xml }

  /// The source of a canonical field's value.
  package indirect enum Source: Hashable, Sendable {
    case column(String)
    /// The parts that have a value, joined by a space.
    case joined([Source])
    /// The first source that has a value.
    case any([Source])

    /// The columns or paths it reads, in order.
    package var columns: [String] {
      switch self {
      case .column(let name): [name]
      case .joined(let parts), .any(let parts): parts.flatMap(\.columns)
      }
    }
  }

  package struct Split: Hashable, Sendable {
    package var separator: UInt8
    package var fields: [String]
  }

  /// How a base and its deltas are delivered.
  package struct Delta: Hashable, Sendable {
    /// Whether the export has deltas; else every delivery is full.
    package var isOn = false
    /// Patterns of the full export; ``ExportSpec/files`` are the deltas.
    package var base: [FilePattern] = []
    /// Where the number of a delivery is.
    package var numbers = Numbers.fileName
    /// A regular expression with the group `sequence`, for names.
    package var pattern: String?
    /// The column or path of the number, in a record or in ``numberElement``.
    package var numberField: String?
    /// The element of the envelope that holds it.
    package var numberElement: String?
    /// The ending of the side file with a delivery's control totals, added to the delivery's name.
    package var control: String?
    package var operationField: String?
    package var operationCodes: [Code]?
    package var identity: [String]
    package var orderBy: String?
    /// Whether deltas can delete.
    package var deletes = true

    package enum Numbers: String, Hashable, Sendable, CaseIterable {
      case fileName = "file_name"
      case column, envelope, control
    }
  }

  package struct Code: Hashable, Sendable {
    package var code: String
    package var value: String
  }

  package var kind: ExportKind
  package var format = Format.csv
  package var files: [FilePattern] = []
  package var encoding: String?
  /// Whether a damaged file is read up to its fault instead of refused.
  package var keepsDamaged = false
  package var delimiter = Array(",".utf8)
  /// Zero: no field is in quotes.
  package var quote = UInt8(ascii: "\"")
  package var escape: UInt8?
  /// Lines above the header.
  package var skippedLines = 0
  package var hasHeader = true
  /// Patterns of lines that are no records.
  package var footers: [String] = []
  /// Insurance only: groups of the armed forces besides ``ArmedForces/known``.
  package var armedForces: [String] = []
  package var emptyValues = ["", "-", "NULL"]
  /// The element that is one record; XML only.
  package var record = ""
  package var fields: [String: Source] = [:]
  /// XML only: fields whose element may be missing from a whole file.
  package var mayBeAbsent: [String] = []
  package var split: Split?
  package var sexCodes: [Code]?
  package var statusCodes: [Code]?
  package var residenceCodes: [Code]?
  package var dates: [String] = []
  package var delta: Delta
  /// The position of each field in the pipeline file.
  package var fieldOrder: [String: Int] = [:]

  init(kind: ExportKind) {
    self.kind = kind
    delta = Delta(identity: kind == .population ? ["personal_id"] : ["card_number", "insurance_number"])
  }

  /// Every column or path that is read, once, in the order of the pipeline file: the slots of a raw record.
  package var columns: [String] {
    var seen: Set<String> = []
    let ordered = fields.sorted { (fieldOrder[$0.key] ?? 0, $0.key) < (fieldOrder[$1.key] ?? 0, $1.key) }
    return ordered.flatMap(\.value.columns).filter { seen.insert($0).inserted }
  }

  /// The columns or paths that are read of a full export, with that of its number.
  package var fullColumns: [String] {
    guard delta.isOn, delta.numbers == .column, let field = delta.numberField, !columns.contains(field) else {
      return columns
    }
    return columns + [field]
  }

  /// The columns or paths that are read of a delta.
  package var deltaColumns: [String] {
    [delta.operationField, delta.orderBy].compactMap(\.self).reduce(into: fullColumns) {
      if !$0.contains($1) { $0.append($1) }
    }
  }
}
