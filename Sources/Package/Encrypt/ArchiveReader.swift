// Reads the archive in an encrypted package, file by file.
// Invariant: every file name is relative, without `..`, and unique. An archive with anything else before its end is refused.
// Load: as the file's: a chunk of 64 KiB in memory.

import Files
import Seal
import Values

/// Why an encrypted package can't be read: a fault of the package, or a failure on this machine.
enum ArchiveFailure: Error {
  case fault(PackageFault.Kind)
  case stop(Stop)
}

/// Runs `work` and turns its stop into an ``ArchiveFailure``.
func orStop<Value: ~Copyable>(_ work: () throws(Stop) -> Value) throws(ArchiveFailure) -> Value {
  do throws(Stop) { return try work() } catch { throw .stop(error) }
}

struct ArchiveReader: ~Copyable {
  private var input: EncryptedInput
  private var chunk: [UInt8] = []
  private var position = 0
  /// Bytes of the current file still to come, and those that pad its last block.
  private var rest = 0
  private var padding = 0
  /// The one folder that holds everything.
  private var root: Substring?
  private var names: Set<String> = []

  init(_ path: String, with keys: [DecryptionKey]) throws(ArchiveFailure) {
    input = try Self.opened(path, keys)
  }

  private static func opened(_ path: String, _ keys: [DecryptionKey]) throws(ArchiveFailure) -> EncryptedInput
  {
    do throws(EncryptedInput.Failure) {
      return try EncryptedInput(path, with: keys, blockBytes: TarHeader.blockBytes)
    } catch {
      throw ArchiveFailure(error)
    }
  }

  /// Goes to the next plain file.
  ///
  /// - Returns: its name, seen from the package, and its size; nil when there are no more.
  mutating func next() throws(ArchiveFailure) -> TarHeader? {
    try readAll { _ in }
    while true {
      guard try fill(), chunk.count - position >= TarHeader.blockBytes else { throw .fault(.malformed) }
      let block = position..<position + TarHeader.blockBytes
      guard chunk[block].contains(where: { $0 != 0 }) else {
        try finish()
        return nil
      }
      guard var header = TarHeader(chunk.span.extracting(block)) else { throw .fault(.malformed) }
      position += TarHeader.blockBytes
      let parts = header.name.split(separator: "/", maxSplits: 1)
      root = root ?? parts.first
      guard parts.first == root else { throw .fault(.malformed) }
      if header.isFolder { continue }
      guard parts.count == 2, names.insert(String(parts[1])).inserted else { throw .fault(.malformed) }
      header.name = String(parts[1])
      rest = header.byteCount
      padding = -rest & (TarHeader.blockBytes - 1)
      return header
    }
  }

  /// Passes on the rest of the current file, some ten kilobytes at a time.
  mutating func readAll(_ take: (Span<UInt8>) throws(Stop) -> Void) throws(ArchiveFailure) {
    while rest > 0 {
      guard try fill() else { throw .fault(.malformed) }
      let count = min(rest, chunk.count - position)
      do throws(Stop) {
        try take(chunk.span.extracting(position..<position + count))
      } catch {
        throw .stop(error)
      }
      position += count
      rest -= count
    }
    guard padding > 0 else { return }
    // Blocks don't lie across chunks.
    guard chunk.count - position >= padding else { throw .fault(.malformed) }
    position += padding
    padding = 0
  }

  /// Whether there is something in the chunk.
  private mutating func fill() throws(ArchiveFailure) -> Bool {
    guard position == chunk.count else { return true }
    position = 0
    do throws(EncryptedInput.Failure) {
      guard try input.next(&chunk) else {
        chunk.removeAll()
        return false
      }
      return true
    } catch {
      throw ArchiveFailure(error)
    }
  }

  /// Only zeros may follow: two blocks, and more from some programs.
  private mutating func finish() throws(ArchiveFailure) {
    var zeros = 0
    while try fill() {
      guard chunk[position...].allSatisfy({ $0 == 0 }) else { throw .fault(.malformed) }
      zeros += chunk.count - position
      position = chunk.count
    }
    guard zeros >= 2 * TarHeader.blockBytes else { throw .fault(.malformed) }
  }
}

extension ArchiveFailure {
  /// The fault of the package; throws a failure on this machine.
  func fault(of path: String) throws(Stop) -> PackageFault {
    switch self {
    case .stop(let stop): throw stop
    case .fault(let kind): PackageFault(kind, Folder.name(of: path))
    }
  }

  fileprivate init(_ failure: EncryptedInput.Failure) {
    switch failure {
    case .stop(let stop): self = .stop(stop)
    case .fault(.notEncrypted): self = .fault(.malformed)
    case .fault(.otherKey): self = .fault(.otherReader)
    case .fault(.altered): self = .fault(.altered)
    case .fault(.cutShort): self = .fault(.cutShort)
    }
  }
}
