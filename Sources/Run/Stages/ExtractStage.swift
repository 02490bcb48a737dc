// The extract stage of a run: reads the exports it found, as the pipeline file describes them, into staged
// records.

package import Extract
package import Pipeline
import Rules
import Snapshot
package import SortedRuns
package import Values
import Workspace

extension Night {
  func extract(into folder: String) throws(Stop) -> (StagedSnapshot, Int) {
    let extraction = try pipeline.extraction(options, telling: progress, run: run.id)
    let (read, digests) = try extraction.staged(run.exports, into: folder)
    try update { run in for i in run.exports.indices { run.exports[i].digest = digests[i] } }
    try pipeline.checkSeries(run.exports, among: reader.runs())
    let closed = try reconciled(read, in: folder)
    var snapshot = try pipeline.inForce(read, in: folder, options)
    snapshot.series = snapshot.series?.map { series in
      var series = series
      series.closed = closed[series.export]
      return series
    }
    try pipeline.checkTotals(run.exports, read.files, snapshot.series ?? [])
    for file in snapshot.files where file.recordCount == 0 {
      progress.event(
        RunEvent(
          .fileEmpty, .warning, run: run.id, stage: .extract, ["file": .text(file.name)],
          text: "\(file.name) has no records.", isForTerminal: true))
    }
    return (snapshot, snapshot.files.reduce(0) { $0 + $1.recordCount })
  }
}

extension Pipeline {
  /// The records in force: those of the bases as their deltas have changed them.
  package func inForce(
    _ read: StagedSnapshot, in folder: String, _ options: RunOptions
  ) throws(Stop) -> StagedSnapshot {
    let specs = [population, insurance].filter(\.delta.isOn)
    guard !specs.isEmpty else { return read }
    return try Snapshot.inForce(
      SnapshotRequest(
        snapshot: read, folder: folder,
        identity: Dictionary(uniqueKeysWithValues: specs.map { ($0.kind, $0.identityFields) }),
        ordered: Set(specs.filter { $0.delta.orderBy != nil }.map(\.kind)), threads: options.threads,
        memoryBytes: options.memoryBytes))
  }

  /// The reading of both exports.
  ///
  /// - Parameter run: the run for which it is done; nil for a rehearsal.
  package func extraction(
    _ options: RunOptions, telling progress: any Progress, run: Int?
  ) throws(Stop) -> Extraction {
    var persons = try population.export(asOf: options.asOf, pipeline: path)
    var insured = try insurance.export(asOf: options.asOf, pipeline: path)
    var deltas: [ExportKind: Export] = [:]
    for spec in [population, insurance] where spec.delta.isOn {
      deltas[spec.kind] = try spec.export(asOf: options.asOf, pipeline: path, isDelta: true)
    }
    let erased = try ErasedList(workspace).persons(workspace)
    (persons.rules.erased, insured.rules.erased) = (erased, erased)
    for kind in deltas.keys { deltas[kind]?.rules.erased = erased }
    return Extraction(
      Exports(population: persons, insurance: insured, deltas: deltas),
      threads: options.threads, memoryBytes: options.memoryBytes,
      advanced: { progress.advance(.extract, done: $0, of: $1, unit: "bytes") },
      damaged: { file, damage in
        progress.event(
          RunEvent(
            .fileDamaged, .warning, run: run, stage: .extract,
            [
              "file": .text(file.name), "line": .count(damage.origin.line ?? 0),
              "expected": .text(damage.expected), "found": .text(damage.found),
            ], text: "\(file.name) is damaged and read up to its fault, as on_damage says.",
            isForTerminal: true))
      })
  }
}

extension ExportSpec {
  /// The export, or its deltas, as the extract stage reads them.
  ///
  /// - Throws: ``Stop`` with ``Exit/pipelineWrong`` for an invalid date pattern.
  package func export(asOf: CalendarDate, pipeline: String, isDelta: Bool = false) throws(Stop) -> Export {
    var format = extractFormat
    var rules = try rules(asOf: asOf, pipeline: pipeline)
    format.columns = isDelta ? deltaColumns : fullColumns
    if isDelta { rules.changes = changeRules }
    var export = Export(format: format, rules: rules, keepsDamaged: keepsDamaged)
    if delta.isOn, delta.numbers == .column {
      export.numberSlot = format.columns.firstIndex(of: delta.numberField ?? "")
    }
    return export
  }

  var identityFields: IdentityFields {
    delta.identity.reduce(into: IdentityFields()) { fields, name in
      switch Field(rawValue: name) {
      case .personalID: fields.insert(.personalID)
      case .cardNumber: fields.insert(.cardNumber)
      case .insuranceNumber: fields.insert(.insuranceNumber)
      case .validFrom: fields.insert(.validFrom)
      default: break
      }
    }
  }

  private var changeRules: ChangeRules {
    let columns = deltaColumns
    return ChangeRules(
      operationSlot: delta.operationField.flatMap { columns.firstIndex(of: $0) },
      operations: (delta.operationCodes ?? []).map {
        (bytes: Array($0.code.utf8), kind: $0.value == "delete" ? .delete : .upsert)
      },
      orderSlot: delta.orderBy.flatMap { columns.firstIndex(of: $0) }, identity: identityFields)
  }

  package var extractFormat: ExportFormat {
    var dialect = CSVDialect()
    dialect.delimiter = delimiter
    dialect.quote = quote == 0 ? nil : quote
    dialect.escape = escape == quote ? nil : escape
    dialect.skippedLines = skippedLines
    dialect.hasHeader = hasHeader
    return ExportFormat(
      kind: format == .csv ? .csv(dialect) : .xml(record: record),
      encoding: encoding.flatMap { TextEncoding(rawValue: $0) }, columns: columns)
  }

  private func rules(asOf: CalendarDate, pipeline: String) throws(Stop) -> ExportRules {
    let slots = Dictionary(uniqueKeysWithValues: columns.enumerated().map { ($1, $0) })
    func source(_ source: Source) -> FieldSource {
      switch source {
      case .column(let name): .slot(slots[name] ?? 0)
      case .joined(let parts): .joined(parts.map(source(_:)))
      case .any(let choices): .any(choices.map(source(_:)))
      }
    }
    // The pipeline file's reader has refused what is no pattern.
    let patterns = dates.compactMap(DatePattern.init)
    var mapped: [Field: FieldSource] = [:]
    var names: [Field: String] = [:]
    for (name, value) in fields {
      guard let field = Field(rawValue: name) else { continue }
      mapped[field] = source(value)
      names[field] = value.columns.joined(separator: "+")
    }
    var exportRules = ExportRules(
      export: kind, fields: mapped, columnNames: names,
      sexCodes: (sexCodes ?? []).compactMap { code in
        Sex(name: code.value).map { (bytes: Array(code.code.utf8), sex: $0) }
      },
      statusCodes: (statusCodes ?? []).compactMap { code in
        PersonStatus(name: code.value).map { (bytes: Array(code.code.utf8), status: $0) }
      },
      emptyValues: emptyValues.map { Array($0.utf8) }, datePatterns: patterns,
      split: split.map { ($0.separator, $0.fields.compactMap { Field(rawValue: $0) }) },
      asOf: asOf)
    exportRules.footers = footers.map(LinePattern.init)
    exportRules.residenceCodes = (residenceCodes ?? []).compactMap { code in
      Int(code.value).map { (bytes: Array(code.code.utf8), residence: Residence(code: $0)) }
    }
    exportRules.armedForces = ArmedForces(adding: armedForces)
    exportRules.mayBeAbsent = mayBeAbsent.compactMap { Field(rawValue: $0) }
    return exportRules
  }
}
