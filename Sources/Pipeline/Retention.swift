// What a workspace keeps when a run is done, as the pipeline file says.

import Values
import Yams

/// What is kept when a run is done.
package struct Retention: Hashable, Sendable {
  /// Runs whose staged records and quarantine stay, for `explain` and `rerun`.
  package var staged = 1
  /// Stores beside the one in force, for `rollback`.
  package var stores = 2
  /// Nothing that is older than so many days.
  package var days: Int?

  package init() {}
}

extension PipelineReader {
  func retention(_ node: Node) throws(Stop) -> Retention {
    let keys = try mapping(
      node, key: "keep", line: line(node), known: ["staged", "stores", "days"], required: [])
    var keep = Retention()
    if let node = keys["staged"] { keep.staged = try count(node, key: "staged") }
    if let node = keys["stores"] { keep.stores = try count(node, key: "stores") }
    if let node = keys["days"] { keep.days = try count(node, key: "days") }
    return keep
  }
}
