// What a supplier has to correct, in the supplier's own layout: for each export file a file of its
// quarantined records in their original form, and a file of reasons.
// Invariant: only records in quarantine are written, each once, in the order of their file; an existing
// folder is left alone. The files hold personal data: mode 0600, in a folder of mode 0700.
// Load: the quarantine of one night, sorted on disk, so that a broken export of millions of records fits too.

import Extract
import Files
import Glibc
import SortedRuns
package import Values
import Workspace

/// One file for the supplier.
package struct CorrectionFile: Sendable, Hashable {
  package var export: ExportKind
  /// The export file's name.
  package var name: String
  package var path: String
  package var records = 0
  /// Records whose text the reader could not keep; only the reasons list them.
  package var withoutText = 0
  /// Whether the export was in another encoding; this file is UTF-8.
  package var isConverted = false
}

extension Desk {
  /// Writes the quarantined records of a run into a new folder, which appears when it is whole.
  ///
  /// - Parameter number: the run; nil for the last one that was done.
  /// - Returns: the files written, for each export file with records in quarantine.
  /// - Throws: ``Stop`` with ``Exit/cannotCreate`` if the folder is there already; ``Exit/exportMissing`` if an export
  ///   file is gone whose header an earlier version did not keep.
  package func writeCorrections(to directory: String, run number: Int? = nil) throws(Stop) -> [CorrectionFile]
  {
    let last = try lastStaged(number)
    var directory = directory
    while directory.count > 1, directory.hasSuffix("/") { directory.removeLast() }
    guard try !Folder.exists(directory) else {
      throw Stop(
        .cannotCreate, at: directory, expected: "a folder that is not there yet", found: "one that is",
        remedy: "Name another folder; nothing was written.",
        next: "cardlink findings PIPELINE --as-export \(directory)-2")
    }
    try audit(.findingsRead, run: number, detail: ["as_export": directory])
    let partial = directory + ".\(getpid()).partial"
    do throws(Stop) {
      var files = try writeCorrections(of: last, in: partial)
      try Folder.rename(partial, to: directory)
      for i in files.indices { files[i].path = directory + files[i].path.dropFirst(partial.count) }
      return files
    } catch {
      try? Folder.remove(partial)
      throw error
    }
  }

  private func writeCorrections(of last: LastStaged, in directory: String) throws(Stop) -> [CorrectionFile] {
    try Folder.create(directory)
    let sorting = directory + "/.sorting"
    try Folder.create(sorting)
    var files: [CorrectionFile] = []
    for export in ExportKind.allCases {
      // By place: the order of the files, and of the records in each.
      var sorter = Sorter(folder: sorting, name: export.name, bufferBytes: 16 << 20)
      var merge = try quarantine(of: last)
      try merge.forEach { _, place, payload throws(Stop) in
        guard (payload.integer(at: 0) as UInt8) == export.rawValue else { return }
        try sorter.append(key: place, place: 0, Span<UInt8>(_bytes: payload))
      }
      let runs = try sorter.finish()
      for (i, file) in last.staged.files(of: export).enumerated() where file.quarantinedCount > 0 {
        files.append(try write(file, i, runs, sorting, to: directory, last.run))
      }
    }
    try Folder.remove(sorting)
    try Folder.sync(directory)
    return files
  }

  private func write(
    _ file: StagedFile, _ index: Int, _ runs: [SortedRun], _ sorting: String, to directory: String,
    _ run: RunRecord
  ) throws(Stop) -> CorrectionFile {
    let export = try pipeline.export(file.export).export(
      asOf: CalendarDate(iso: run.asOf) ?? .none, pipeline: pipeline.path)
    let path = run.exports.first { $0.export == file.export && $0.name == file.name }?.path ?? file.name
    let around =
      if let kept = file.envelope { kept } else {
        try envelope(of: ExportFile(path: path, name: file.name), format: export.format)
      }
    var name = file.name.replacing("/", with: "_")
    if name.hasSuffix(".gz") { name.removeLast(3) }
    let folder = "\(directory)/\(file.export.name)"
    try Folder.create(folder)
    var written = CorrectionFile(export: file.export, name: file.name, path: "\(folder)/\(name)")
    written.isConverted = around.isConverted
    var records = try OutputFile(creating: written.path)
    var reasons = try OutputFile(creating: written.path + ".reasons.csv")
    try records.append(around.before.span)
    try reasons.append(
      "source_line,byte_offset,field,reason,english,vietnamese,remedy,remedy_vietnamese\n")
    var merge = try Merge(
      runs, in: sorting, from: Place(file: index, ordinal: 0).packed,
      to: Place(file: index + 1, ordinal: 0).packed)
    var lastOrdinal: UInt64?
    while merge.hasRecord {
      // A record that listed several cards is written once, even if several of them are wrong.
      let ordinal = merge.key >> 8
      let isNew = ordinal != lastOrdinal
      lastOrdinal = ordinal
      let record = try merge.withPayload { payload throws(Stop) in QuarantinedRecord(payload) }
      if isNew {
        written.records += 1
        // A longer record was cut when it was staged, and is now half a line or an element without its end.
        if record.original.isEmpty || record.original.count >= QuarantinedRecord.longestOriginal {
          written.withoutText += 1
        } else {
          try records.append(record.original.span)
          try records.append(around.recordEnd.span)
        }
      }
      for word in record.reasons.words {
        try reasons.append(
          reasonLine(record, word, column: Reason(word: word).flatMap(export.rules.column(of:)) ?? ""))
      }
      try merge.advance()
    }
    try records.append(around.after.span)
    try records.finish()
    try reasons.finish()
    return written
  }

  private func reasonLine(_ record: QuarantinedRecord, _ word: String, column: String) -> String {
    let reason = Reason(shown: word)
    let cells = [
      String(record.line), String(record.byteOffset), column, word, reason?.meaning.english ?? "",
      reason?.meaning.vietnamese ?? "", reason?.remedy.english ?? "", reason?.remedy.vietnamese ?? "",
    ]
    return cells.map { "\"" + $0.replacing("\"", with: "\"\"") + "\"" }.joined(separator: ",") + "\n"
  }
}
