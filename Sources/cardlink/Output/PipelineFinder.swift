// The pipeline files that there are, for a command that names none, or one that isn't there.

import Foundation
import Values

enum PipelineFinder {
  private static let folders = [".", "pipelines", "/etc/cardlink"]

  /// The pipeline file that is meant when none is named: the only one that can be read.
  static var only: String? {
    let found = all(beside: nil)
    return found.count == 1 ? found[0] : nil
  }

  /// The pipeline file with a name nearly like this one; nil if there is none.
  static func nearest(to named: String) -> String? {
    func name(_ path: String) -> String { String(path.split(separator: "/").last ?? "") }
    let found = all(beside: named)
    guard let near = nearestWord(to: name(named), among: found.map(name)) else { return nil }
    return found.first { name($0) == near }
  }

  /// All that can be read: those in the folder of a file, then those in the usual folders.
  static func all(beside named: String?) -> [String] {
    var folders = folders
    if let named, let slash = named.lastIndex(of: "/") { folders.insert(String(named[..<slash]), at: 0) }
    var found: [String] = []
    for folder in folders {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder))?.sorted() ?? []
      for name in names where isPipelineFile(name) && !name.hasPrefix(".") {
        let path = folder == "." ? name : folder + "/" + name
        guard !found.contains(path), let text = try? String(contentsOfFile: path, encoding: .utf8),
          text.contains("exports:"), text.contains("workspace:")
        else { continue }
        found.append(path)
      }
    }
    return found
  }
}

/// Whether an argument is the name of a pipeline file, whatever its place.
func isPipelineFile(_ argument: String) -> Bool { argument.hasSuffix(".yaml") || argument.hasSuffix(".yml") }
