// The tables and views of the history and of the population's numbers on a PostgreSQL server.
// Invariant: a part is the copy of one file of the history and never changes. `history_change` lists the changes that
// lead to the generation in force, each with the part that has its rows; it is replaced when another generation
// comes in force, so that a reader's snapshot decides which history it sees. The views show the rows of the SQLite views.
// Load: ten parts, of a night to a quarter each; some hundred million rows.

import Values

extension ServerSchema {
  /// Added by version 3.
  ///
  /// A generation before it has no numbers.
  static let tablesOfHistory = """
    ALTER TABLE cardlink_data.store ADD COLUMN base_run integer, ADD COLUMN base_on \(text);
    CREATE TABLE cardlink_data.history_part (part integer PRIMARY KEY, stamp text NOT NULL);
    CREATE TABLE cardlink_data.history_change (
      change_id integer PRIMARY KEY, known_on \(text) NOT NULL, part integer NOT NULL);
    CREATE TABLE cardlink_data.history_source (
      part integer NOT NULL, source_id integer NOT NULL, name \(text) NOT NULL, run_id integer NOT NULL,
      grace_until \(text), PRIMARY KEY (part, source_id));
    CREATE TABLE cardlink_data.history_note (
      part integer NOT NULL, note_id integer NOT NULL, words \(text) NOT NULL, PRIMARY KEY (part, note_id));
    CREATE TABLE cardlink_data.person_was (
      part integer NOT NULL, source_line bigint, source_id integer, note_id integer, closed_by integer NOT NULL,
      sex smallint, rule smallint, personal_id \(text) NOT NULL, full_name \(text), birth_date \(text), \(cardTexts))
      PARTITION BY LIST (part);
    CREATE TABLE cardlink_data.other_card_was (
      part integer NOT NULL, source_line bigint NOT NULL, source_id integer NOT NULL, note_id integer,
      closed_by integer NOT NULL, rule smallint NOT NULL, personal_id \(text) NOT NULL, \(cardTexts))
      PARTITION BY LIST (part);
    CREATE TABLE cardlink_data.number_source (
      generation integer NOT NULL, source_id integer NOT NULL, name \(text) NOT NULL, PRIMARY KEY (generation, source_id));
    CREATE TABLE cardlink_data.number_base (generation integer PRIMARY KEY, known_on \(text) NOT NULL);
    CREATE TABLE cardlink_data.number_row (
      generation integer NOT NULL, known_from integer, known_to integer, source_id integer NOT NULL,
      kind smallint NOT NULL, number \(text) NOT NULL, personal_id \(text) NOT NULL) PARTITION BY LIST (generation);
    DO $$ DECLARE g integer; BEGIN
      FOR g IN SELECT generation FROM cardlink_data.generation LOOP
        EXECUTE format('CREATE TABLE cardlink_data.number_row_%s PARTITION OF cardlink_data.number_row FOR VALUES IN (%s)', g, g);
      END LOOP;
    END $$;
    UPDATE cardlink_data.store f SET base_run = r.run_id, base_on = r.as_of
      FROM cardlink_data.generation g JOIN cardlink_data.run_row r USING (generation, run_id)
      WHERE g.generation = f.generation;
    """

  /// The tables of a file of the history, with a partition for each.
  static let largeOfHistory = [
    Table(
      name: "person_was",
      columns: [.int8, .int4, .int4, .int4, .int2, .int2, .text, .text, .text] + cardKinds,
      query: """
        SELECT source_line, source_id, note_id, closed_by, sex, rule, personal_id, full_name, birth_date,
          \(cardNames) FROM person_was ORDER BY personal_id, closed_by
        """,
      indexes: [
        "CREATE UNIQUE INDEX person_was_#_by_id ON cardlink_data.person_was_# (personal_id, closed_by)"
      ]),
    Table(
      name: "other_card_was", columns: [.int8, .int4, .int4, .int4, .int2, .text] + cardKinds,
      query: """
        SELECT source_line, source_id, note_id, closed_by, rule, personal_id, \(cardNames) FROM other_card_was
        ORDER BY personal_id, closed_by, ordinal
        """,
      indexes: ["CREATE INDEX other_card_was_#_by_id ON cardlink_data.other_card_was_# (personal_id)"]),
  ]

  static let smallOfHistory = [
    Table(
      name: "history_source", columns: [.int4, .text, .int4, .text],
      query: "SELECT source_id, name, run_id, grace_until FROM source_file"),
    Table(
      name: "history_note", columns: [.int4, .text], query: "SELECT note_id, words FROM note_list"),
  ]

