// A piece of a file for one thread to read: all of the file, or a part.

import Files
import Values

/// A file, or a part of one.
struct FilePiece: Sendable {
  /// The file's position among the run's files.
  let number: Int
  let file: FoundFile
  /// The file's position among those of its export: ``Place/file``.
  let fileIndex: Int
  var parts: FileParts?
  /// The part's number; 0 for a whole file.
  var index = 0
  /// A part whose first record is known; nil for a part by its number.
  var exact: FilePart?
  /// The part of a damaged gzip file whose checksums hold.
  var sound: SoundPart?

  /// The first byte of the piece.
  var start: Int { parts.map { index * $0.partBytes } ?? 0 }

  /// The part of the file to read; nil for all of it.
  func part() throws(Stop) -> FilePart? {
    if let exact { return exact }
    return try parts?.part(index)
  }

  /// The same part, but from a known record on.
  func from(_ next: (offset: Int, line: Int)) throws(Stop) -> FilePiece {
    let end = try part()?.end ?? file.byteCount
    var piece = self
    piece.exact = FilePart(
      start: next.offset, end: max(next.offset, end), line: next.line, isExact: true)
    return piece
  }
}

/// The files of a run, cut into pieces in reading order.
struct ReadingPlan: Sendable {
  private(set) var pieces: [FilePiece] = []
  /// The files' positions in reading order.
  let order: [Int]
  /// The parts of a file by its position, if it is read in parts.
  private(set) var parts: [Int: FileParts] = [:]

  /// Smaller parts would not sort faster, since the processor's cache holds about this much, and the merge
  /// would have more runs to read.
  private static let smallestPartBytes = 24 << 20

  /// - Throws: ``Stop`` if a file can't be read.
  init(
    _ files: [FoundFile], bufferBytes: Int, format: (FoundFile) -> ExportFormat
  ) throws(Stop) {
    // Large files first, so that no thread is left with a large one at the end; the parts of a file in order.
    order = files.indices.sorted { (files[$0].byteCount, $1) > (files[$1].byteCount, $0) }
    for i in order {
      let file = files[i]
      var piece = FilePiece(
        number: i, file: file, fileIndex: files[..<i].count { $0.export == file.export })
      piece.parts = try FileParts(
        ExportFile(file), format: format(file), byteCount: file.byteCount,
        partBytes: max(Self.smallestPartBytes, min(file.byteCount / 96, bufferBytes)))
      parts[i] = piece.parts
      for index in 0..<(piece.parts?.count ?? 1) {
        piece.index = index
        pieces.append(piece)
      }
    }
  }
}

/// The staged records of one piece.
struct StagedPiece: Sendable {
  var part: StagedPart
  /// The offset of its first record, if it is a part.
  var firstOffset: Int
  /// The offset of the first record after it, and its line.
  var next: (offset: Int, line: Int)
  /// The fault of a damaged file that is kept.
  var damage: Finding?

  /// Removes its runs, so that the piece can be staged again.
  func remove(from folder: String) throws(Stop) {
    for run in part.runs { try Folder.remove(folder + "/" + run.name) }
  }
}
