// What a pipeline file says, checked and with every path made absolute.
// Invariant: a value of this type has passed every check that needs no export; whatever it names exists in the
// contract.

package import Publish
package import Values

/// One pipeline: two exports, a workspace, a store.
package struct Pipeline: Hashable, Sendable {
  /// The pipeline file, as the user named it.
  package var path: String
  /// The file's text: what a resumed run compares itself with.
  package var text: String
  package var name = ""
  package var workspace = ""
  package var population = ExportSpec(kind: .population)
  package var insurance = ExportSpec(kind: .insurance)
  /// The SQLite file; absolute, or inside the workspace.
  package var store = ""
  /// The PostgreSQL server that holds the same store, as libpq reads it; nil for none.
  package var postgresql: String?
  /// What a run may look like before it is loaded.
  package var gates = GateLimits()
  /// What is kept when a run is done.
  package var keep = Retention()
  /// Who gets which packages.
  package var publish = PublishPolicy()
  /// How many days a person who was in force stays so when today's data about them is only doubtful; nil: none.
  package var graceDays: Int?
  /// Where the metrics for a monitoring system are written; absolute.
  package var metrics: String?
  /// The workspace as it was typed on the command line, where one was given.
  package var givenWorkspace: String?

  /// A pipeline of which nothing is known yet but its file.
  init(path: String, text: String) { (self.path, self.text) = (path, text) }

  package func export(_ kind: ExportKind) -> ExportSpec { kind == .population ? population : insurance }

  /// The store's path, with a workspace given on the command line taken into account.
  package func storePath(in workspace: String) -> String {
    store.hasPrefix("/") ? store : workspace + "/" + store
  }
}

/// What the pipeline file says of one export.
package struct ExportSpec: Hashable, Sendable {
  package enum Format: String, Sendable { case csv, xml }

  /// Where a canonical field's value comes from.
  package indirect enum Source: Hashable, Sendable {
    case column(String)
    /// The parts that have a value, joined by a space.
    case joined([Source])
    /// The first that has a value.
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

  package struct Code: Hashable, Sendable {
    package var code: String
    package var value: String
  }

  package var kind: ExportKind
  package var format = Format.csv
  /// Absolute glob patterns.
  package var files: [String] = []
  package var encoding: String?
  /// A damaged file is read up to its fault, rather than refused.
  package var keepsDamaged = false
  package var delimiter = UInt8(ascii: ",")
  package var emptyValues = ["", "-", "NULL"]
  /// The element that is one record; XML only.
  package var record = ""
  package var fields: [String: Source] = [:]
  package var split: Split?
  package var sexCodes: [Code]?
  package var statusCodes: [Code]?
  package var dates: [String] = []
  /// The line of each field in the pipeline file, for messages.
  package var fieldLines: [String: Int] = [:]

  init(kind: ExportKind) { self.kind = kind }

  /// Every column or path that is read, each once, in a fixed order: the slots of a raw record.
  package var columns: [String] {
    var seen: Set<String> = []
    return fields.sorted { $0.key < $1.key }.flatMap(\.value.columns).filter { seen.insert($0).inserted }
  }
}
