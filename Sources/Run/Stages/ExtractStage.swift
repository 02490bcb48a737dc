// Stage extract: exports in, checked records in key order out.
// Invariant: every record read is staged or in quarantine, counted file by file; a file that is damaged or not what
// the pipeline says stops the run before anything is replaced.
// Load: both exports at once, a file or a part of one per thread; memory is the sorters' buffers, whatever the exports' size.

import Extract
import Files
import Rules
import SortedRuns
import Synchronization
import Threads
import Values

/// A file is cut into parts no smaller than this: the records of a smaller one would not be sorted any sooner, for the
/// processor's cache holds about as many, and the merge would have more runs to read.
private let smallestPartBytes = 24 << 20
/// The same for the records of a file that is read as one: so much memory for records being sorted.
private let smallestBufferBytes = 64 << 20

extension Night {
  func extract(into folder: String) throws(Stop) -> (StagedSnapshot, Int) {
    let extraction = Extraction(pipeline: pipeline, options: options, progress: progress, run: run.id)
    let (snapshot, digests) = try extraction.staged(run.exports, into: folder)
    try update { run in for i in run.exports.indices { run.exports[i].digest = digests[i] } }
    return (snapshot, snapshot.files.reduce(0) { $0 + $1.recordCount })
  }
}

/// Reads exports, for a run or for a rehearsal of one.
struct Extraction: Sendable {
  let pipeline: Pipeline
  let options: RunOptions
  let progress: any Progress
  /// The run for which it is done; nil for a rehearsal.
  let run: Int?

  /// Reads the files and writes their checked records into an empty folder.
  /// - Returns: what was staged, and the files' digests.
  func staged(_ files: [FoundFile], into folder: String) throws(Stop) -> (StagedSnapshot, digests: [String]) {
    try checkBeginnings(of: files)
    let width = max(1, options.threads)
    // Half of the memory for records being sorted; what is left is for reading, decoding and writing.
    let bufferBytes = min(options.memoryBytes / 2 / width, 192 << 20)
    let total = files.reduce(0) { $0 + $1.byteCount }
    let done = Atomic<Int>(0)
    // Large files first, so that no thread is left alone with one at the end; the parts of a file in its order.
    let order = files.indices.sorted { (files[$0].byteCount, $1) > (files[$1].byteCount, $0) }
    var pieces: [FilePiece] = []
    var parts: [Int: FileParts] = [:]
    for i in order {
      parts[i] = try self.parts(of: files[i], bufferBytes: bufferBytes)
      if let parts = parts[i] {
        pieces += (0..<parts.count).map { FilePiece(number: i, file: files[i], parts: parts, index: $0) }
      } else {
        pieces.append(FilePiece(number: i, file: files[i]))
      }
    }
    let digests = ExportDigests(of: files, order: order, parts: parts)
    defer { digests.abandon() }
    let indexes = files.indices.map { i in files[..<i].count { $0.export == files[i].export } }
    let idle = IdleMemory()
    let syncing = RunSync(folder: folder)
    defer { syncing.abandon() }
    let staged = try inOrder(pieces, width: width) { piece throws(Stop) in
      var offset = piece.start
      var passed = PassedPages(of: piece.file.path, from: offset, exportBytes: total)
      digests.follow(piece.number, to: offset)
      let staged = try stage(
        piece, index: indexes[piece.number], folder: folder, bufferBytes: bufferBytes, idle: idle
      ) { bytes in
        offset += bytes
        digests.follow(piece.number, to: offset)
        passed?.pass(offset)
        let sum = done.add(bytes, ordering: .relaxed).newValue
        progress.advance(.extract, done: min(sum, total), of: total, unit: "bytes")
      }
      passed?.pass(offset, isLast: true)
      syncing.add(staged.part.runs)
      return staged
    }
    try syncing.wait()
    var damaged: [String: String] = [:]
    var byFile: [StagedPart] = Array(repeating: StagedPart(), count: files.count)
    var pieceBefore: (number: Int, next: (offset: Int, line: Int))?
    for (piece, found) in zip(pieces, staged) {
      var found = found
      if let before = pieceBefore, before.number == piece.number, before.next.offset != found.firstOffset {
        // The line that the part began with stood inside a quoted value: read again from where the part before ended.
        try found.remove(from: folder)
        let exact = FilePart(
          start: before.next.offset, end: max(before.next.offset, try piece.end), line: before.next.line,
          isExact: true)
        found = try stage(
          piece.reading(exact), index: indexes[piece.number], folder: folder, bufferBytes: bufferBytes,
          idle: idle, read: { _ in })
        syncing.add(found.part.runs)
      }
      pieceBefore = (piece.number, found.next)
      byFile[piece.number].add(found.part)
      if let damage = found.damage {
        damaged["\(piece.file.export.name)/\(piece.file.name)"] = "\(damage.origin): found \(damage.found)"
        tellDamage(damage, of: piece.file)
      }
    }
    for (file, part) in zip(files, byFile) {
      try checkNotEmpty(file, part)
      try checkEncoding(file, misread: part.misreadCount, of: part.recordCount, atLeast: 20)
    }
    let digestTexts = try digests.value()
    try syncing.wait()
    for file in files { try file.checkUnchanged() }

    var snapshot = StagedSnapshot()
    var blanks: [String: Int] = [:]
    for kind in ExportKind.allCases {
      for field in pipeline.export(kind).fields.keys { blanks["\(kind.name).\(field)"] = 0 }
    }
    for (file, part) in zip(files, byFile) {
      snapshot.population += part.population
      snapshot.legacy += part.legacy
      snapshot.insurance += part.insurance
      snapshot.quarantine += part.quarantine
      for (field, count) in part.blankCounts {
        blanks["\(file.export.name).\(field.rawValue)", default: 0] += count
      }
      snapshot.files.append(
        StagedFile(
          export: file.export, name: file.name, recordCount: part.recordCount,
          quarantinedCount: part.quarantinedCount, byteCount: file.byteCount))
    }
    snapshot.blanks = blanks
    snapshot.damaged = damaged.isEmpty ? nil : damaged
    // Few runs are read at once later, however many files there were.
    snapshot.population = try compacted(snapshot.population, in: folder, name: "population")
    snapshot.legacy = try compacted(snapshot.legacy, in: folder, name: "legacy")
    snapshot.insurance = try compacted(snapshot.insurance, in: folder, name: "insurance")
    snapshot.quarantine = try compacted(snapshot.quarantine, in: folder, name: "quarantine")
    return (snapshot, digestTexts)
  }

