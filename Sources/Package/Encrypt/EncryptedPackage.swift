// A package as one encrypted file: its folder as a tar archive, in the age format.
// Invariant: `age -d -i KEY 01028.age | tar x` gives the folder, byte for byte; the tag files come first. The reader releases
// only bytes that passed the check of the encryption, and writes only inside the folder given.
// Load: 13,000 files of some hundred kilobytes; a country's tens of gigabytes. 64 KiB at a time.

import Files
import Glibc
package import Seal
package import Values

package enum EncryptedPackage {
  /// What the name of an encrypted package ends with.
  package static let suffix = ".age"

  /// Encrypts a package that is written, and removes its folder.
  ///
  /// - Parameters:
  ///   - folder: its last part is the folder's name in the archive.
  ///   - day: the time of its files.
  package static func write(
    _ folder: String, to path: String, for keys: [EncryptionKey], on day: CalendarDate
  )
    throws(Stop)
  {
    var archive = try EncryptedOutput(creating: path, for: keys)
    let name = Folder.name(of: folder)
    let files = try plainFiles(in: folder)
    // The tag files first, so that the package is identified without reading all of it.
    for file in files.filter({ !$0.contains("/") }) + files.filter({ $0.contains("/") }) {
      let input = try InputFile(folder + "/" + file)
      let header = TarHeader(name: name + "/" + file, byteCount: input.byteCount)
      try archive.append(header.bytes(seconds: day.secondsSince1970).span)
      try input.readAll { chunk throws(Stop) in try archive.append(chunk) }
      let padding = -input.byteCount & (TarHeader.blockBytes - 1)
      try archive.append([UInt8](repeating: 0, count: padding).span)
    }
    try archive.append([UInt8](repeating: 0, count: 2 * TarHeader.blockBytes).span)
    try archive.finishUnsynced()
    try Folder.remove(folder)
  }

  private static func plainFiles(in folder: String, under path: String = "") throws(Stop) -> [String] {
    var files: [String] = []
    for name in try Folder.names(in: folder + "/" + path) {
      let inside = path.isEmpty ? name : path + "/" + name
      let isFolder = try Folder.isFolder(folder + "/" + inside)
      files += isFolder ? try plainFiles(in: folder, under: inside) : [inside]
    }
    return files
  }

  /// Writes what is in an encrypted package into a folder.
  static func unpack(_ path: String, with keys: [DecryptionKey], to folder: String) throws(ArchiveFailure) {
    var archive = try ArchiveReader(path, with: keys)
    try orStop { () throws(Stop) in try Folder.create(folder) }
    while let entry = try archive.next() {
      let target = folder + "/" + entry.name
      try orStop { () throws(Stop) in try Folder.create(Folder.parent(of: target)) }
      var file = try orStop { () throws(Stop) in try OutputFile(creating: target) }
      try archive.readAll { bytes throws(Stop) in try file.append(bytes) }
      do throws(Stop) { try file.finishUnsynced() } catch { throw .stop(error) }
    }
  }
}

extension CalendarDate {
  /// Its midnight in Việt Nam.
  fileprivate var secondsSince1970: Int {
    var time = tm()
    (time.tm_year, time.tm_mon, time.tm_mday) = (CInt(year - 1900), CInt(month - 1), CInt(day))
    return max(0, unsafe timegm(&time) - 7 * 3600)
  }
}
