// Merges many runs into a few, so that a later merge opens a bounded number of files.
// Invariant: the runs returned have the records of the runs given; the small ones are removed when the large
// one is whole.
// Load: exports in hundreds of files, which cost one more pass over their records.

import Files
package import Values

/// The default limit of ``compacted(_:in:name:synced:atMost:)``.
package let widestMerge = 128

/// Merges runs until at most `most` are left.
///
/// - Parameters:
///   - synced: whether to sync the new runs; see ``SortedRunWriter/finish(synced:)``.
///   - most: how many runs may be left, and are read at once; two or more.
package func compacted(
  _ runs: [SortedRun], in folder: String, name: String, synced: Bool = true, atMost most: Int = widestMerge
) throws(Stop) -> [SortedRun] {
  var runs = runs
  var merged = 0
  while runs.count > most {
    let some = Array(runs.prefix(most))
    var merge = try Merge(some, in: folder)
    var writer = try SortedRunWriter(folder: folder, name: "\(name)-merged-\(merged)")
    merged += 1
    while merge.hasRecord {
      let (key, place) = (merge.key, merge.place)
      try merge.withPayload { payload throws(Stop) in try writer.append(key: key, place: place, payload) }
      try merge.advance()
    }
    let whole = try writer.finish(synced: synced)
    for run in some { try Folder.remove(folder + "/" + run.name) }
    runs.removeFirst(some.count)
    if let whole { runs.append(whole) }
  }
  return runs
}
