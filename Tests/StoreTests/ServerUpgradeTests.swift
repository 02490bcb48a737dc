// The upgrade of a PostgreSQL store of version 1 (before grace) before the next load, with its rows and
// grants.

#if PostgreSQL
  import Files
  import Foundation
  import Loopback
  import Support
  import Values
  import Testing

  @testable import Store

  /// The schemas of version 1, word for word, with the rows of a run.
  private enum Version1 {
    static let text = "text COLLATE \"C\""
    static let cards = """
      insurance_number \(text), card_number \(text), facility_code \(text), valid_from \(text), valid_to \(text),
      five_years_from \(text), area_code \(text)
      """
    static let tables = """
      CREATE SCHEMA cardlink;
      CREATE SCHEMA cardlink_data;
      CREATE SEQUENCE cardlink_data.generation_number AS integer;
      CREATE TABLE cardlink_data.store (version integer NOT NULL, pipeline text NOT NULL, generation integer);
      CREATE UNIQUE INDEX only_one_store ON cardlink_data.store ((true));
      CREATE TABLE cardlink_data.generation (
        generation integer PRIMARY KEY, run_id integer NOT NULL, was_in_force boolean NOT NULL DEFAULT false,
        loaded_at timestamptz NOT NULL DEFAULT now());
      CREATE TABLE cardlink_data.source_file (
        generation integer NOT NULL, source_id integer NOT NULL, name \(text) NOT NULL,
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
        birth_date \(text), \(cards)) PARTITION BY LIST (generation);
      CREATE TABLE cardlink_data.other_card (
        generation integer NOT NULL, source_line bigint NOT NULL, source_id integer NOT NULL, note_id integer,
        rule smallint NOT NULL, personal_id \(text) NOT NULL, \(cards)) PARTITION BY LIST (generation);
      CREATE TABLE cardlink_data.held_record (
        generation integer NOT NULL, source_line bigint NOT NULL, source_id integer NOT NULL, candidates integer,
        export smallint NOT NULL, outcome \(text) NOT NULL, reasons \(text), personal_id \(text),
        insurance_number \(text), card_number \(text), candidate_personal_id \(text), digest \(text))
        PARTITION BY LIST (generation);
      """

    static let inForce = "(SELECT f.generation FROM cardlink_data.store f)"
    static let runID = """
      (SELECT g.run_id FROM cardlink_data.generation g JOIN cardlink_data.store f USING (generation))
      """
    static let values = """
      insurance_number, card_number, facility_code, valid_from, valid_to, five_years_from, area_code,
      CASE rule WHEN 0 THEN 'personal_id' WHEN 1 THEN 'legacy_id' WHEN 2 THEN 'decision' END AS rule,
      n.words AS notes, s.name AS source_file, source_line, \(runID) AS run_id
      """
    static let source = """
      LEFT JOIN cardlink_data.source_file s ON s.generation = r.generation AND s.source_id = r.source_id
      """
    static let joins = """
      \(source)
      LEFT JOIN cardlink_data.note_list n ON n.generation = r.generation AND n.note_id = r.note_id
      WHERE r.generation = \(inForce)
      """
    static let views = """
      CREATE VIEW cardlink.card_attribute AS SELECT r.personal_id, r.full_name, r.birth_date,
        CASE sex WHEN 0 THEN 'unknown' WHEN 1 THEN 'male' WHEN 2 THEN 'female' END AS sex, \(values)
        FROM cardlink_data.person r \(joins);
      CREATE VIEW cardlink.card AS
        SELECT r.personal_id, \(values) FROM cardlink_data.person r \(joins)
        UNION ALL
        SELECT r.personal_id, \(values) FROM cardlink_data.other_card r \(joins);
      CREATE VIEW cardlink.finding AS SELECT
        CASE export WHEN 0 THEN 'population' WHEN 1 THEN 'insurance' END AS export, outcome, reasons,
        personal_id, insurance_number, card_number, s.name AS source_file, source_line, \(runID) AS run_id, candidates,
        candidate_personal_id, digest
        FROM cardlink_data.held_record r \(source) WHERE r.generation = \(inForce);
      CREATE VIEW cardlink.ledger AS SELECT run_id, export, source_file, outcome, records
        FROM cardlink_data.ledger_row WHERE generation = \(inForce);
      CREATE VIEW cardlink.run AS SELECT run_id, pipeline, as_of, started_at, finished_at, state
        FROM cardlink_data.run_row WHERE generation = \(inForce);
      """

    /// Run 5, loaded and in force: two persons, one of them with another card, and a record that did not link.
    static let night = """
      SELECT nextval('cardlink_data.generation_number');
      INSERT INTO cardlink_data.store VALUES (1, 'nightly', 1);
      INSERT INTO cardlink_data.generation VALUES (1, 5, true);
      INSERT INTO cardlink_data.source_file VALUES (1, 0, 'population.csv'), (1, 1, 'insurance.xml');
      INSERT INTO cardlink_data.note_list VALUES (1, 1, 'tolerated_name');
      INSERT INTO cardlink_data.run_row VALUES
        (1, 5, 'nightly', '2026-08-01', '2026-08-01T01:00:00+07:00', '2026-08-01T01:10:00+07:00', 'done');
      INSERT INTO cardlink_data.ledger_row VALUES (1, 5, 'insurance', 'insurance.xml', 'linked', 3);
      CREATE TABLE cardlink_data.person_1 PARTITION OF cardlink_data.person FOR VALUES IN (1);
      CREATE TABLE cardlink_data.other_card_1 PARTITION OF cardlink_data.other_card FOR VALUES IN (1);
      CREATE TABLE cardlink_data.held_record_1 PARTITION OF cardlink_data.held_record FOR VALUES IN (1);
      INSERT INTO cardlink_data.person VALUES
        (1, 2, 1, NULL, 1, 0, '001090000101', 'NGUYỄN VĂN AN', '1990-03-05', '0100000101', 'DN4010100000101',
         '01001', '2026-01-01', '2026-12-31', NULL, NULL),
        (1, 3, 1, 1, 2, 1, '001090000102', 'TRẦN THỊ BA', '1991-03-05', '0100000102', 'DN4010100000102',
         '79001', '2026-01-01', '2026-12-31', '2031-01-01', 'K1');
      INSERT INTO cardlink_data.other_card VALUES
        (1, 4, 1, NULL, 0, '001090000101', '0100000101', 'DN4010100000101', '01002', '2025-01-01', '2025-12-31',
         NULL, NULL);
      INSERT INTO cardlink_data.held_record VALUES
        (1, 5, 1, NULL, 1, 'id_missing', NULL, NULL, '0100000103', 'DN4010100000103', NULL, NULL);
      """
  }

  @Suite(
    "A store of an earlier cardlink on a PostgreSQL server", .serialized,
    .enabled(if: LoopbackServer.programs != nil, "PostgreSQL is not installed here: apt install postgresql"))
  struct ServerUpgradeTests {
    static let views = ["card_attribute", "card", "finding", "ledger", "run"]

    let workshop: Workshop
    let place: String
    let owner: ServerReader

    init() throws {
      workshop = try Workshop()
      let server = try LoopbackServer.shared.get()
      place = server.place(try server.database())
      owner = try ServerReader(place)
      for sql in [Version1.tables, Version1.views, Version1.night] { try owner.session.execute(sql) }
    }

    func version() throws -> String? {
      try owner.session.execute("SELECT version FROM cardlink_data.store")[0][0]
    }

    /// All rows of all views, in order.
    func rows(_ reader: ServerReader) throws -> [String: [[Cell]]] {
      try Dictionary(
        uniqueKeysWithValues: Self.views.map { view in
          (view, try reader.rows(view).sorted { "\($0)" < "\($1)" })
        })
    }

    /// The same rows as today's views show them.
    static func upgraded(_ rows: [String: [[Cell]]]) -> [String: [[Cell]]] {
      var rows = rows
      // Nobody was kept in grace.
      rows["card_attribute"] = rows["card_attribute"]?.map { $0 + [.null] }
      return rows
    }

    @Test("asking for what is in force reads version 1 as it is and changes nothing")
    func asking() throws {
      let before = try rows(owner)
      #expect(before["card_attribute"]?.count == 2 && before["card"]?.count == 3)
      let store = try PostgreSQLStore(place, pipeline: "nightly")
      #expect(try store.inForce() == Generation(number: 1, run: 5))
      #expect(try version() == "1")
      #expect(try rows(owner) == before)
    }

    @Test("before the next load it becomes version 3: rows and grants stay, and the load is whole")
    func upgrade() throws {
      let before = try rows(owner)
      let role = "upgraded" + place.filter(\.isNumber).suffix(4)
      try owner.session.execute(
        """
        CREATE ROLE \(role) LOGIN;
        GRANT USAGE ON SCHEMA cardlink TO \(role); GRANT SELECT ON ALL TABLES IN SCHEMA cardlink TO \(role)
        """)
      let reader = try ServerReader(place.replacing("user=owner", with: "user=\(role)"))
      // A reader in the middle of a transaction sees the old rows and columns to its end.
      try reader.session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
      let path = workshop.path + "/store/card-attributes.sqlite"
      let new = StoreSample(seed: 2, persons: 300, runID: 8)
      try new.load(into: path)

      let store = try PostgreSQLStore(place, pipeline: "nightly")
      try store.hold()
      #expect(try version() == "3")
      #expect(try rows(owner) == Self.upgraded(before))
      #expect(try rows(reader) == before)
      try reader.session.execute("COMMIT")
      #expect(try rows(reader) == Self.upgraded(before))
      #expect(try owner.rows("kept_in_grace").isEmpty)
      // The history begins with the store in force.
      #expect(
        try owner.session.execute(
          "SELECT DISTINCT known_from, known_to, opened_by, closed_by FROM cardlink.card_attribute_history")
          == [["2026-08-01", "", "5", nil]])
      #expect(try owner.rows("number_history").allSatisfy { $0[3] == .text("2026-08-01") })
      #expect(try store.inForce() == Generation(number: 1, run: 5))
      for (view, columns) in ViewTests.contract {
        #expect(try owner.columns(of: view) == columns + (ViewTests.added[view] ?? ""))
      }

      let generation = try store.load(fromStore: path)
      #expect(try rows(owner) == Self.upgraded(before), "loaded, not in force")
      try store.putInForce(generation)
      let seen = try Seen(path)
      for view in Self.views {
        #expect(
          try reader.rows(view).map { "\($0)" }.sorted()
            == seen.rows("SELECT * FROM \(view)").map { "\($0)" }.sorted(), "\(view)")
      }
      // A generation loaded before the upgrade can be put in force again, and removed like any other.
      try store.putInForce(run: 5, orFrom: "/nowhere")
      #expect(try rows(owner) == Self.upgraded(before))
      try store.putInForce(generation)
      #expect(try store.drop(keeping: []) == 0)
      #expect(try owner.session.execute("SELECT to_regclass('cardlink_data.person_1') IS NULL") == [["t"]])
    }

    @Test("a store that is of today already is not upgraded again")
    func twice() throws {
      for _ in 1...2 {
        // The session's end releases the lock.
        let store = try PostgreSQLStore(place, pipeline: "nightly")
        try store.hold()
        #expect(try version() == "3")
      }
    }

    @Test("an upgrade that fails leaves version 1, whole; the next one does all of it")
    func failing() throws {
      let before = try rows(owner)
      // Makes the upgrade's last step but one fail.
      try owner.session.execute("CREATE VIEW cardlink.kept_in_grace AS SELECT 1")
      #expect(throws: Stop.self) { try PostgreSQLStore(place, pipeline: "nightly").hold() }
      #expect(try version() == "1")
      #expect(try rows(owner) == before)
      try owner.session.execute("DROP VIEW cardlink.kept_in_grace")
      let store = try PostgreSQLStore(place, pipeline: "nightly")
      try store.hold()
      #expect(try version() == "3")
      #expect(try rows(owner) == Self.upgraded(before))
    }
  }
#endif
