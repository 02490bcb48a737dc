// The folders of published runs, and the link that says which is in force.
// Invariant: `current` leads to a whole folder at every moment, or isn't there yet. A folder that has its final name is
// never written to again: a run published again gets one beside it, `run-0007-2` after `run-0007`.
// Load: once per run.

import Disk
import Record

struct RunFolders: Sendable {
  let folder: String
  private let run: String

  /// Folders kept beside the one in force.
  private static let earlierFoldersKept = 1

  init(_ folder: String, runID: Int) {
    self.folder = folder
    run = "run-" + padded(UInt64(runID), to: 4)
  }

  /// Where the run is written before it is in force.
  var partial: String { folder + "/" + run + ".partial" }
  /// Where its rows are sorted.
  var sorting: String { folder + "/" + run + ".sorting" }
  /// The link to the folder in force.
  var current: String { folder + "/current" }
  /// 1 for a run that was never published before.
  var edition: Int {
    guard Folder.exists(folder + "/" + run) else { return 1 }
    var repetition = 2
    while Folder.exists(folder + "/\(run)-\(repetition)") { repetition += 1 }
    return repetition
  }

  /// An empty folder for the run, and one for its sorting.
  func begin() throws(Stop) {
    try Folder.create(folder)
    try clear()
    try Folder.create(partial)
    try Folder.create(sorting)
  }

  /// Removes what is not in force of any run: the remains of one that was broken off.
  func clear() throws(Stop) {
    for left in Folder.names(in: folder) where left.hasSuffix(".partial") || left.hasSuffix(".sorting") {
      try Folder.remove(folder + "/" + left)
    }
  }

  /// Puts the written folder, which the disk has, in force.
  func publish() throws(Stop) {
    let edition = edition
    let name = edition == 1 ? run : "\(run)-\(edition)"
    try Folder.rename(partial, to: folder + "/" + name)
    try Folder.point(current, to: name)
    try clear()
    try removeFolders(before: name)
  }

  /// Removes all whole folders but the one in force and the latest of the others.
  private func removeFolders(before name: String) throws(Stop) {
    let others = Folder.names(in: folder).filter { $0 != name }
      .compactMap { found -> (name: String, run: Int, repetition: Int)? in
        let parts = found.split(separator: "-", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), parts[0] == "run", let run = Int(parts[1]) else { return nil }
        guard parts.count == 3 else { return (found, run, 1) }
        return Int(parts[2]).map { (found, run, $0) }
      }
      .sorted { ($0.run, $0.repetition) > ($1.run, $1.repetition) }
    for old in others.dropFirst(Self.earlierFoldersKept) { try Folder.remove(folder + "/" + old.name) }
  }
}
