// An empty folder for one test, removed when the test ends.

package import Foundation

package final class Workshop: Sendable {
  package let path: String

  /// - Parameter inMemory: uses a file system in memory if the machine has one, for tests that sync thousands
  ///   of times.
  package init(inMemory: Bool = false) throws {
    let memory = "/dev/shm"
    let parent =
      inMemory && FileManager.default.isWritableFile(atPath: memory)
      ? URL(filePath: memory) : FileManager.default.temporaryDirectory
    path = parent.appending(path: "cardlink-\(UUID().uuidString)").path()
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file.
  /// - Returns: its path.
  package func file(_ bytes: some Sequence<UInt8>, named name: String = "export") throws -> String {
    let file = path + "/" + name
    try Data(bytes).write(to: URL(filePath: file))
    return file
  }
}

/// The names in a folder of test cases beside the tests' sources; never empty.
package func caseNames(in folder: URL) -> [String] {
  let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path()))?.sorted() ?? []
  precondition(!names.isEmpty, "no test cases in \(folder.path())")
  return names
}
