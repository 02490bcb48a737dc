// The tables and views on a PostgreSQL server.
// Invariant: readers use the views of the schema `cardlink`, which are created once and never replaced, so
// that grants on them stay; everything else is in `cardlink_data`. Rows of a whole generation never change,
// except its own run's rows in `run` and `ledger`.
// Load: 90 million rows per generation; two generations, three during a load.
//
// A generation is one load: a partition of each large table, and rows with its number in the small ones. A
// row, not a name, says which one is in force: a transaction that began before the switch reads the old
// generation to its end at any isolation level, and no reader blocks the switch or the load. The server
// prunes the other partitions when it executes a query.

import Values

enum ServerSchema {
  /// Increased with every change below that an older program can't read or write.
  static let version = 3

  /// The advisory lock of a session that loads.
  static let lock = Int64(Schema.applicationID)

  static let tables = """
    CREATE SCHEMA IF NOT EXISTS cardlink;
    CREATE SCHEMA IF NOT EXISTS cardlink_data;
    CREATE SEQUENCE cardlink_data.generation_number AS integer;
    CREATE TABLE cardlink_data.store (version integer NOT NULL, pipeline text NOT NULL, generation integer);
    CREATE UNIQUE INDEX only_one_store ON cardlink_data.store ((true));
    CREATE TABLE cardlink_data.generation (
      generation integer PRIMARY KEY, run_id integer NOT NULL, was_in_force boolean NOT NULL DEFAULT false,
      loaded_at timestamptz NOT NULL DEFAULT now());
    CREATE TABLE cardlink_data.source_file (
      generation integer NOT NULL, source_id integer NOT NULL, name \(text) NOT NULL, run_id integer, grace_until \(text),
      PRIMARY KEY (generation, source_id));
    CREATE TABLE cardlink_data.note_list (
      generation integer NOT NULL, note_id integer NOT NULL, words \(text) NOT NULL,
      PRIMARY KEY (generation, note_id));
    CREATE TABLE cardlink_data.run_row (
      generation integer NOT NULL, run_id integer NOT NULL, pipeline \(text) NOT NULL, as_of \(text) NOT NULL,
      started_at \(text) NOT NULL, finished_at \(text), state \(text) NOT NULL, PRIMARY KEY (generation, run_id));
    CREATE TABLE cardlink_data.ledger_row (
      generation integer NOT NULL, run_id integer NOT NULL, export \(text) NOT NULL, source_file \(text) NOT NULL,
      outcome \(text) NOT NULL, records bigint NOT NULL);
    CREATE INDEX ledger_row_by_run ON cardlink_data.ledger_row (generation, run_id);
    CREATE TABLE cardlink_data.person (
      generation integer NOT NULL, source_line bigint NOT NULL, source_id integer NOT NULL, note_id integer,
      sex smallint NOT NULL, rule smallint NOT NULL, personal_id \(text) NOT NULL, full_name \(text),
      birth_date \(text), \(cardTexts)) PARTITION BY LIST (generation);
    CREATE TABLE cardlink_data.other_card (
      generation integer NOT NULL, source_line bigint NOT NULL, source_id integer NOT NULL, note_id integer,
      rule smallint NOT NULL, personal_id \(text) NOT NULL, \(cardTexts)) PARTITION BY LIST (generation);
    CREATE TABLE cardlink_data.held_record (
      generation integer NOT NULL, source_line bigint NOT NULL, source_id integer NOT NULL, candidates integer,
      export smallint NOT NULL, outcome \(text) NOT NULL, reasons \(text), personal_id \(text),
      insurance_number \(text), card_number \(text), candidate_personal_id \(text), digest \(text))
      PARTITION BY LIST (generation);
    \(tablesOfHistory)
    """

  static let views = """
    \(viewsOfCards)
    CREATE VIEW cardlink.kept_in_grace AS SELECT * FROM cardlink.card_attribute WHERE grace_until IS NOT NULL;
    CREATE VIEW cardlink.finding AS SELECT
      \(Schema.word(of: "export", ExportKind.allCases.map { ($0.rawValue, $0.name) })) AS export, outcome, reasons,
      personal_id, insurance_number, card_number, s.name AS source_file, source_line, \(runID) AS run_id, candidates,
      candidate_personal_id, digest
      FROM cardlink_data.held_record r \(sourceJoin) WHERE r.generation = \(inForce);
    CREATE VIEW cardlink.ledger AS SELECT run_id, export, source_file, outcome, records
      FROM cardlink_data.ledger_row WHERE generation = \(inForce);
    CREATE VIEW cardlink.run AS SELECT run_id, pipeline, as_of, started_at, finished_at, state
      FROM cardlink_data.run_row WHERE generation = \(inForce);
    \(viewsOfHistory)
    """

  /// Created once, or to replace those of the previous version: new columns are added at the end only.
  private static let viewsOfCards = """
    CREATE OR REPLACE VIEW cardlink.card_attribute AS SELECT r.personal_id, r.full_name, r.birth_date,
      \(Schema.word(of: "sex", Sex.allCases.map { ($0.rawValue, $0.name) })) AS sex, \(valuesBeforeRun),
      COALESCE(s.run_id, \(runID)) AS run_id, s.grace_until
      FROM cardlink_data.person r \(joins);
    CREATE OR REPLACE VIEW cardlink.card AS
      SELECT r.personal_id, \(cardValues) FROM cardlink_data.person r \(joins) AND r.source_id >= 0
      UNION ALL
      SELECT r.personal_id, \(cardValues) FROM cardlink_data.other_card r \(joins);
    """

