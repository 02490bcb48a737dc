// The views of the history beside those of the store, for a session that has the store open.
// Invariant: cardlink and other programs read the same views. They are temporary, because a view of a SQLite
// file can't name another file; `history/views.sql` makes them in any session.
// Load: one search of each file for the person that is asked about; without a person, a search for each row.

import Files
package import Values

package enum HistoryViews {
  /// Attaches the files and creates the views `card_attribute_history`, `card_history` and `number_history`.
  package static func sql(_ history: History) -> String {
    let chain = history.changes
    let base = history.points[0]
    let runs = chain.isEmpty ? "" : " WHERE closed_by BETWEEN \(chain[0].after.run) AND \(history.now.run)"
    func union(_ select: String, _ condition: String) -> String {
      history.files.indices.map {
        "\n  SELECT \(select.replacing("FROM ", with: "FROM history_\($0 + 1)."))\(condition) UNION ALL"
      }
      .joined()
    }
    let attach = history.files.enumerated().map {
      "ATTACH '\($1.path.replacing("'", with: "''"))' AS history_\($0 + 1);\n"
    }.joined()
    return attach + """
      CREATE TEMP VIEW history_state AS\(union("* FROM state_was", runs))
        SELECT personal_id, full_name, birth_date, sex, \(card), run_id, grace_until, NULL AS closed_by,
          NULL AS next_file, NULL AS next_line FROM card_attribute;
      CREATE TEMP VIEW history_card AS\(union("* FROM card_was", runs))
        SELECT personal_id, \(card), run_id, NULL AS closed_by,
          (SELECT f.file_index FROM main.source_file f
           WHERE f.export = 'insurance' AND f.source_id >= 0 AND f.name = c.source_file) AS source_id
          FROM card c;
      CREATE TEMP VIEW card_attribute_history AS
        SELECT personal_id, full_name, birth_date, sex, \(card), run_id, grace_until, \(interval(history, base)),
          \(renumbered("history_state")) AS renumbered
        FROM (SELECT *, \(opened(history, base)) AS opened_by FROM history_state s WHERE rule IS NOT NULL) n;
      CREATE TEMP VIEW card_history AS
        SELECT personal_id, \(card), run_id, \(interval(history, base)), \(renumbered("history_card")) AS renumbered
        FROM (SELECT *, \(opened(history, base)) AS opened_by FROM history_card s) n;
      CREATE TEMP VIEW number_history AS
        SELECT kind, number, personal_id, known_from, coalesce(known_to, '') AS known_to,
          (SELECT CASE kind WHEN 'card' THEN a.card_number ELSE a.insurance_number END FROM card_attribute_history a
           WHERE a.personal_id = n.personal_id AND a.opened_by = n.closed_by) AS successor,
          learned_from
        FROM (
          SELECT kind, number, personal_id, min(known_from) AS known_from,
            CASE WHEN sum(closed_by IS NULL) = 0 THEN max(known_to) END AS known_to,
            CASE WHEN sum(closed_by IS NULL) = 0 THEN max(closed_by) END AS closed_by,
            substr(max(printf('%010d', opened_by) || source_file), 11) AS learned_from
          FROM (
            SELECT 'insurance' AS kind, insurance_number AS number, personal_id, known_from, known_to, opened_by,
              closed_by, source_file FROM card_history WHERE insurance_number IS NOT NULL
            UNION ALL
            SELECT 'card', card_number, personal_id, known_from, known_to, opened_by, closed_by, source_file
              FROM card_history WHERE card_number IS NOT NULL)
          GROUP BY kind, number, personal_id) n
        UNION ALL
        SELECT kind, number, personal_id, known_from, known_to, successor, learned_from FROM main.earlier_number;

      """
  }

  static let card = """
    insurance_number, card_number, facility_code, valid_from, valid_to, five_years_from, area_code, rule, notes,
    source_file, source_line
    """
  // Each file is searched by itself: SQLite would read a view over all of them to its end.

  private static func interval(_ history: History, _ base: HistoryPoint) -> String {
    func date(of run: String) -> String {
      let found = history.files.indices.map {
        "(SELECT known_on FROM history_\($0 + 1).change_row WHERE change_id = \(run)), "
      }
      return "coalesce(\(found.joined())'\(base.knownOn)', '')"
    }
    return """
      \(date(of: "opened_by")) AS known_from, CASE WHEN closed_by IS NULL THEN '' ELSE \(date(of: "closed_by")) END
          AS known_to, opened_by, closed_by
      """
  }

  /// Whether the run that opened a row wrote the person's own ID number into a card of the state before; see
  /// Rules/Cards/Renumbering.swift.
  ///
  /// - Parameters:
  ///   - same: the operator by which two values are equal, or both absent.
  ///   - other: its opposite.
  static func renumbered(_ rows: String, same: String = "IS", other: String = "IS NOT") -> String {
    func isOwn(_ column: String, _ length: Int, _ start: Int) -> String {
      """
      (n.\(column) \(same) p.\(column) OR length(p.\(column)) = \(length) AND substr(n.\(column), \(start)) = n.personal_id
        AND substr(n.\(column), 1, \(start - 1)) = substr(p.\(column), 1, \(start - 1)))
      """
    }
    let isSame = ["facility_code", "valid_from", "valid_to", "five_years_from", "area_code"]
      .map { "n.\($0) \(same) p.\($0)" }.joined(separator: " AND ")
    return """
      EXISTS (SELECT 1 FROM \(rows) p WHERE p.personal_id = n.personal_id AND p.closed_by = n.opened_by AND \(isSame)
        AND \(isOwn("insurance_number", 10, 1)) AND \(isOwn("card_number", 15, 6))
        AND (n.insurance_number \(other) p.insurance_number OR n.card_number \(other) p.card_number))
      """
  }

  /// The run that ended the state before; the history's beginning for the first one.
  private static func opened(_ history: History, _ base: HistoryPoint) -> String {
    let found = history.files.indices.map { i in
      """
      , coalesce((SELECT max(b.closed_by) FROM history_\(i + 1).person_was b WHERE b.personal_id = s.personal_id
            AND b.closed_by < coalesce(s.closed_by, \(Int.max)) AND b.closed_by > \(base.run)), 0)
      """
    }
    return "max(\(base.run), 0\(found.joined()))"
  }

  /// Writes the script for other programs, unless it is there as it should be.
  package static func write(_ history: History) throws(Stop) {
    let path = history.folder + "/views.sql"
    let text =
      "-- Run in a session that has the store open, as in: sqlite3 STORE -init views.sql\n" + sql(history)
    guard try Folder.read(path) != text else { return }
    try Folder.create(history.folder)
    try Folder.writeWhole(text, to: path)
  }
}
