// Stage extract: exports in, checked records in key order out.
// Invariant: every record read is staged or in quarantine, counted file by file; a file that is damaged or not what
// the pipeline says stops the run before anything is replaced.
// Load: both exports at once, a file per thread; memory is the sorters' buffers, whatever the exports' size.

import Disk
import Extract
import Record
import Sorted
import Stage
import Synchronization

extension Night {
  func extract(into folder: String) throws(Stop) -> (StagedSnapshot, Int) {
    let files = run.exports
    let width = max(1, min(options.threads, files.count))
    // Half of the memory for records being sorted; what is left is for reading, decoding and writing.
    let bufferBytes = min(options.memoryBytes / 2 / width, 256 << 20)
    let total = files.reduce(0) { $0 + $1.byteCount }
    let done = Atomic<Int>(0)

    // Large files first, so that no thread is left alone with one at the end.
    let order = files.indices.sorted { (files[$0].byteCount, $1) > (files[$1].byteCount, $0) }
    let parts = try inOrder(order, width: width) { [self] i throws(Stop) in
      let file = files[i]
      let index = files[..<i].count { $0.export == file.export }
      return try stage(file, index: index, folder: folder, bufferBytes: bufferBytes) { bytes in
        let sum = done.add(bytes, ordering: .relaxed).newValue
        progress.advance(.extract, done: sum, of: total, unit: "bytes")
      }
    }
    var byFile: [StagedPart?] = Array(repeating: nil, count: files.count)
    for (i, part) in zip(order, parts) { byFile[i] = part }

    var snapshot = StagedSnapshot()
    for (file, part) in zip(files, byFile) {
      guard let part else { continue }
      snapshot.population += part.population
      snapshot.legacy += part.legacy
      snapshot.insurance += part.insurance
      snapshot.quarantine += part.quarantine
      snapshot.files.append(
        StagedFile(
          export: file.export, name: file.name, recordCount: part.recordCount,
          quarantinedCount: part.quarantinedCount, byteCount: file.byteCount))
    }
    // Few runs are read at once later, however many files there were.
    snapshot.population = try compacted(snapshot.population, in: folder, name: "population")
    snapshot.legacy = try compacted(snapshot.legacy, in: folder, name: "legacy")
    snapshot.insurance = try compacted(snapshot.insurance, in: folder, name: "insurance")
    snapshot.quarantine = try compacted(snapshot.quarantine, in: folder, name: "quarantine")
    return (snapshot, snapshot.files.reduce(0) { $0 + $1.recordCount })
  }

  /// Reads one file from front to back.
  private func stage(
    _ file: FoundFile, index: Int, folder: String, bufferBytes: Int, read: (Int) -> Void
  ) throws(Stop) -> StagedPart {
    let spec = pipeline.export(file.export)
    let extractor = try Extractor(ExportFile(path: file.path, name: file.name), format: spec.extractFormat)
    let rules = try spec.rules(asOf: options.asOf, pipeline: pipeline.path)
    var stager = Stager(
      rules: rules, fileIndex: index, folder: folder, name: "\(file.export.name)-\(index)",
      bufferBytes: bufferBytes)
    var batch = RawBatch(slotCount: spec.columns.count)
    var counted = 0
    while try extractor.nextBatch(into: &batch) {
      try stager.stage(batch)
      let bytes = extractor.tally.bytesRead
      read(bytes - counted)
      counted = bytes
    }
    let tally = extractor.tally
    if let declared = tally.declaredCount, declared != tally.records {
      throw Stop(
        .dataRefused, at: file.name, expected: "the \(declared) records that the file declares",
        found: "\(tally.records)", remedy: "Ask the supplier for a whole file; nothing was changed.")
    }
    guard tally.records > 0 else {
      throw Stop(
        .dataRefused, at: file.name, expected: "at least one record",
        found: spec.format == .xml ? "no element named \(spec.record)" : "a header line only",
        remedy: "Check the file, and the pipeline file's record and fields; nothing was changed.")
    }
    return try stager.finish()
  }
}

extension ExportSpec {
  /// The extractor's view of this export.
  var extractFormat: ExportFormat {
    ExportFormat(
      kind: format == .csv ? .csv(delimiter: delimiter) : .xml(record: record),
      encoding: encoding.flatMap { TextEncoding(rawValue: $0) }, columns: columns)
  }

  /// The stager's view of this export.
  ///
  /// - Throws: ``Stop`` with ``Exit/pipelineWrong`` for a date pattern that means nothing.
  func rules(asOf: CalendarDate, pipeline: String) throws(Stop) -> ExportRules {
    let slots = Dictionary(uniqueKeysWithValues: columns.enumerated().map { ($1, $0) })
    func source(_ source: Source) -> FieldSource {
      switch source {
      case .column(let name): .slot(slots[name] ?? 0)
      case .joined(let parts): .joined(parts.map(source(_:)))
      case .any(let choices): .any(choices.map(source(_:)))
      }
    }
    var patterns: [DatePattern] = []
    for text in dates {
      guard let pattern = DatePattern(text) else {
        throw Stop(
          .pipelineWrong, at: pipeline, field: "exports.\(kind.name).dates", expected: "a date pattern",
          found: "`\(text)`",
          remedy: "Write patterns of yyyy, MM, dd, HH, mm, ss, such as dd/MM/yyyy, or excel for serial days.")
      }
      patterns.append(pattern)
    }
    var mapped: [Field: FieldSource] = [:]
    var names: [Field: String] = [:]
    for (name, value) in fields {
      guard let field = Field(rawValue: name) else { continue }
      mapped[field] = source(value)
      names[field] = value.columns.joined(separator: "+")
    }
    return ExportRules(
      export: kind, fields: mapped, columnNames: names,
      sexCodes: (sexCodes ?? []).compactMap { code in
        Sex(name: code.value).map { (bytes: Array(code.code.utf8), sex: $0) }
      },
      statusCodes: (statusCodes ?? []).compactMap { code in
        PersonStatus(name: code.value).map { (bytes: Array(code.code.utf8), status: $0) }
      },
      emptyValues: emptyValues.map { Array($0.utf8) }, datePatterns: patterns,
      split: split.map { ($0.separator, $0.fields.compactMap { Field(rawValue: $0) }) },
      uppercaseNames: encoding == "tcvn3", asOf: asOf)
  }
}
