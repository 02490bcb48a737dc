// The key grace: how long a person is kept whose data has become doubtful.

import Values
import Yams

extension PipelineReader {
  /// How many days a person is kept whose data has become doubtful.
  func grace(_ node: Node) throws(Stop) -> Int {
    let keys = try mapping(node, key: "grace", line: line(node), known: ["days"], required: ["days"])
    let days = keys["days"]
    guard let count = (days?.scalar?.string).flatMap({ Int($0) }), (1...366).contains(count) else {
      throw stop(
        line(days), "days", expected: "a number of days from 1 to 366", found: shape(days),
        remedy: "Write grace: { days: 14 }, or leave grace out to keep nobody.")
    }
    return count
  }
}
