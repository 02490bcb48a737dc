// Writes and reads a file in the age format, version 1, from front to back.
// Invariant: the reader releases a byte only from a chunk that is whole, unaltered and in its place. A file
// whose end is missing, even at a chunk's boundary, is refused when the reader gets there. The reader accepts
// what `age` writes, and `age` what the writer writes.
// Load: a facility's megabyte, a country's tens of gigabytes; two chunks of 64 KiB in memory.
//
// Source: age-encryption.org/v1 (C2SP), "Payload": STREAM with ChaCha20-Poly1305.

import Crypto
import Files
import Foundation
package import Values

private enum Stream {
  static let chunkBytes = 64 << 10
  static let tagBytes = 16
  static let nonceBytes = 16

  static func key(_ fileKey: SymmetricKey, _ nonce: [UInt8]) -> SymmetricKey {
    HKDF<SHA256>.deriveKey(
      inputKeyMaterial: fileKey, salt: nonce, info: Data("payload".utf8), outputByteCount: 32)
  }

  /// Eleven bytes that count the chunks, and one that marks the last.
  static func nonce(_ chunk: UInt64, isLast: Bool) throws -> ChaChaPoly.Nonce {
    var bytes = Data(count: 12)
    for i in 0..<8 { bytes[10 - i] = UInt8(truncatingIfNeeded: chunk >> UInt64(8 * i)) }
    bytes[11] = isLast ? 1 : 0
    return try ChaChaPoly.Nonce(data: bytes)
  }
}

/// A new encrypted file, mode 0600.
package struct EncryptedOutput: ~Copyable {
  private var file: OutputFile
  private let key: SymmetricKey
  private var chunk: [UInt8] = []
  private var chunks: UInt64 = 0

  /// - Parameter keys: the recipients; at least one.
  package init(creating path: String, for keys: [EncryptionKey]) throws(Stop) {
    precondition(!keys.isEmpty)
    let fileKey = SymmetricKey(size: SymmetricKeySize(bitCount: AgeHeader.fileKeyBytes * 8))
    let nonce = unsafe SymmetricKey(size: SymmetricKeySize(bitCount: Stream.nonceBytes * 8)).withUnsafeBytes {
      unsafe Array($0)
    }
    let header: [UInt8]
    do {
      header = try AgeHeader.bytes(fileKey, for: keys)
    } catch {
      throw .notEncryptable(path)
    }
    var file = try OutputFile(creating: path)
    try file.append(header.span)
    try file.append(nonce.span)
    self.file = file
    key = Stream.key(fileKey, nonce)
  }

  package mutating func append(_ bytes: Span<UInt8>) throws(Stop) {
    var done = 0
    while done < bytes.count {
      // The last chunk is marked, so a full chunk is kept until more bytes come.
      if chunk.count == Stream.chunkBytes { try seal(isLast: false) }
      let count = min(bytes.count - done, Stream.chunkBytes - chunk.count)
      unsafe bytes.extracting(done..<done + count).withUnsafeBufferPointer {
        unsafe chunk.append(contentsOf: $0)
      }
      done += count
    }
  }

  /// Ends the file without a sync; ``Folder/syncAll(_:)`` syncs many such files together.
  package consuming func finishUnsynced() throws(Stop) {
    try seal(isLast: true)
    try file.finishUnsynced()
  }

  private mutating func seal(isLast: Bool) throws(Stop) {
    do {
      let sealed = try ChaChaPoly.seal(chunk, using: key, nonce: Stream.nonce(chunks, isLast: isLast))
      // Drop the twelve bytes of nonce, which the format leaves out.
      let bytes = Array(sealed.combined.dropFirst(12))
      try file.append(bytes.span)
    } catch let stop as Stop {
      throw stop
    } catch {
      throw .notEncryptable(file.path)
    }
    chunks += 1
    chunk.removeAll(keepingCapacity: true)
  }
}

