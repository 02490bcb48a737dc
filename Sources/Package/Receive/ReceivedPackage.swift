// The files of a received package: a folder or one encrypted file.
// Invariant: opens nothing outside the package. An encrypted package is read once, from front to back;
// decrypted tables are kept in memory only.
// Load: a facility's few megabytes. The tag files of an encrypted package stay in memory, some ten kilobytes.

import Files
import Glibc
import Seal
import Values

struct ReceivedPackage {
  private enum Place {
    case folder(String)
    case archive([String: Entry])
  }
  private struct Entry {
    var digest: String
    /// The content, for tag files only.
    var bytes: [UInt8]?
  }
  private let place: Place
  /// The requested tables of an encrypted package, decrypted.
  private(set) var tables: [String: MemoryFile] = [:]
  /// The longest tag file that is read.
  private static let longestTag = 1 << 20

  init(folder: String) { place = .folder(folder) }

  /// Reads an encrypted package.
  ///
  /// - Parameters:
  ///   - whole: false to read the tag files only.
  ///   - chosen: selects the files of its people to keep. It is called once with all files of the manifest, or with one at a
  ///     time if the manifest comes later in the archive.
  init(
    encrypted path: String, with keys: [DecryptionKey], whole: Bool = true,
    keeping chosen: ([String]) -> [String] = { _ in [] }
  ) throws(ArchiveFailure) {
    var archive = try ArchiveReader(path, with: keys)
    var entries: [String: Entry] = [:]
    var kept: Set<String>?
    while let file = try archive.next() {
      let isPayload = file.name.hasPrefix("data/")
      if isPayload, !whole { break }
      guard isPayload || file.byteCount <= Self.longestTag else { throw .fault(.malformed) }
      var digest = Digest()
      var bytes: [UInt8] = []
      if isPayload, kept == nil, let manifest = entries[BagName.manifest]?.bytes {
        // A line is a digest, two spaces and a name; ``verify(_:)`` checks the form.
        let names = String(decoding: manifest, as: UTF8.self).split(separator: "\n").map {
          String($0.dropFirst(66))
        }
        kept = Set(chosen(names))
      }
      let isKept = isPayload && (kept?.contains(file.name) ?? !chosen([file.name]).isEmpty)
      let table = isKept ? try orStop({ () throws(Stop) in try MemoryFile() }) : nil
      tables[file.name] = table
      try archive.readAll { chunk throws(Stop) in
        digest.update(chunk.bytes)
        try table?.append(chunk)
        if !isPayload { unsafe chunk.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) } }
      }
      entries[file.name] = Entry(digest: digest.text, bytes: isPayload ? nil : bytes)
    }
    place = .archive(entries)
  }

  /// Opens either form of a package.
  ///
  /// - Parameters:
  ///   - whole: false to read only the tag files of an encrypted one.
  ///   - chosen: which files of an encrypted one's people are kept.
  /// - Throws: ``ArchiveFailure`` with ``Stop`` and ``Exit/exportMissing`` if there is no package.
  init(
    _ path: String, with keys: [DecryptionKey]?, whole: Bool = true,
    keeping chosen: ([String]) -> [String] = { _ in [] }
  ) throws(ArchiveFailure) {
    if try orStop({ () throws(Stop) in try EncryptedInput.isEncrypted(path) }) {
      guard let keys else { throw .stop(.keyNeeded(path)) }
      try self.init(encrypted: path, with: keys, whole: whole, keeping: chosen)
      return
    }
    self.init(folder: path)
    let isPackage = try orStop { () throws(Stop) in
      guard try Folder.isFolder(path + "/.") else { return false }
      if try has(BagName.declaration) { return true }
      return try has(BagName.tagManifest)
    }
    guard isPackage else { throw .stop(.noPackage(path)) }
  }

  func has(_ name: String) throws(Stop) -> Bool {
    switch place {
    case .folder(let folder): try Folder.exists(folder + "/" + name)
    case .archive(let entries): entries[name] != nil
    }
  }

  /// A tag file as text; nil if there is none.
  func text(_ name: String) throws(Stop) -> String? {
    switch place {
    case .folder(let folder): try Folder.read(folder + "/" + name)
    case .archive(let entries): (entries[name]?.bytes).map { String(decoding: $0, as: UTF8.self) }
    }
  }

  /// The bytes of a tag file, if it has as many.
  func bytes(_ name: String, count: Int) throws(Stop) -> [UInt8]? {
    switch place {
    case .folder(let folder):
      guard try Folder.exists(folder + "/" + name) else { return nil }
      let input = try InputFile(folder + "/" + name)
      guard input.byteCount == count else { return nil }
      var bytes: [UInt8] = []
      try input.read(at: 0, count: count, into: &bytes)
      return bytes
    case .archive(let entries): return entries[name]?.bytes.flatMap { $0.count == count ? $0 : nil }
    }
  }

  /// The SHA-256 of a file that exists.
  func digest(of name: String) throws(Stop) -> String {
    switch place {
    case .folder(let folder): try Digest.text(ofFile: folder + "/" + name)
    case .archive(let entries): entries[name]?.digest ?? ""
    }
  }

  /// The names of all plain files, and of what is neither a file nor a folder.
  func names() throws(Stop) -> (files: Set<String>, others: [String]) {
    switch place {
    case .folder(let folder): try Self.names(in: folder, under: "")
    case .archive(let entries): (Set(entries.keys), [])
    }
  }

  private static func names(in folder: String, under path: String) throws(Stop) -> (
    files: Set<String>, others: [String]
  ) {
    var (files, others) = (Set<String>(), [] as [String])
    for name in try Folder.names(in: path.isEmpty ? folder : folder + "/" + path) {
      let inside = path.isEmpty ? name : path + "/" + name
      guard let found = try FileAttributes(of: folder + "/" + inside, following: false) else { continue }
      switch found.kind {
      case .folder:
        let below = try names(in: folder, under: inside)
        files.formUnion(below.files)
        others += below.others
      case .file: files.insert(inside)
      default: others.append(inside)
      }
    }
    return (files, others)
  }
}

extension Stop {
  static func noPackage(_ path: String) -> Stop {
    Stop(
      .exportMissing, at: path,
      expected: "a package: a folder with bagit.txt, or a file \(EncryptedPackage.suffix)",
      found: "none", remedy: "Name the folder or the file of the package as it was received.",
      next: "cardlink verify --help")
  }

  fileprivate static func keyNeeded(_ path: String) -> Stop {
    Stop(
      .exportMissing, at: path, expected: "the facility's private key, for this package is encrypted",
      found: "none given",
      remedy: "Name its file: --identity facility.key. Nêu tệp khóa riêng của cơ sở: --identity facility.key",
      next: "cardlink verify \(path) --identity FILE")
  }
}