  /// Upgrades a store of an earlier version; grants on the views stay.
  static let upgrades = [
    "1": """
    ALTER TABLE cardlink_data.source_file ADD COLUMN run_id integer, ADD COLUMN grace_until \(text);
    \(viewsOfCards)
    CREATE VIEW cardlink.kept_in_grace AS SELECT * FROM cardlink.card_attribute WHERE grace_until IS NOT NULL;
    \(upgradeFrom2)
    """,
    "2": upgradeFrom2,
  ]
  /// The views of cards have the words of today's rules.
  private static let upgradeFrom2 = """
    \(viewsOfCards)
    \(tablesOfHistory)
    \(viewsOfHistory)
    UPDATE cardlink_data.store SET version = \(version);
    """

  /// A table that is copied from a SQLite store or a file of its history.
  struct Table {
    enum Kind { case int2, int4, int8, text }
    var name: String
    /// The columns after `generation` or `part`, in the order of the server's table and of the query.
    var columns: [Kind]
    /// The query on the SQLite store.
    var query: String
    /// Statements to run after the rows are copied; `#` is the generation or part.
    var indexes: [String] = []
  }

  /// The large tables, with a partition for each generation.
  static let large = [
    Table(
      name: "person", columns: [.int8, .int4, .int4, .int2, .int2, .text, .text, .text] + cardKinds,
      query: """
        SELECT source_line, source_id, note_id, sex, rule, personal_id, full_name, birth_date,
          \(cardNames) FROM person ORDER BY personal_id
        """, indexes: ["CREATE UNIQUE INDEX person_#_by_id ON cardlink_data.person_# (personal_id)"]),
    Table(
      name: "other_card", columns: [.int8, .int4, .int4, .int2, .text] + cardKinds,
      query: """
        SELECT source_line, source_id, note_id, rule, personal_id, \(cardNames) FROM other_card
        ORDER BY personal_id, ordinal
        """, indexes: ["CREATE INDEX other_card_#_by_id ON cardlink_data.other_card_# (personal_id)"]),
    Table(
      name: "held_record",
      columns: [.int8, .int4, .int4, .int2] + repeatElement(.text, count: 7),
      query: """
        SELECT source_line, source_id, candidates, export, outcome, reasons, personal_id, insurance_number, card_number,
          candidate_personal_id, digest FROM held_record ORDER BY rowid
        """,
      indexes: [
        """
        CREATE INDEX held_record_#_by_id ON cardlink_data.held_record_# (personal_id)
        WHERE personal_id IS NOT NULL
        """,
        "CREATE INDEX held_record_#_by_outcome ON cardlink_data.held_record_# (outcome)",
        """
        CREATE INDEX held_record_#_by_candidate ON cardlink_data.held_record_# (candidate_personal_id)
        WHERE candidate_personal_id IS NOT NULL
        """,
      ]),
    Table(
      name: "number_row", columns: [.int4, .int4, .int4, .int2, .text, .text],
      query: """
        SELECT known_from, known_to, source_id, kind, number, personal_id FROM number_row
        ORDER BY kind, number, personal_id
        """,
      indexes: [
        "CREATE INDEX number_row_#_by_number ON cardlink_data.number_row_# (number)",
        "CREATE INDEX number_row_#_by_id ON cardlink_data.number_row_# (personal_id)",
      ]),
  ]

  /// The small tables, with the rows of all generations.
  static let small = [
    Table(
      name: "source_file", columns: [.int4, .text, .int4, .text],
      query: "SELECT source_id, name, run_id, grace_until FROM source_file"),
    Table(name: "note_list", columns: [.int4, .text], query: "SELECT note_id, words FROM note_list"),
    Table(
      name: "run_row", columns: [.int4, .text, .text, .text, .text, .text],
      query: "SELECT run_id, pipeline, as_of, started_at, finished_at, state FROM run_row"),
    Table(
      name: "ledger_row", columns: [.int4, .text, .text, .text, .int8],
      query: "SELECT run_id, export, source_file, outcome, records FROM ledger_row"),
    Table(
      name: "number_source", columns: [.int4, .text], query: "SELECT source_id, name FROM number_source"),
    Table(name: "number_base", columns: [.text], query: "SELECT known_on FROM number_base"),
  ]

  /// Compared by bytes, as SQLite does.
  static let text = "text COLLATE \"C\""
  private static let cardColumns = [
    "insurance_number", "card_number", "facility_code", "valid_from", "valid_to", "five_years_from",
    "area_code",
  ]
  static let cardNames = cardColumns.joined(separator: ", ")
  static let cardTexts = cardColumns.map { "\($0) \(text)" }.joined(separator: ", ")
  static let cardKinds = [Table.Kind](repeating: .text, count: cardColumns.count)
  static let inForce = "(SELECT f.generation FROM cardlink_data.store f)"
  private static let runID = """
    (SELECT g.run_id FROM cardlink_data.generation g JOIN cardlink_data.store f USING (generation))
    """
  private static let cardValues = "\(valuesBeforeRun), \(runID) AS run_id"
  private static let valuesBeforeRun = """
    \(cardNames), \(Schema.word(of: "rule", LinkRule.allCases.map { ($0.rawValue, $0.name) })) AS rule,
    n.words AS notes, s.name AS source_file, source_line
    """
  private static let sourceJoin = """
    LEFT JOIN cardlink_data.source_file s ON s.generation = r.generation AND s.source_id = r.source_id
    """
  private static let joins = """
    \(sourceJoin)
    LEFT JOIN cardlink_data.note_list n ON n.generation = r.generation AND n.note_id = r.note_id
    WHERE r.generation = \(inForce)
    """
}
