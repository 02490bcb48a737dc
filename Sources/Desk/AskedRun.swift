// The run that a question is answered from: the one that is named, or the one in force.
// Invariant: a run that was held or failed is answered from its match result, as long as that is kept; one whose store is
// kept, from its store. Nothing is guessed: a run of which neither is there is refused.

import Files
import Match
import SortedRuns
import Store
package import Values
package import Workspace

/// A run whose persons and findings can be read.
package struct AskedRun: Sendable {
  enum Source: Sendable {
    case store(String)
    case matched(Desk.LastStaged)
  }

  package var run: RunRecord
  package var isInForce: Bool
  let source: Source

  /// Which run it is.
  package var words: Bilingual {
    let date = FigureText.date(run.asOf)
    let state = isInForce ? Bilingual("đang có hiệu lực", "in force") : run.state.title
    return Bilingual(
      "Từ lượt chạy \(run.id), ngày \(date.vietnamese): \(state.vietnamese)",
      "From run \(run.id) of \(date.english): \(state.english)")
  }
}

extension Desk {
  /// The run with a number.
  ///
  /// - Throws: ``Stop`` with ``Exit/usage`` if there is none.
  package func run(_ number: Int) throws(Stop) -> RunRecord {
    let runs = try runs()
    guard let run = runs.first(where: { $0.id == number }) else {
      throw Stop(
        .usage, at: "run \(number)", expected: "a run of this workspace",
        found: runs.isEmpty ? "none" : "runs \(runs[0].id) to \(runs[runs.count - 1].id)",
        remedy: "Name one of the runs listed.", next: "cardlink runs PIPELINE")
    }
    return run
  }

  /// The run that a question names, to be read from its store or from its match result.
  ///
  /// - Throws: ``Stop`` with ``Exit/usage`` if there is none, or neither is kept.
  package func asked(_ number: Int) throws(Stop) -> AskedRun {
    let run = try run(number)
    let stores = KeptStores(pipeline, in: pipeline.workspace)
    if let loaded = run.finished(.load)?.run {
      if try stores.inForce() == loaded {
        return AskedRun(run: run, isInForce: true, source: .store(stores.path))
      }
      if try stores.runs().contains(loaded) {
        return AskedRun(run: run, isInForce: false, source: .store(stores.path(of: loaded)))
      }
    }
    guard let last = try staged(run) else {
      throw Stop(
        .usage, at: "run \(number)", expected: "a run whose results are kept",
        found: run.finished(.match) == nil
          ? "one that did not finish its match" : "one whose results were removed",
        remedy: "How many are kept says keep in the pipeline file.", next: "cardlink runs PIPELINE")
    }
    return AskedRun(run: run, isInForce: false, source: .matched(last))
  }

  /// The run whose store is in force.
  ///
  /// - Throws: ``Stop`` with ``Exit/storeUnavailable`` if there is no store.
  package func askedInForce() throws(Stop) -> AskedRun {
    let store = try storeInForce()
    let number = try store.runID()
    guard let run = try runs().first(where: { $0.id == number }) else {
      throw Stop(
        .inputOutput, at: pipeline.workspace,
        expected: "the record of run \(number), whose store is in force",
        found: "none", remedy: "Bring the folder runs back from a backup.", next: "cardlink doctor PIPELINE")
    }
    return AskedRun(run: run, isInForce: true, source: .store(store.path))
  }

  /// What a run left of its first two stages; nil if it isn't there.
  func staged(_ run: RunRecord) throws(Stop) -> LastStaged? {
    guard let extracted = run.finished(.extract), let judged = run.finished(.match),
      let staged = try JSONFile.read(
        StagedSnapshot.self, from: reader.folder(of: extracted) + "/result.json"),
      let matched = try JSONFile.read(MatchedSnapshot.self, from: reader.folder(of: judged) + "/result.json")
    else { return nil }
    return LastStaged(
      run: run, staged: staged, folder: reader.folder(of: extracted), matched: matched,
      matchedFolder: reader.folder(of: judged))
  }

  /// A run's staged records: of the one that is named, or of the last that was done and has them still.
  ///
  /// - Throws: ``Stop`` with ``Exit/usage`` if there are none.
  func lastStaged(_ number: Int?) throws(Stop) -> LastStaged {
    guard let number else { return try lastStaged() }
    guard let last = try staged(run(number)) else {
      throw Stop(
        .usage, at: "run \(number)", expected: "a run whose staged records are kept",
        found: "one that has none or whose records were removed",
        remedy: "How many are kept says keep.staged in the pipeline file.", next: "cardlink runs PIPELINE")
    }
    return last
  }
}

// MARK: A match result, as a store would show it

extension Desk.LastStaged {
  private func fileName(_ export: ExportKind, _ index: Int) -> String {
    let files = staged.files(of: export)
    return index < files.count ? files[index].name : "?"
  }

  func stored(_ row: FindingRow) -> StoredFinding {
    func text(_ text: String) -> String? { text.isEmpty ? nil : text }
    return StoredFinding(
      export: row.export.name, outcome: row.outcome.name, reasons: text(row.reasons),
      personalID: text(row.personalID), insuranceNumber: text(row.insuranceNumber),
      cardNumber: text(row.cardNumber), sourceFile: fileName(row.export, row.fileIndex),
      sourceLine: Int(row.line), runID: run.id, candidates: row.candidates,
      candidatePersonalID: text(row.candidatePersonalID), digest: row.judged?.text)
  }

  /// The one person of a batch, with the card that serves on a day, or on the business date.
  func stored(_ batch: PersonBatch, on day: CalendarDate?) -> CardAttribute? {
    guard let person = batch.persons.first else { return nil }
    let cards = batch.cards[person.cards].map { stored($0, of: person.personalID) }
    let serving = batch.cards[person.cards].first(where: \.isServing) ?? batch.cards[person.cards.lowerBound]
    let until = serving.graceUntil.isNone ? nil : serving.graceUntil.text
    let card =
      until == nil && day != nil
      ? day.flatMap { cards.serving(on: $0) } : stored(serving, of: person.personalID)
    guard let card else { return nil }
    return CardAttribute(
      personalID: person.personalID.text,
      fullName: String(decoding: batch.bytes[person.nameRange], as: UTF8.self),
      birthDate: person.birthDate.isNone ? nil : person.birthDate.text, sex: person.sex.name, card: card,
      graceUntil: until)
  }

  private func stored(_ card: CardRow, of person: PersonalID) -> LinkedCard {
    func text(_ date: CalendarDate) -> String? { date.isNone ? nil : date.text }
    func text(_ code: ShortCode) -> String? { code.isNone ? nil : code.text }
    let kept = card.graceUntil.isNone ? nil : (matched.keptSources ?? [])[Int(card.fileIndex)]
    let notes = card.notes.words.joined(separator: ",")
    return LinkedCard(
      personalID: person.text, insuranceNumber: card.insuranceNumber.isNone ? nil : card.insuranceNumber.text,
      cardNumber: card.cardNumber.isNone ? nil : card.cardNumber.text, facilityCode: text(card.facility),
      validFrom: text(card.validFrom), validTo: text(card.validTo), fiveYearsFrom: text(card.fiveYearsFrom),
      areaCode: text(card.area), rule: card.rule.name, notes: notes.isEmpty ? nil : notes,
      sourceFile: kept?.sourceFile ?? fileName(.insurance, Int(card.fileIndex)), sourceLine: Int(card.line),
      runID: kept?.run ?? run.id)
  }
}
