// The exact messages about a wrong pipeline file.

import Support
import Testing
import Values

@testable import Pipeline

@Suite("Mistakes in a pipeline file")
struct MistakeTests {
  /// The command's output for a text.
  static func refusal(_ text: String) throws -> String {
    let workshop = try Workshop()
    let path = try workshop.file(text.utf8, named: "p.yaml")
    do {
      _ = try Pipeline(file: path)
      return "accepted"
    } catch {
      #expect(error.exit == .pipelineWrong)
      return error.text.replacing(path, with: "p.yaml")
    }
  }

  @Test("all mistakes are named at once, in the order of the lines, each with its line and a caret")
  func all() throws {
    let refusal = try Self.refusal(
      """
      name: a
      workspace: w
      exports:
        population:
          format: csv
          files: [p.csv]
          fields: { personal_id: A, full_name: Tên, bith_date: C }
          dates: []
        insurance:
          formt: csv
          files: i.csv
          fields: { card_number: A, personal_id: B, full_name: C, birth_date: D, valid_from: F }
          dates: [yyyy]
      keep: { stores: -1 }
      publish:
        valid_days: 9999
        packages: [{ all: true, name: nation }]
      """)
    #expect(
      refusal == """
        p.yaml:1:1: the file: expected the key store, found none
            name: a
            ^
          Add store and below it sqlite, postgresql.
        p.yaml:7:47: exports.population.fields.bith_date: expected a known key, found an unknown one
                fields: { personal_id: A, full_name: Tên, bith_date: C }
                                                          ^
          Did you mean birth_date?
        p.yaml:8:12: exports.population.dates: expected at least one item, found none
                dates: []
                       ^
          Write dates: [dd/MM/yyyy, yyyy]
        p.yaml:10:5: exports.insurance.formt: expected a known key, found an unknown one
                formt: csv
                ^
          Did you mean format?
        p.yaml:11:12: exports.insurance.files: expected a list of paths, found `i.csv`
                files: i.csv
                       ^
          Write files: [../exports/population-*.csv]
        p.yaml:14:17: keep.stores: expected a number from 0, found `-1`
            keep: { stores: -1 }
                            ^
          Write stores: 0
        p.yaml:16:15: publish.valid_days: expected a number from 0 to 3650, found `9999`
              valid_days: 9999
                          ^
          Write valid_days: 3
        p.yaml:17:33: publish.packages.name: expected small letters and digits with a hyphen, which no facility's code has, found `nation`, which may be a facility's code
              packages: [{ all: true, name: nation }]
                                            ^
          Write it with a hyphen: name: nation-all
        """)
  }

  static let notYAML: [(text: String, start: String)] = [
    ("name: a: b\n", "p.yaml:1:8: expected YAML, found a colon where no key can be"),
    ("name: a\n work: b\n", "p.yaml:2:6: expected YAML, found a colon where no key can be"),
    (
      "exports:\n  - a\n  b: c\n",
      "p.yaml:3:3: expected YAML, found a line that is no item of the list above it"
    ),
    ("name: 'a' b\n", "p.yaml:1:11: expected YAML, found a line that is no key of its level"),
    ("name: a\nfiles\nstore: b\n", "p.yaml:3:1: expected YAML, found a key without a colon"),
    ("name: @a\n", "p.yaml:1:7: expected YAML, found a text that begins with a sign of YAML, or a tab"),
    (
      "keep:\n\tdays: 3\n",
      "p.yaml:2:1: expected YAML, found a text that begins with a sign of YAML, or a tab"
    ),
    ("name: a\nkeep: { days: 3\nstore: b\n", "p.yaml:2:7: expected YAML, found a { that is not closed"),
    ("name: a\nfiles: [a, b\nstore: c\n", "p.yaml:2:8: expected YAML, found a [ that is not closed"),
    ("name: \"a\nstore: b\n", "p.yaml:1:7: expected YAML, found a quote that is not closed"),
    ("name: \"C:\\data\"\n", "p.yaml:1:10: expected YAML, found a backslash in double quotes"),
    ("name: - a\n", "p.yaml:1:7: expected YAML, found a list where none can be"),
    (
      "name: a\nkeep: {}\nname: b\n",
      "p.yaml:3:1: expected each key once, found `name` twice, first in line 1"
    ),
    ("keep: { days: 1, days: 2 }\n", "p.yaml:1:9: expected each key once, found `days` twice"),
    ("name: a\u{1}\n", "p.yaml:1:1: expected YAML, found a character that a text file can't hold"),
  ]

  @Test("what is no YAML is said in plain words, with its line", arguments: notYAML)
  func plainWords(text: String, start: String) throws {
    let refusal = try Self.refusal(text)
    #expect(refusal.hasPrefix(start + "\n"), "\(refusal)")
  }

  @Test(
    "a line that may hold a password is not shown",
    arguments: ["store: { pasword: hunter2, password: x }", "store: { postgres: //a:hunter2@b }"])
  func secret(line: String) throws {
    let refusal = try Self.refusal(line)
    #expect(refusal.contains("p.yaml:1:10: store.") && !refusal.contains("hunter2"), "\(refusal)")
  }

  @Test(
    "what YAML can't read is said in our words, and a date pattern and a byte of another encoding name their line",
    arguments: [
      ("files: [*.csv]", "found a text that begins with * or &"),
      ("name: &", "found a text that begins with * or &"),
      ("a: b\n---\nc: d", "found a second document after ---"),
      ("a: }", "found a sign of YAML in place of a value"),
      ("%YAML 3.0\n---\na: b", "found a line that begins with %"),
      (
        "exports: { population: { dates: [dd/MM/yy] } }",
        "p.yaml:1:34: exports.population.dates: expected a date pattern, found `dd/MM/yy`"
      ),
      ("grace: { days: 0 }", "grace.days: expected a number from 1 to 366, found `0`"),
      ("keep: { stores: -1 }", "keep.stores: expected a number from 0, found `-1`"),
      (
        "gates: { max_quarantine: 150% }",
        "expected a share from 0% to 100% or from 0 to 1, or off, found `150%`"
      ),
      ("name: a\nname: b", "p.yaml:2:1: expected each key once, found `name` twice, first in line 1"),
    ])
  func words(text: String, found: String) throws {
    let refusal = try Self.refusal(text)
    #expect(refusal.contains(found), "\(refusal)")
    for raw in ["did not", "while", "found character", "mapping", "scalar", "token", "block", "stream"] {
      #expect(!refusal.contains(raw), "\(raw): \(refusal)")
    }
  }

  @Test("a file in another encoding is named with the line of its first such byte")
  func encoding() throws {
    let workshop = try Workshop()
    let path = try workshop.file([UInt8]("name: a\nworkspace: ".utf8) + [0xE0, 0x0A], named: "p.yaml")
    #expect {
      _ = try Pipeline(file: path)
    } throws: { error in
      (error as? Stop)?.text.hasPrefix(
        "\(path):2:12: expected text in UTF-8, found a byte of another encoding") == true
    }
  }

  @Test("columns are read, and named when missing, in the order of the pipeline file")
  func order() throws {
    let workshop = try Workshop()
    let path = try workshop.file(
      """
      name: a
      workspace: w
      exports:
        population:
          format: csv
          files: [p.csv]
          fields: { sex: S, personal_id: P, full_name: [H, T], birth_date: D }
          dates: [yyyy]
        insurance:
          format: csv
          files: [i.csv]
          fields: { valid_from: F, card_number: C, personal_id: P, full_name: N, birth_date: D }
          dates: [yyyy]
      store: { sqlite: s.sqlite }
      """.utf8, named: "p.yaml")
    let pipeline = try Pipeline(file: path)
    #expect(pipeline.population.columns == ["S", "P", "H", "T", "D"])
    #expect(pipeline.insurance.columns == ["F", "C", "P", "N", "D"])
  }
}
