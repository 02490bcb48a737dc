// Reads one piece of a file and stages its records.
// Load: one piece per thread; memory is the sorters' buffers, whatever the size of the exports.

import Files
import Rules
import Synchronization
import Values

/// Stages pieces on any thread.
struct PieceStager: Sendable {
  let exports: Exports
  let folder: String
  /// Memory for sorting, for each piece in progress.
  let bufferBytes: Int
  private let idle = IdleMemory()

  /// The least such memory for a file that is read whole.
  private static let smallestBufferBytes = 64 << 20

  init(_ exports: Exports, folder: String, bufferBytes: Int) {
    (self.exports, self.folder, self.bufferBytes) = (exports, folder, bufferBytes)
  }

  /// Stages the records of a piece.
  ///
  /// - Parameter read: takes the number of bytes read since its last call.
  /// - Throws: ``Stop`` if the file is damaged and damaged files are not kept, or is in another encoding.
  func stage(_ piece: FilePiece, read: (Int) -> Void = { _ in }) throws(Stop) -> StagedPiece {
    let export = exports[piece.file]
    let extractor = try Extractor(
      ExportFile(piece.file, sound: piece.sound), format: export.format, part: try piece.part())
    var rules = export.rules
    rules.uppercaseNames = extractor.encoding == .tcvn3
    rules.convertsNames = extractor.encoding.legacy != nil
    let memory = idle.take()
    defer { idle.put(memory) }
    var stager = Stager(
      rules: rules, fileIndex: piece.fileIndex, folder: folder,
      name: "\(piece.file.export.name)-\(piece.fileIndex)-\(piece.index)",
      bufferBytes: sortedBytes(of: piece, isPlain: extractor.isPlain), memory: memory)
    let end = try stageRecords(of: extractor, piece.file, export, into: &stager, read)
    var staged = StagedPiece(
      part: try stager.finish(), firstOffset: extractor.firstOffset, next: extractor.next)
    staged.part.hasOtherElements = extractor.tally.hasOtherElements
    switch end {
    case .whole: break
    case .damaged(let damage): staged.damage = damage
    case .doubtful(let sound):
      try staged.remove(from: folder)
      var soundPiece = piece
      soundPiece.sound = sound
      return try stage(soundPiece)
    }
    return staged
  }

  /// Memory that limits a file of known size to some forty runs.
  private func sortedBytes(of piece: FilePiece, isPlain: Bool) -> Int {
    guard piece.parts == nil, isPlain else { return bufferBytes }
    return min(bufferBytes, max(Self.smallestBufferBytes, piece.file.byteCount / 64))
  }

  /// How reading ended for a file that is not refused.
  private enum End {
    case whole
    case damaged(Finding)
    /// Records may be wrong: only the sound part of the file may be used.
    case doubtful(SoundPart)
  }

  /// Refuses a file of a series with a record of another delivery.
  private func checkNumbers(_ batch: borrowing RawBatch, _ slot: Int, _ file: FoundFile) throws(Stop) {
    for i in 0..<batch.count where batch.record(i).fault == .none {
      let number = batch.range(i, slot).flatMap { deliveryNumber(in: batch.bytes.span.extracting($0)) }
      guard number != file.sequence else { continue }
      throw Stop(
        .dataRefused, at: file.name, line: Int(batch.record(i).line),
        expected: "the number \(file.sequence ?? 0) in each record, as in the first one",
        found: number.map { "\($0)" } ?? "none",
        remedy: "Ask the supplier for one file for each delivery; nothing was changed.")
    }
  }

  private func stageRecords(
    of extractor: Extractor, _ file: FoundFile, _ export: Export, into stager: inout Stager,
    _ read: (Int) -> Void
  ) throws(Stop) -> End {
    var batch = RawBatch(slotCount: export.format.columns.count)
    var counted = 0
    do throws(Stop) {
      while try extractor.nextBatch(into: &batch) {
        if let slot = export.numberSlot { try checkNumbers(batch, slot, file) }
        try stager.stage(batch)
        // There are more misread records than a sample shows.
        try export.checkEncoding(
          file, misread: stager.misreadCount, of: stager.recordCount, atLeast: 20_000)
        let bytes = extractor.tally.bytesRead
        read(bytes - counted)
        counted = bytes
      }
    } catch {
      guard export.keepsDamaged else { throw error }
      if error.exit == .dataRefused, let sound = try extractor.soundPart() { return .doubtful(sound) }
      guard let rest = extractor.damage else { throw error }
      batch.removeAll()
      batch.append(rest)
      try stager.stage(batch)
      return .damaged(error.finding)
    }
    var tally = extractor.tally
    if tally.cutLine == Int(stager.lastNotRecord) { tally.cutLine = nil }
    guard let fault = tally.fault(of: file) else { return .whole }
    guard export.keepsDamaged else { throw fault }
    return .damaged(fault.finding)
  }
}

/// The memory of finished pieces, for the next ones.
private final class IdleMemory: Sendable {
  private let idle = Mutex<[StagerMemory]>([])

  func take() -> StagerMemory { idle.withLock { $0.popLast() } ?? StagerMemory() }
  func put(_ memory: StagerMemory) { idle.withLock { $0.append(memory) } }
}

/// The number of a delivery; nil unless it is digits alone, at most 18.
package func deliveryNumber(in value: Span<UInt8>) -> Int? {
  let text = string(value.extracting(trimmed(value, 0..<value.count)))
  guard (1...18).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
    return nil
  }
  return Int(text)
}
