// The tables and views of a file of the history.
// Invariant: one row for each state of a person that ended, keyed by the person and the run that ended it; a
// person without a card is a state too, whose `rule` is NULL. The columns of a card have the order of the
// store's.
// Load: one per cent of the persons a night; some hundred million rows in a quarter's file.

import Values

enum HistorySchema {
  /// "clnh": marks a SQLite file as a part of a store's history.
  static let applicationID: Int32 = 0x636c_6e68
  /// Increased with every change below that an older program can't read.
  static let version: Int32 = 1

  static let head = """
    PRAGMA page_size = \(Schema.pageBytes);
    PRAGMA application_id = \(applicationID);
    PRAGMA user_version = \(version);
    """

  static let tables = """
    CREATE TABLE change_row (
      change_id INTEGER PRIMARY KEY, known_on TEXT NOT NULL, store_run INTEGER NOT NULL,
      before_change INTEGER NOT NULL, before_on TEXT NOT NULL, before_run INTEGER NOT NULL);
    CREATE TABLE source_file (
      source_id INTEGER PRIMARY KEY, name TEXT NOT NULL, run_id INTEGER NOT NULL, grace_until TEXT);
    CREATE TABLE note_list (note_id INTEGER PRIMARY KEY, words TEXT NOT NULL);
    CREATE TABLE person_was (
      personal_id TEXT NOT NULL, closed_by INTEGER NOT NULL, full_name TEXT, birth_date TEXT, sex INTEGER,
      \(cardColumns), next_source_id INTEGER, next_line INTEGER,
      PRIMARY KEY (personal_id, closed_by)) WITHOUT ROWID;
    CREATE TABLE other_card_was (
      personal_id TEXT NOT NULL, closed_by INTEGER NOT NULL, ordinal INTEGER NOT NULL, \(cardColumns),
      PRIMARY KEY (personal_id, closed_by, ordinal)) WITHOUT ROWID;
    """

  private static let cardColumns = """
    insurance_number TEXT, card_number TEXT, facility_code TEXT, valid_from TEXT, valid_to TEXT,
    five_years_from TEXT, area_code TEXT, rule INTEGER, note_id INTEGER, source_id INTEGER, source_line INTEGER
    """

  static let views = """
    CREATE VIEW state_was AS SELECT personal_id, full_name, birth_date, \(Schema.sexWord) AS sex, \(cardValues),
      \(source("grace_until")) AS grace_until, closed_by,
      (SELECT s.name FROM source_file s WHERE s.source_id = r.next_source_id) AS next_file, next_line
      FROM person_was r;
    CREATE VIEW card_was AS
      SELECT personal_id, \(cardValues), closed_by, source_id FROM person_was r
        WHERE rule IS NOT NULL AND \(source("grace_until")) IS NULL
      UNION ALL
      SELECT personal_id, \(cardValues), closed_by, source_id FROM other_card_was r;
    """

  private static let cardValues = """
    insurance_number, card_number, facility_code, valid_from, valid_to, five_years_from, area_code,
    \(Schema.ruleWord) AS rule,
    (SELECT n.words FROM note_list n WHERE n.note_id = r.note_id) AS notes,
    \(source("name")) AS source_file, source_line, \(source("run_id")) AS run_id
    """

  private static func source(_ column: String) -> String {
    "(SELECT s.\(column) FROM source_file s WHERE s.source_id = r.source_id)"
  }

  /// The stored columns in the order that ``StoredRow`` reads.
  static func statesInOrder(where condition: String) -> String {
    """
    SELECT personal_id, full_name, birth_date, sex, insurance_number, card_number, facility_code, valid_from,
      valid_to, five_years_from, area_code, rule, note_id, source_id, source_line, closed_by, next_source_id,
      next_line
    FROM person_was WHERE \(condition) ORDER BY personal_id, closed_by
    """
  }

  static func otherCardsInOrder(where condition: String) -> String {
    """
    SELECT personal_id, NULL, NULL, 0, insurance_number, card_number, facility_code, valid_from, valid_to,
      five_years_from, area_code, rule, note_id, source_id, source_line, closed_by
    FROM other_card_was WHERE \(condition) ORDER BY personal_id, closed_by, ordinal
    """
  }
}
