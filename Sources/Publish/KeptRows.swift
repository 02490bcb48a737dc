// What a publication keeps beside its packages for the next one: sorted rows, and a file that names them.
// Invariant: a description that is damaged, or whose rows are not whole, counts as absent.

import Files
import Foundation
import Package
import Seal
import SortedRuns
import Values

/// A description of kept rows.
protocol KeptRows: Codable, Sendable {
  /// The name of its file.
  static var file: String { get }
  var runs: [SortedRun] { get }
}

extension KeptRows {
  /// Reads the description in a folder; nil if it or its rows are missing or damaged.
  static func read(in folder: String) -> Self? {
    // The first line is the digest of the second.
    guard let lines = (try? Folder.read(folder + "/" + file))?.split(separator: "\n"), lines.count == 2,
      Digest.text(of: String(lines[1])) == lines[0],
      let kept = try? JSONDecoder().decode(Self.self, from: Data(lines[1].utf8)),
      kept.runs.allSatisfy({ (try? Folder.byteCount(of: folder + "/" + $0.name)) == $0.byteCount })
    else { return nil }
    return kept
  }

  func write(in folder: String) throws(Stop) {
    guard let data = try? JSONEncoder().encode(self) else {
      throw .defect(inPackages: "a value without a text")
    }
    var file = try OutputFile(creating: folder + "/" + Self.file)
    let text = String(decoding: data, as: UTF8.self)
    try file.append(Digest.text(of: text) + "\n" + text + "\n")
    try file.finishUnsynced()
  }
}
