// The tables and views of the store.
// Invariant: the views have the contract's columns in the contract's order. An absent value is NULL, as is an
// empty list of notes or reasons. Personal ID numbers are text of 12 digits, dates are ISO 8601 text.
// Load: 90 million rows in `person`, written in ascending order; every look-up by number uses an index.
//
// `person` and `other_card` are keyed by the number itself, WITHOUT ROWID and without a second index, so that
// no key is stored twice and the views show the key. A person's row holds the serving card; `other_card`
// holds the linked cards that don't serve. Files and lists of notes are stored once. PersonTables encodes the
// rows of these two tables, column by column in the order below.
//
// A person kept in grace is a row of `person` like any other. Its `source_file` has a negative number and
// holds the earlier run and the last day of grace. `kept_person` lists these persons for queries.
//
// `not_id_row` has the few 12-digit numbers on cards that are not their persons' own, so that a look-up of 12 digits reads no
// cards.
//
// `number_row` has the numbers that the population export names besides a person's own, of all its persons; see
// EarlierNumbers.swift. A date without a value is that of `number_base`. Stores of earlier programs have no such tables.

import Values

enum Schema {
  /// "clnk": marks a SQLite file as a store of this program.
  static let applicationID: Int32 = 0x636c_6e6b
  /// Increased with every change below that an older program can't read.
  static let version: Int32 = 4

  static let pageBytes = 8192

  /// The file's identity and page layout, for a new, empty file.
  static let head = """
    PRAGMA page_size = \(pageBytes);
    PRAGMA application_id = \(applicationID);
    PRAGMA user_version = \(version);
    """

  static let tables = """
    CREATE TABLE origin (run_id INTEGER NOT NULL);
    CREATE TABLE source_file (
      source_id INTEGER PRIMARY KEY, export TEXT NOT NULL, file_index INTEGER NOT NULL, name TEXT NOT NULL,
      run_id INTEGER, grace_until TEXT);
    CREATE TABLE note_list (note_id INTEGER PRIMARY KEY, words TEXT NOT NULL);
    CREATE TABLE person (
      personal_id TEXT PRIMARY KEY NOT NULL, full_name TEXT, birth_date TEXT, sex INTEGER NOT NULL,
      \(cardColumns)) WITHOUT ROWID;
    CREATE TABLE other_card (
      personal_id TEXT NOT NULL, ordinal INTEGER NOT NULL, \(cardColumns),
      PRIMARY KEY (personal_id, ordinal)) WITHOUT ROWID;
    CREATE TABLE kept_person (personal_id TEXT PRIMARY KEY NOT NULL) WITHOUT ROWID;
    CREATE TABLE not_id_row (
      personal_id TEXT NOT NULL, number TEXT NOT NULL, PRIMARY KEY (personal_id, number)) WITHOUT ROWID;
    CREATE TABLE number_row (
      kind INTEGER NOT NULL, number TEXT NOT NULL, personal_id TEXT NOT NULL, known_from INTEGER, known_to INTEGER,
      source_id INTEGER NOT NULL, PRIMARY KEY (kind, number, personal_id)) WITHOUT ROWID;
    CREATE TABLE number_source (source_id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    CREATE TABLE number_base (known_on TEXT NOT NULL);
    CREATE TABLE held_record (
      export INTEGER NOT NULL, outcome TEXT NOT NULL, reasons TEXT, personal_id TEXT, insurance_number TEXT,
      card_number TEXT, source_id INTEGER NOT NULL, source_line INTEGER NOT NULL, candidates INTEGER,
      candidate_personal_id TEXT, digest TEXT);
    CREATE TABLE ledger_row (
      run_id INTEGER NOT NULL, export TEXT NOT NULL, source_file TEXT NOT NULL, outcome TEXT NOT NULL,
      records INTEGER NOT NULL);
    CREATE TABLE run_row (
      run_id INTEGER PRIMARY KEY, pipeline TEXT NOT NULL, as_of TEXT NOT NULL, started_at TEXT NOT NULL,
      finished_at TEXT, state TEXT NOT NULL);
    """

  private static let cardColumns = """
    insurance_number TEXT, card_number TEXT, facility_code TEXT, valid_from TEXT, valid_to TEXT,
    five_years_from TEXT, area_code TEXT, rule INTEGER NOT NULL, note_id INTEGER, source_id INTEGER NOT NULL,
    source_line INTEGER NOT NULL
    """

  static let views = """
    CREATE VIEW card_attribute AS SELECT personal_id, full_name, birth_date, \(sexWord) AS sex,
      \(attributeValues) FROM person r;
    CREATE VIEW card AS
      SELECT personal_id, \(cardValues) FROM person r WHERE source_id >= 0
      UNION ALL
      SELECT personal_id, \(cardValues) FROM other_card r;
    CREATE VIEW kept_in_grace AS
      SELECT personal_id, full_name, birth_date, \(sexWord) AS sex, \(attributeValues)
      FROM kept_person CROSS JOIN person r USING (personal_id);
    CREATE VIEW finding AS
      SELECT \(findingValues)
      FROM held_record r;
    CREATE VIEW earlier_number AS \(earlierNumbers(0, .legacyID))
      UNION ALL \(earlierNumbers(1, .personalID));
    CREATE VIEW insurance_number_not_id AS SELECT number, personal_id FROM not_id_row;
    CREATE VIEW ledger AS SELECT run_id, export, source_file, outcome, records FROM ledger_row;
    CREATE VIEW run AS SELECT run_id, pipeline, as_of, started_at, finished_at, state FROM run_row;
    """