  static let viewsOfHistory = """
    CREATE VIEW cardlink_data.history_state AS
      SELECT r.personal_id, r.full_name, r.birth_date, \(sexWord) AS sex, \(cardsWas), s.grace_until, r.closed_by
        FROM cardlink_data.person_was r \(joinsOfHistory)
      UNION ALL
      SELECT personal_id, full_name, birth_date, sex, \(HistoryViews.card), run_id, grace_until, NULL
        FROM cardlink.card_attribute;
    CREATE VIEW cardlink_data.history_card AS
      SELECT r.personal_id, \(cardsWas), r.closed_by FROM cardlink_data.person_was r \(joinsOfHistory)
        WHERE r.rule IS NOT NULL AND s.grace_until IS NULL
      UNION ALL
      SELECT r.personal_id, \(cardsWas), r.closed_by FROM cardlink_data.other_card_was r \(joinsOfHistory)
      UNION ALL
      SELECT personal_id, \(HistoryViews.card), run_id, NULL FROM cardlink.card;
    CREATE VIEW cardlink.card_attribute_history AS
      SELECT personal_id, full_name, birth_date, sex, \(HistoryViews.card), run_id, grace_until, \(interval),
        (\(renumbered("history_state")))::integer AS renumbered
      FROM (SELECT *, \(openedBy) AS opened_by FROM cardlink_data.history_state s WHERE rule IS NOT NULL) n;
    CREATE VIEW cardlink.card_history AS
      SELECT personal_id, \(HistoryViews.card), run_id, \(interval),
        (\(renumbered("history_card")))::integer AS renumbered
      FROM (SELECT *, \(openedBy) AS opened_by FROM cardlink_data.history_card s) n;
    CREATE VIEW cardlink.earlier_number AS SELECT
      CASE kind WHEN 0 THEN '\(NumberKind.legacyID.rawValue)' WHEN 1 THEN '\(NumberKind.personalID.rawValue)' END AS kind,
      number, personal_id, coalesce(\(date("known_from")), b.known_on) AS known_from,
      coalesce(\(date("known_to")), '') AS known_to, personal_id AS successor, s.name AS learned_from
      FROM cardlink_data.number_row r
      LEFT JOIN cardlink_data.number_source s ON s.generation = r.generation AND s.source_id = r.source_id
      LEFT JOIN cardlink_data.number_base b ON b.generation = r.generation
      WHERE r.generation = \(inForce);
    CREATE VIEW cardlink.number_history AS
      SELECT kind, number, personal_id, known_from, coalesce(known_to, '') AS known_to,
        (SELECT CASE kind WHEN 'card' THEN a.card_number ELSE a.insurance_number END
         FROM cardlink.card_attribute_history a
         WHERE a.personal_id = n.personal_id AND a.opened_by = n.closed_by) AS successor, learned_from
      FROM (
        SELECT kind, number, personal_id, min(known_from) AS known_from,
          CASE WHEN bool_and(closed_by IS NOT NULL) THEN max(known_to) END AS known_to,
          CASE WHEN bool_and(closed_by IS NOT NULL) THEN max(closed_by) END AS closed_by,
          substr(max(lpad(opened_by::text, 10, '0') || source_file), 11) AS learned_from
        FROM (
          SELECT 'insurance' AS kind, insurance_number AS number, personal_id, known_from, known_to, opened_by,
            closed_by, source_file FROM cardlink.card_history WHERE insurance_number IS NOT NULL
          UNION ALL
          SELECT 'card', card_number, personal_id, known_from, known_to, opened_by, closed_by, source_file
            FROM cardlink.card_history WHERE card_number IS NOT NULL) c
        GROUP BY kind, number, personal_id) n
      UNION ALL
      SELECT kind, number, personal_id, known_from, known_to, successor, learned_from FROM cardlink.earlier_number;
    """

  private static let sexWord = Schema.sexWord
  private static let cardsWas = """
    \(cardNames), \(Schema.ruleWord) AS rule, n.words AS notes, s.name AS source_file, source_line, s.run_id
    """
  /// Of the rows that lead to the generation in force.
  private static let joinsOfHistory = """
    JOIN cardlink_data.history_change c ON c.part = r.part AND c.change_id = r.closed_by
        LEFT JOIN cardlink_data.history_source s ON s.part = r.part AND s.source_id = r.source_id
        LEFT JOIN cardlink_data.history_note n ON n.part = r.part AND n.note_id = r.note_id
    """
  private static let interval = """
    \(knownOn("opened_by")) AS known_from, CASE WHEN closed_by IS NULL THEN '' ELSE \(knownOn("closed_by")) END
        AS known_to, opened_by, closed_by
    """
  private static func knownOn(_ run: String) -> String {
    """
    coalesce((SELECT c.known_on FROM cardlink_data.history_change c WHERE c.change_id = \(run)),
          (SELECT f.base_on FROM cardlink_data.store f), '')
    """
  }
  /// The run that ended the state before; the history's beginning for the first one.
  private static let openedBy = """
    (SELECT greatest(f.base_run, 0, (
        SELECT max(b.closed_by) FROM cardlink_data.person_was b
        JOIN cardlink_data.history_change c ON c.part = b.part AND c.change_id = b.closed_by
        WHERE b.personal_id = s.personal_id AND b.closed_by < coalesce(s.closed_by, \(Int32.max))))
      FROM cardlink_data.store f)
    """
  private static func renumbered(_ rows: String) -> String {
    HistoryViews.renumbered("cardlink_data." + rows, same: "IS NOT DISTINCT FROM", other: "IS DISTINCT FROM")
  }
  private static func date(_ column: String) -> String { "to_char(\(column), 'FM0000\"-\"00\"-\"00')" }
}
