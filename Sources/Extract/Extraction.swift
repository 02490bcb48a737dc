// The extract stage: reads exports and writes checked records in key order.
// Invariant: every record read is staged or in quarantine, and counted for its file. A file that is damaged
// or differs from the pipeline's description stops the run before anything is replaced.
// Load: both exports at once, a file or a part of one per thread.

package import Files
package import SortedRuns
import Synchronization
import Threads
package import Values

/// Reads exports, for a run or for a rehearsal.
package struct Extraction: Sendable {
  private let exports: Exports
  private let threads: Int
  private let memoryBytes: Int
  private let advanced: @Sendable (_ done: Int, _ total: Int) -> Void
  private let damaged: @Sendable (FoundFile, Finding) -> Void

  /// - Parameters:
  ///   - memoryBytes: a bound on the process.
  ///   - advanced: takes the bytes read so far and those of all files; called from any thread.
  ///   - damaged: takes a damaged file that is kept, and its fault.
  package init(
    _ exports: Exports, threads: Int, memoryBytes: Int,
    advanced: @escaping @Sendable (_ done: Int, _ total: Int) -> Void,
    damaged: @escaping @Sendable (FoundFile, Finding) -> Void
  ) {
    (self.exports, self.threads, self.memoryBytes) = (exports, max(1, threads), memoryBytes)
    (self.advanced, self.damaged) = (advanced, damaged)
  }

  /// Reads the files and writes their checked records into an empty folder.
  ///
  /// - Returns: what was staged, and the files' digests.
  package func staged(
    _ files: [FoundFile], into folder: String
  ) throws(Stop) -> (StagedSnapshot, digests: [String]) {
    for file in files { try exports[file].checkBeginning(of: file) }
    // Half of the memory for sorting; the rest is for reading, decoding and writing.
    let bufferBytes = min(memoryBytes / 2 / threads, 192 << 20)
    let plan = try ReadingPlan(files, bufferBytes: bufferBytes) { exports[$0].format }
    let digests = ExportDigests(of: files, order: plan.order, parts: plan.parts)
    defer { digests.abandon() }
    let syncing = RunSync(folder: folder)
    defer { syncing.abandon() }
    let stager = PieceStager(exports, folder: folder, bufferBytes: bufferBytes)
    var pieces = try read(plan.pieces, of: files, by: stager, digests, syncing)
    try syncing.wait()
    try readAgain(&pieces, of: plan.pieces, by: stager, syncing)
    let collected = collect(pieces, of: plan.pieces, fileCount: files.count)
    for (file, part) in zip(files, collected.parts) {
      let export = exports[file]
      if part.recordCount == part.notRecordCount {
        let others = zip(files, collected.parts).contains {
          $0.export == file.export && $1.recordCount > $1.notRecordCount
        }
        let fault = export.faultOfEmpty(file, hasOthers: part.hasOtherElements, besides: others)
        if let fault { throw fault }
      }
      try export.checkElements(of: file, part)
      try export.checkCut(file, part)
      try export.checkEncoding(file, misread: part.misreadCount, of: part.recordCount, atLeast: 20)
    }
    let digestTexts = try digests.value()
    try checkNoCopies(files, collected.parts, digestTexts)
    try syncing.wait()
    for file in files { try file.checkUnchanged() }
    var snapshot = snapshot(files, collected.parts)
    snapshot.damaged = collected.damaged.isEmpty ? nil : collected.damaged
    try compact(&snapshot, in: folder)
    return (snapshot, digestTexts)
  }

  /// Refuses a copy of another file of the same export.
  private func checkNoCopies(_ files: [FoundFile], _ parts: [StagedPart], _ digests: [String]) throws(Stop) {
    var names: [[String]: String] = [:]
    for i in files.indices where parts[i].recordCount > 0 && files[i].sequence == nil {
      guard let other = names.updateValue(files[i].name, forKey: [files[i].export.name, digests[i]]) else {
        continue
      }
      throw Stop(
        .dataRefused, at: files[i].name, expected: "each record of the export once",
        found: "the same bytes as \(other)",
        remedy: "Remove one of the two, or narrow the pattern in the pipeline file; nothing was changed.")
    }
  }

  /// Stages the pieces on all threads.
  private func read(
    _ pieces: [FilePiece], of files: [FoundFile], by stager: PieceStager, _ digests: ExportDigests,
    _ syncing: RunSync
  ) throws(Stop) -> [StagedPiece] {
    let total = files.reduce(0) { $0 + $1.byteCount }
    let done = Atomic<Int>(0)
    return try inOrder(pieces, width: threads) { piece throws(Stop) in
      var offset = piece.start
      var passed = PassedPages(of: piece.file.path, from: offset, exportBytes: total)
      digests.follow(piece.number, to: offset)
      let staged = try stager.stage(piece) { bytes in
        offset += bytes
        digests.follow(piece.number, to: offset)
        passed?.pass(offset)
        let sum = done.add(bytes, ordering: .relaxed).newValue
        advanced(min(sum, total), total)
      }
      passed?.pass(offset, isLast: true)
      syncing.add(staged.part.runs)
      return staged
    }
  }

  /// Stages again each part whose first line turned out to be inside a quoted value, from the end of the part
  /// before.
  private func readAgain(
    _ staged: inout [StagedPiece], of pieces: [FilePiece], by stager: PieceStager, _ syncing: RunSync
  ) throws(Stop) {
    for i in pieces.indices.dropFirst() where pieces[i].number == pieces[i - 1].number {
      let next = staged[i - 1].next
      guard next.offset != staged[i].firstOffset else { continue }
      try staged[i].remove(from: stager.folder)
      staged[i] = try stager.stage(try pieces[i].from(next))
      syncing.add(staged[i].part.runs)
    }
  }

  /// Adds up the pieces of each file.
  ///
  /// - Returns: the files' records, and the faults of damaged files by export and name.
  private func collect(
    _ staged: [StagedPiece], of pieces: [FilePiece], fileCount: Int
  ) -> (parts: [StagedPart], damaged: [String: String]) {
    var parts: [StagedPart] = Array(repeating: StagedPart(), count: fileCount)
    var faults: [String: String] = [:]
    for (piece, found) in zip(pieces, staged) {
      parts[piece.number].add(found.part)
      guard let damage = found.damage else { continue }
      faults["\(piece.file.export.name)/\(piece.file.name)"] = "\(damage.origin): found \(damage.found)"
      damaged(piece.file, damage)
    }
    return (parts, faults)
  }

  private func snapshot(_ files: [FoundFile], _ parts: [StagedPart]) -> StagedSnapshot {
    var snapshot = StagedSnapshot()
    var blanks: [String: Int] = [:]
    for kind in ExportKind.allCases {
      for field in exports[kind].rules.fields.keys { blanks["\(kind.name).\(field.rawValue)"] = 0 }
    }
    for (file, part) in zip(files, parts) {
      snapshot.population += part.population
      snapshot.legacy += part.legacy
      snapshot.insurance += part.insurance
      snapshot.quarantine += part.quarantine
      if file.holdsChanges == true {
        snapshot.changes = (snapshot.changes ?? [:]).merging([file.export: part.changes], uniquingKeysWith: +)
      }
      for (field, count) in part.blankCounts where file.holdsChanges != true {
        blanks["\(file.export.name).\(field.rawValue)", default: 0] += count
      }
      var staged = StagedFile(
        export: file.export, name: file.name, recordCount: part.recordCount,
        quarantinedCount: part.quarantinedCount, byteCount: file.byteCount)
      if part.quarantinedCount > 0 || file.holdsChanges == true {
        staged.envelope = try? envelope(of: ExportFile(file), format: exports[file].format)
      }
      (staged.sequence, staged.holdsChanges) = (file.sequence, file.holdsChanges)
      if file.holdsChanges == true {
        (staged.upsertCount, staged.deleteCount) = (part.upsertCount, part.allDeleteCount)
      }
      staged.notRecordCount = part.notRecordCount
      snapshot.files.append(staged)
    }
    snapshot.blanks = blanks
    return snapshot
  }

  /// Merges runs, so that later stages read few at once, however many files there are.
  private func compact(_ snapshot: inout StagedSnapshot, in folder: String) throws(Stop) {
    snapshot.population = try compacted(snapshot.population, in: folder, name: "population")
    snapshot.legacy = try compacted(snapshot.legacy, in: folder, name: "legacy")
    snapshot.insurance = try compacted(snapshot.insurance, in: folder, name: "insurance")
    snapshot.quarantine = try compacted(snapshot.quarantine, in: folder, name: "quarantine")
    for (export, runs) in snapshot.changes ?? [:] {
      snapshot.changes?[export] = try compacted(runs, in: folder, name: "\(export.name)-changes")
    }
  }
}