/// An encrypted file that is read from front to back.
package struct EncryptedInput: ~Copyable {
  private let file: InputFile
  private let key: SymmetricKey
  private var offset: Int
  private var chunks: UInt64 = 0
  private var sealed: [UInt8] = []
  /// What the length of the plain bytes is a multiple of, as a tar archive's; 1 if that isn't known.
  private let blockBytes: Int

  package enum Failure: Error {
    case fault(EncryptedFault)
    case stop(Stop)

    fileprivate static func stopping<T>(_ body: () throws(Stop) -> T) throws(Failure) -> T {
      do { return try body() } catch { throw .stop(error) }
    }
  }

  /// Whether a file begins like an encrypted one.
  package static func isEncrypted(_ path: String) throws(Stop) -> Bool {
    guard try FileAttributes(of: path)?.kind == .file else { return false }
    var start: [UInt8] = []
    let file = try InputFile(path)
    try file.read(at: 0, count: min(file.byteCount, 32), into: &start)
    return AgeHeader.isHeader(start)
  }

  /// - Parameter blockBytes: what the length of the plain bytes is a multiple of: a last chunk of another length shows that
  ///   the file was cut.
  package init(_ path: String, with keys: [DecryptionKey], blockBytes: Int = 1) throws(Failure) {
    (file, key, offset) = try Self.opened(path, with: keys)
    self.blockBytes = blockBytes
  }

  /// The file, the key of its chunks, and their offset.
  private static func opened(_ path: String, with keys: [DecryptionKey]) throws(Failure) -> (
    InputFile, SymmetricKey, Int
  ) {
    let file = try Failure.stopping { () throws(Stop) in try InputFile(path) }
    // A header with a key or two is short; read more for one with hundreds.
    var (start, fileKey, headerBytes) = ([] as [UInt8], nil as SymmetricKey?, 0)
    for count in [1 << 10, AgeHeader.longest] where fileKey == nil {
      try Failure.stopping { () throws(Stop) in
        try file.read(at: 0, count: min(file.byteCount, count), into: &start)
      }
      do throws(EncryptedFault) {
        (fileKey, headerBytes) = try AgeHeader.read(start, with: keys)
      } catch {
        guard error == .cutShort, start.count < min(file.byteCount, AgeHeader.longest) else {
          throw .fault(error)
        }
      }
    }
    guard let fileKey else { throw .fault(.altered) }
    let offset = headerBytes + Stream.nonceBytes
    guard offset + Stream.tagBytes <= file.byteCount else { throw .fault(.cutShort) }
    try Failure.stopping { () throws(Stop) in
      try file.read(at: headerBytes, count: Stream.nonceBytes, into: &start)
    }
    return (file, Stream.key(fileKey, start), offset)
  }

  /// Replaces the content of `chunk` with the next bytes; false after the last.
  package mutating func next(_ chunk: inout [UInt8]) throws(Failure) -> Bool {
    guard offset < file.byteCount else { return false }
    let count = min(Stream.chunkBytes + Stream.tagBytes, file.byteCount - offset)
    try Failure.stopping { () throws(Stop) in try file.read(at: offset, count: count, into: &sealed) }
    let isLast = offset + count == file.byteCount
    guard count >= Stream.tagBytes, let opened = open(isLast: isLast) else {
      // Nothing tells a chunk without its end from an altered one, but its length.
      let isCut =
        count < Stream.tagBytes || (count - Stream.tagBytes) % blockBytes != 0 || open(isLast: false) != nil
      throw .fault(isLast && isCut ? .cutShort : .altered)
    }
    // A last chunk may be empty only if the file is.
    guard !opened.isEmpty || chunks == 0 else { throw .fault(.altered) }
    chunk.removeAll(keepingCapacity: true)
    chunk.append(contentsOf: opened)
    offset += count
    chunks += 1
    return true
  }

  private func open(isLast: Bool) -> Data? {
    guard sealed.count >= Stream.tagBytes else { return nil }
    let cut = sealed.count - Stream.tagBytes
    guard
      let box = try? ChaChaPoly.SealedBox(
        nonce: Stream.nonce(chunks, isLast: isLast), ciphertext: sealed[..<cut], tag: sealed[cut...])
    else { return nil }
    return try? ChaChaPoly.open(box, using: key)
  }
}

extension Stop {
  fileprivate static func notEncryptable(_ path: String) -> Stop {
    Stop(
      .internalError, at: path, expected: "to encrypt it", found: "a key that encrypts nothing",
      remedy: "Ask the facility for another key; nothing that was in force has changed.")
  }
}
