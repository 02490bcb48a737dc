// The folders of published or received runs, and the link to the one in force.
// Invariant: `current` always leads to a whole folder, or doesn't exist yet. A folder with its final name is
// never written again: a run that is published again gets a new folder, `run-0007-2` after `run-0007`. The link `next`
// names the folder that is about to come in force: if the process is killed before that, the folder goes, and no later
// package builds on it.

import Files
import Threads
package import Values

package struct RunFolders: Sendable {
  package let folder: String
  private let run: String

  /// How many earlier folders are kept.
  private static let earlierFoldersKept = 1

  package init(_ folder: String, runID: Int) {
    self.folder = folder
    run = "run-" + padded(UInt64(runID), to: 4)
  }

  /// The folder in which the run is written.
  package var partial: String { folder + "/" + run + ".partial" }
  /// The folder in which its rows are sorted; it becomes `run-0007.people` if the next publication needs them.
  package var sorting: String { folder + "/" + run + ".sorting" }
  /// The sorted rows of the publication in force; nil if none were kept.
  package func peopleInForce() throws(Stop) -> String? {
    guard let name = try inForce(), try Folder.exists(folder + "/" + name + Self.people) else { return nil }
    return folder + "/" + name + Self.people
  }
  private static let people = ".people"
  /// The name of the folder in force.
  package func inForce() throws(Stop) -> String? { try Folder.target(ofLink: current) }

  /// The name of the folder of one publication.
  package static func name(of point: PackagePoint) -> String {
    "run-" + padded(UInt64(max(0, point.runID)), to: 4) + (point.edition == 1 ? "" : "-\(point.edition)")
  }
  package func folder(of point: PackagePoint) -> String { folder + "/" + Self.name(of: point) }

  /// The link to the folder in force.
  var current: String { folder + "/current" }
  /// The link to the folder that comes in force; it becomes `current`.
  private var next: String { folder + "/next" }
  /// 1 for the first publication of a run.
  package func edition() throws(Stop) -> Int {
    guard try Folder.exists(folder + "/" + run) else { return 1 }
    var repetition = 2
    while try Folder.exists(folder + "/\(run)-\(repetition)") { repetition += 1 }
    return repetition
  }

  /// Creates an empty folder for the run, and one for sorting.
  package func begin() throws(Stop) {
    try Folder.create(folder)
    try clear()
    try Folder.create(partial)
    try Folder.create(sorting)
  }

  /// Removes the remains of runs that were interrupted.
  package func clear() throws(Stop) {
    if let name = try Folder.target(ofLink: next) {
      if try name != inForce(), Self.place(of: name) != nil { try Folder.remove(folder + "/" + name) }
      try Folder.remove(next)
    }
    let kept = try inForce().map { $0 + Self.people }
    for left in try Folder.names(in: folder)
    where left.hasSuffix(".partial") || left.hasSuffix(".sorting")
      || left.hasSuffix(Self.people) && left != kept
    {
      try Folder.remove(folder + "/" + left)
    }
  }

  /// Puts one thing in force together with the packages, which `packages` puts in force.
  package typealias Switching = (_ packages: () throws(Stop) -> Void) throws(Stop) -> Void

  /// Puts the written and synced folder in force.
  ///
  /// - Parameters:
  ///   - keepingPeople: whether the sorted rows are kept, so that the next publication can find the changes.
  ///   - switching: called when a rename is all that is left to do.
  package func publish(
    keepingPeople: Bool = false, switching: Switching = { packages throws(Stop) in try packages() }
  ) throws(Stop) {
    let edition = try edition()
    let name = edition == 1 ? run : "\(run)-\(edition)"
    if keepingPeople {
      try Folder.remove(folder + "/" + name + Self.people)
      try Folder.rename(sorting, to: folder + "/" + name + Self.people)
    }
    do throws(Stop) {
      try Folder.makeLink(next, to: name)
      try Folder.rename(partial, to: folder + "/" + name)
      try switching { () throws(Stop) in try Folder.rename(next, to: current) }
    } catch {
      // A folder that never came into force is not an earlier publication. If the link can't be read, it may be in force.
      let failure = error
      do throws(Stop) {
        if try inForce() != name {
          try Folder.remove(folder + "/" + name)
          try Folder.remove(next)
        }
      } catch {}
      throw failure
    }
    try clear()
  }

  /// Removes all whole folders except the one in force, the latest of the others, and those that these two
  /// build on.
  ///
  /// - Parameters:
  ///   - threads: how many threads remove a hundred thousand files of 13,000 packages.
  ///   - first: the earliest folder that one builds on, or itself; nil if unknown, and all folders stay.
  package static func removeEarlier(
    in folder: String, threads: Int,
    first: (String) throws(Stop) -> (runID: Int, edition: Int)? = { _ in (.max, .max) }
  ) throws(Stop) {
    guard let name = try Folder.target(ofLink: folder + "/current") else { return }
    let others = try Folder.names(in: folder).filter { $0 != name }
      .compactMap { found in place(of: found).map { (name: found, place: $0) } }
      .sorted { $0.place > $1.place }
    var earliest = (runID: Int.max, edition: Int.max)
    for kept in [name] + others.prefix(earlierFoldersKept).map(\.name) {
      guard let place = try first(folder + "/" + kept) else { return }
      if place < earliest { earliest = place }
    }
    for old in others.dropFirst(earlierFoldersKept) where old.place < earliest {
      let path = folder + "/" + old.name
      _ = try inOrder(try Folder.names(in: path), width: threads) { name throws(Stop) in
        try Folder.remove(path + "/" + name)
      }
      try Folder.remove(path)
    }
  }

  /// Run and edition of a publication, from its folder's name.
  package static func place(of name: String) -> (runID: Int, edition: Int)? {
    let parts = name.split(separator: "-", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), parts[0] == "run", let run = Int(parts[1]) else { return nil }
    guard parts.count == 3 else { return (run, 1) }
    return Int(parts[2]).map { (run, $0) }
  }
}