  /// The rows of one kind as the view shows them; a search by number uses the key.
  private static func earlierNumbers(_ kind: Int, _ name: NumberKind) -> String {
    func date(_ column: String) -> String {
      "printf('%04d-%02d-%02d', \(column) / 10000, \(column) / 100 % 100, \(column) % 100)"
    }
    return """
      SELECT '\(name.rawValue)' AS kind, number, personal_id,
        CASE WHEN known_from IS NULL THEN (SELECT b.known_on FROM number_base b) ELSE \(date("known_from")) END AS known_from,
        CASE WHEN known_to IS NULL THEN '' ELSE \(date("known_to")) END AS known_to, personal_id AS successor,
        (SELECT s.name FROM number_source s WHERE s.source_id = r.source_id) AS learned_from
      FROM number_row r WHERE kind = \(kind)
      """
  }

  static let indexes = [
    "CREATE INDEX held_record_by_id ON held_record (personal_id) WHERE personal_id IS NOT NULL",
    "CREATE INDEX held_record_by_outcome ON held_record (outcome)",
    """
    CREATE INDEX held_record_by_candidate ON held_record (candidate_personal_id)
    WHERE candidate_personal_id IS NOT NULL
    """,
  ]

  /// Built when its table is.
  static let notIDIndex = "CREATE INDEX not_id_by_number ON not_id_row (number)"

  static let insertHeldRecord = insert(into: "held_record", 11)
  /// SQLite copies rows and index entries unchanged if both tables have the same columns and indexes.
  static let takeHeldRecords = "INSERT INTO main.held_record SELECT * FROM other.held_record"

  /// The stored columns of a person, as ``StoredPersons`` reads them.
  static func personsInOrder(where condition: String = "1") -> String {
    """
    SELECT personal_id, full_name, birth_date, sex, insurance_number, card_number, facility_code, valid_from,
      valid_to, five_years_from, area_code, rule, note_id, source_id, source_line
    FROM person WHERE \(condition) ORDER BY personal_id
    """
  }

  /// The same columns of the cards that don't serve, of those that begin by a day.
  static func otherCardsInOrder(where condition: String = "1") -> String {
    """
    SELECT personal_id, NULL, NULL, 0, insurance_number, card_number, facility_code, valid_from, valid_to,
      five_years_from, area_code, rule, note_id, source_id, source_line
    FROM other_card WHERE \(condition) AND (valid_from IS NULL OR valid_from <= ?) ORDER BY personal_id, ordinal
    """
  }

  /// The number of an export's file in `source_file`.
  static func sourceID(_ export: ExportKind, _ fileIndex: Int) -> Int64 {
    Int64(fileIndex) * 2 + Int64(export.rawValue)
  }
  static func fileIndex(ofSource id: Int64) -> Int { Int(id / 2) }
  /// The number of each ``KeptSource`` in that table.
  static func sourceID(ofKept index: Int) -> Int64 { -1 - Int64(index) }
  static func keptIndex(ofSource id: Int64) -> Int? { id < 0 ? Int(-1 - id) : nil }

  /// The columns of the view `finding`, of a row `r` of `held_record`.
  static let findingValues = """
    \(word(of: "export", ExportKind.allCases.map { ($0.rawValue, $0.name) })) AS export, outcome, reasons,
        personal_id, insurance_number, card_number, \(sourceName) AS source_file, source_line,
        \(runID) AS run_id, candidates, candidate_personal_id, digest
    """
  private static let sourceName = "(SELECT s.name FROM source_file s WHERE s.source_id = r.source_id)"
  private static let runID = "(SELECT o.run_id FROM origin o)"
  static let ruleWord = word(of: "rule", LinkRule.allCases.map { ($0.rawValue, $0.name) })
  static let sexWord = word(of: "sex", Sex.allCases.map { ($0.rawValue, $0.name) })
  private static let cardValues = "\(valuesBeforeRun), \(runID) AS run_id"
  private static let attributeValues = """
    \(valuesBeforeRun),
    CASE WHEN source_id < 0 THEN (SELECT s.run_id FROM source_file s WHERE s.source_id = r.source_id) ELSE \(runID) END
      AS run_id,
    CASE WHEN source_id < 0 THEN (SELECT s.grace_until FROM source_file s WHERE s.source_id = r.source_id) END
      AS grace_until
    """
  private static let valuesBeforeRun = """
    insurance_number, card_number, facility_code, valid_from, valid_to, five_years_from, area_code,
    \(ruleWord) AS rule,
    (SELECT n.words FROM note_list n WHERE n.note_id = r.note_id) AS notes,
    \(sourceName) AS source_file, source_line
    """

  static func word(of column: String, _ words: [(UInt8, String)]) -> String {
    "CASE \(column) " + words.map { "WHEN \($0.0) THEN '\($0.1)'" }.joined(separator: " ") + " END"
  }
  private static func insert(into table: String, _ columnCount: Int) -> String {
    "INSERT INTO \(table) VALUES (" + repeatElement("?", count: columnCount).joined(separator: ",") + ")"
  }
}