  /// The parts that a file can be read in; nil where it is read as one.
  private func parts(of file: FoundFile, bufferBytes: Int) throws(Stop) -> FileParts? {
    try FileParts(
      ExportFile(path: file.path, name: file.name), format: pipeline.export(file.export).extractFormat,
      byteCount: file.byteCount, partBytes: max(smallestPartBytes, min(file.byteCount / 96, bufferBytes)))
  }

  /// Reads one piece from front to back.
  private func stage(
    _ piece: FilePiece, index: Int, folder: String, bufferBytes: Int, idle: IdleMemory, read: (Int) -> Void
  ) throws(Stop) -> StagedPiece {
    let file = piece.file
    let spec = pipeline.export(file.export)
    let extractor = try Extractor(
      ExportFile(path: file.path, name: file.name, sound: piece.sound), format: spec.extractFormat,
      part: try piece.part())
    var rules = try spec.rules(asOf: options.asOf, pipeline: pipeline.path)
    rules.uppercaseNames = extractor.encoding == .tcvn3
    rules.convertsNames = extractor.encoding != .utf8 && extractor.encoding != .utf16
    // No more than makes some forty runs of a file, where its size tells how many there will be.
    let isOfKnownSize = piece.parts == nil && extractor.isPlain
    let sortedBytes =
      isOfKnownSize ? min(bufferBytes, max(smallestBufferBytes, file.byteCount / 64)) : bufferBytes
    let memory = idle.take()
    defer { idle.put(memory) }
    var stager = Stager(
      rules: rules, fileIndex: index, folder: folder, name: "\(file.export.name)-\(index)-\(piece.index)",
      bufferBytes: sortedBytes, memory: memory)
    var batch = RawBatch(slotCount: spec.columns.count)
    var counted = 0
    var damage: Stop?
    var sound: SoundPart?
    do throws(Stop) {
      while try extractor.nextBatch(into: &batch) {
        try stager.stage(batch)
        // Far more records than stand in any sample are no text in this encoding.
        try checkEncoding(file, misread: stager.misreadCount, of: stager.recordCount, atLeast: 20_000)
        let bytes = extractor.tally.bytesRead
        read(bytes - counted)
        counted = bytes
      }
      damage = fault(in: extractor.tally, of: file)
    } catch {
      if spec.keepsDamaged, error.exit == .dataRefused { sound = try extractor.soundPart() }
      if sound == nil {
        guard let rest = extractor.damage else { throw error }
        damage = error
        if spec.keepsDamaged {
          batch.removeAll()
          batch.append(rest)
          try stager.stage(batch)
        }
      }
    }
    if let damage, !spec.keepsDamaged { throw damage }
    let staged = StagedPiece(
      part: try stager.finish(), firstOffset: extractor.firstOffset, next: extractor.next,
      damage: damage?.finding)
    guard let sound else { return staged }
    // What was staged may be wrong: it is made anew, of what can be believed.
    try staged.remove(from: folder)
    return try stage(
      piece.reading(sound), index: index, folder: folder, bufferBytes: bufferBytes, idle: idle, read: { _ in }
    )
  }

