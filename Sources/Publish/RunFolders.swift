// The folders of published runs, and the link that says which is in force.
// Invariant: `current` leads to a whole folder at every moment, or isn't there yet. A folder that has its final name is
// never written to again: a run published again gets one beside it, `run-0007-2` after `run-0007`.
// Load: once per run.

import Files
import Threads
import Values

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
  /// Where its rows are sorted; they stay beside it as `run-0007.people` if the next publication needs them.
  var sorting: String { folder + "/" + run + ".sorting" }
  /// The sorted rows of the publication in force; nil if none were kept.
  var peopleInForce: String? {
    guard let name = inForce, Folder.exists(folder + "/" + name + Self.people) else { return nil }
    return folder + "/" + name + Self.people
  }
  private static let people = ".people"
  /// The name of the folder in force.
  var inForce: String? { Folder.target(ofLink: current) }

  /// The name of the folder of one publication.
  static func name(of point: PackagePoint) -> String {
    "run-" + padded(UInt64(max(0, point.runID)), to: 4) + (point.edition == 1 ? "" : "-\(point.edition)")
  }
  func folder(of point: PackagePoint) -> String { folder + "/" + Self.name(of: point) }

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
    let kept = inForce.map { $0 + Self.people }
    for left in Folder.names(in: folder)
    where left.hasSuffix(".partial") || left.hasSuffix(".sorting")
      || left.hasSuffix(Self.people) && left != kept
    {
      try Folder.remove(folder + "/" + left)
    }
  }

  /// Puts the written folder, which the disk has, in force.
  ///
  /// - Parameter keepingPeople: whether the sorted rows stay, for the next publication to write what has changed since.
  func publish(keepingPeople: Bool = false) throws(Stop) {
    let edition = edition
    let name = edition == 1 ? run : "\(run)-\(edition)"
    if keepingPeople {
      try Folder.remove(folder + "/" + name + Self.people)
      try Folder.rename(sorting, to: folder + "/" + name + Self.people)
    }
    do throws(Stop) {
      try Folder.rename(partial, to: folder + "/" + name)
      try Folder.point(current, to: name)
    } catch {
      // What never was in force is no earlier publication.
      if inForce != name { try? Folder.remove(folder + "/" + name) }
      throw error
    }
    try clear()
  }

  /// Removes all whole folders but the one in force, the latest of the others, and those on which the two build.
  ///
  /// - Parameter threads: how many remove a hundred thousand files of 13,000 packages.
  static func removeEarlier(in folder: String, threads: Int) throws(Stop) {
    guard let name = Folder.target(ofLink: folder + "/current") else { return }
    let others = Folder.names(in: folder).filter { $0 != name }
      .compactMap { found in place(of: found).map { (name: found, place: $0) } }
      .sorted { $0.place > $1.place }
    var first = (runID: Int.max, edition: Int.max)
    for kept in [name] + others.prefix(earlierFoldersKept).map(\.name) {
      // Where packages are received there is none: each folder is whole by itself.
      guard Folder.exists(folder + "/" + kept + "/" + RunManifest.name) else { continue }
      // On which it builds can't be told any more, so all stay.
      guard let manifest = try RunManifest.read(in: folder + "/" + kept) else { return }
      if let place = manifest.chainFrom.flatMap(place(of:)), place < first { first = place }
    }
    for old in others.dropFirst(earlierFoldersKept) where old.place < first {
      let path = folder + "/" + old.name
      _ = try inOrder(Folder.names(in: path), width: threads) { name throws(Stop) in
        try Folder.remove(path + "/" + name)
      }
      try Folder.remove(path)
    }
  }

  /// Run and edition of a publication, from its folder's name.
  static func place(of name: String) -> (runID: Int, edition: Int)? {
    let parts = name.split(separator: "-", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), parts[0] == "run", let run = Int(parts[1]) else { return nil }
    guard parts.count == 3 else { return (run, 1) }
    return Int(parts[2]).map { (run, $0) }
  }
}
