// The files of the exports, and of each series the deliveries that a run reads.

import Files
package import Pipeline
package import Values
package import Workspace

extension Pipeline {
  /// The files that a run reads.
  ///
  /// - Throws: ``Stop`` with ``Exit/dataRefused`` if a series can't be read.
  func foundFiles(asOf: CalendarDate, earlier: [RunRecord] = []) throws(Stop) -> [FoundFile] {
    var files: [FoundFile] = []
    for spec in [population, insurance] {
      let found = try spec.deliveries(pipeline: path, asOf: asOf).map { $0.withDigest(knownIn: earlier) }
      guard spec.delta.isOn else {
        files += found
        continue
      }
      let series = try Series(spec.kind, found, earlier: earlier, inForce: recordInForce(among: earlier))
      if let fault = series.faults.first { throw fault }
      files += series.files
    }
    return files
  }

  /// The series of the exports that have deltas, as their files are now.
  package func series(asOf: CalendarDate, among runs: [RunRecord]) throws(Stop) -> [Series] {
    var all: [Series] = []
    for spec in [population, insurance] where spec.delta.isOn {
      let found = try spec.deliveries(pipeline: path, asOf: asOf).map { $0.withDigest(knownIn: runs) }
      all.append(try Series(spec.kind, found, earlier: runs, inForce: recordInForce(among: runs)))
    }
    return all
  }

  /// Refuses files that were read under a number that the store in force has with another content.
  func checkSeries(_ files: [FoundFile], among runs: [RunRecord]) throws(Stop) {
    guard files.contains(where: { $0.sequence != nil }), let inForce = try recordInForce(among: runs) else {
      return
    }
    for file in files where file.sequence != nil {
      if let fault = file.otherContent(than: inForce.exports, of: inForce) { throw fault }
    }
  }

  func recordInForce(among runs: [RunRecord]) throws(Stop) -> RunRecord? {
    let number = try runInForce()
    return runs.first { $0.id == number }
  }
}