  /// What the whole of a file shows to be missing of it.
  private func fault(in tally: FileTally, of file: FoundFile) -> Stop? {
    if let declared = tally.declaredCount, declared != tally.records {
      return Stop(
        .dataRefused, at: file.name, expected: "the \(declared) records that the file declares",
        found: "\(tally.records)", remedy: "Ask the supplier for a whole file; nothing was changed.")
    }
    return tally.cutLine.map { line in
      Stop(
        .dataRefused, at: file.name, line: line, expected: "a whole last record",
        found: "one that breaks off, without a line break behind it, as of a half-copied file",
        remedy: "Ask the supplier for a whole file; nothing was changed.")
    }
  }

  /// Refuses a file most of whose records are no text in the encoding that it is read in.
  private func checkEncoding(
    _ file: FoundFile, misread: Int, of records: Int, atLeast fewest: Int
  ) throws(Stop) {
    guard records >= fewest, misread * 2 > records else { return }
    throw Stop(
      .dataRefused, at: file.name,
      expected: "text in \(pipeline.export(file.export).encoding ?? "the encoding that it says, or utf-8")",
      found: "\(misread) of \(records) records that are none, or bear names from another encoding",
      remedy:
        "Set the right encoding in the pipeline file, or ask the supplier for UTF-8; nothing was changed.")
  }

  private func tellDamage(_ damage: Finding, of file: FoundFile) {
    progress.event(
      RunEvent(
        .fileDamaged, .warning, run: run, stage: .extract,
        [
          "file": .text(file.name), "line": .count(damage.origin.line ?? 0),
          "expected": .text(damage.expected),
          "found": .text(damage.found),
        ], text: "\(file.name) is damaged and read up to its fault, as on_damage says.", isForTerminal: true))
  }

  private func checkNotEmpty(_ file: FoundFile, _ part: StagedPart) throws(Stop) {
    guard part.recordCount == 0 else { return }
    let spec = pipeline.export(file.export)
    throw Stop(
      .dataRefused, at: file.name, expected: "at least one record",
      found: spec.format == .xml ? "no element named \(spec.record)" : "a header line only",
      remedy: "Check the file, and the pipeline file's record and fields; nothing was changed.")
  }
}

/// What one task reads: a file, or a part of one.
private struct FilePiece: Sendable {
  /// The file's position among the run's files.
  let number: Int
  let file: FoundFile
  var parts: FileParts?
  var index = 0
  var exact: FilePart?
  /// What can be believed of a gzip file with wrong bytes.
  var sound: SoundPart?

  /// The first byte of the piece.
  var start: Int { parts.map { index * $0.partBytes } ?? 0 }
  /// The first byte behind it.
  var end: Int { get throws(Stop) { try part()?.end ?? file.byteCount } }

  func part() throws(Stop) -> FilePart? {
    if let exact { return exact }
    return try parts?.part(index)
  }
  func reading(_ part: FilePart) -> FilePiece {
    var piece = self
    piece.exact = part
    return piece
  }
  func reading(_ sound: SoundPart) -> FilePiece {
    var piece = self
    piece.sound = sound
    return piece
  }
}

/// What came of one piece.
private struct StagedPiece: Sendable {
  var part: StagedPart
  var firstOffset: Int
  var next: (offset: Int, line: Int)
  /// The file is damaged, and kept all the same.
  var damage: Finding?

  /// Removes its runs, for they are to be made anew.
  func remove(from folder: String) throws(Stop) {
    for run in part.runs { try Folder.remove(folder + "/" + run.name) }
  }
}

/// The memory of pieces that are done, for those to come.
private final class IdleMemory: Sendable {
  private let idle = Mutex<[StagerMemory]>([])

  func take() -> StagerMemory { idle.withLock { $0.popLast() } ?? StagerMemory() }
  func put(_ memory: StagerMemory) { idle.withLock { $0.append(memory) } }
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
      asOf: asOf)
  }
}
