// Merges files of the history into one, by month and by quarter, and removes what is no longer kept.
// Invariant: the merged file holds every state of the files, except those that are no longer kept. It has its
// name before the files that it covers are removed; a file that it covers and that a crash left is not read.
// Load: a month's file every third night, a quarter's every month: some hundred million states, read and
// written in order by all threads.

import Files
package import Values

extension History {
  /// Merges neighbouring files, and removes those.
  ///
  /// - Parameters:
  ///   - files: files of the chain, ascending, without a gap.
  ///   - date: states that ended by this business date are left out.
  package func merge(_ files: ArraySlice<HistoryFile>, droppingThrough date: String, width: Int) throws(Stop)
  {
    guard let first = files.first, let last = files.last, let chain = runs else { return }
    let kept = files.flatMap(\.changes).filter { chain.contains($0.after.run) && $0.after.knownOn > date }
    guard let from = kept.first?.after.run, let through = kept.last?.after.run else {
      return try remove(files.map(\.path))
    }
    var sources: [HistorySource] = []
    var numbers: [HistorySource: Int64] = [:]
    var renumbered: [[Int64]] = []
    for file in files {
      renumbered.append(
        try HistoryRows(file.path, ":"..<":", closedBy: from...through).sources.map { source in
          if let known = numbers[source] { return known }
          sources.append(source)
          numbers[source] = Int64(sources.count - 1)
          return Int64(sources.count - 1)
        })
    }
    let parts = StoredPersons.parts(ofStoreBytes: files.reduce(0) { $0 + $1.byteCount })
    let paths = files.map(\.path)
    let merged = HistoryFile.path(of: first.runs.lowerBound...last.runs.upperBound, in: folder)
    _ = try buildHistoryFile(at: merged, kept, sources, rangeCount: parts.count, width: width) {
      [renumbered] part, builder throws(Stop) in
      var rows: [HistoryRows] = []
      for path in paths { rows.append(try HistoryRows(path, parts[part], closedBy: from...through)) }
      while let person = rows.reduce(nil, { lesser($0, $1.state?.person) }) {
        // A later file holds later states.
        for (file, rows) in rows.enumerated() {
          while var state = rows.state, state.person == person {
            if let next = state.next { state.next?.source = renumbered[file][Int(next.source)] }
            try builder.append(state, rows.person, of: rows.batch.people) { card in
              renumbered[file][Int(rows.batch.sources[card])]
            }
            try rows.advance()
          }
        }
      }
    }
    try remove(paths.filter { $0 != merged })
  }

  /// Removes what is no longer kept, and merges files so that at most ten are left, which SQLite attaches to a session.
  ///
  /// Nights are merged into their month, months into their quarter when it is over, and the oldest quarters into one.
  ///
  /// - Parameter days: states that ended as many days before the business date of the store in force are removed.
  package func tend(keepingDays days: Int, width: Int) throws(Stop) {
    try clear()
    let date = CalendarDate(iso: now.knownOn)?.adding(days: -days).text ?? ""
    try remove(unreachable.filter { ($0.changes.last?.after.knownOn ?? "9999") <= date }.map(\.path))
    let old = files.prefix { ($0.changes.last?.after.knownOn ?? "9999") <= date }
    try remove(old.map(\.path))
    let kept = files.dropFirst(old.count)
    var groups: [(period: String, files: Range<Int>)] = []
    for i in kept.indices {
      let period = period(of: kept[i])
      if groups.last?.period == period {
        groups[groups.count - 1].files = groups[groups.count - 1].files.lowerBound..<(i + 1)
      } else {
        groups.append((period, i..<(i + 1)))
      }
    }
    let month = String(now.knownOn.prefix(7))
    for group in groups where group.files.count > (group.period == month ? 3 : 1) {
      try merge(kept[group.files], droppingThrough: date, width: width)
    }
    let quarters = groups.prefix { $0.period.contains("q") }
    if quarters.count > 5, quarters.allSatisfy({ $0.files.count == 1 }) {
      try merge(
        kept[quarters[0].files.lowerBound...quarters[1].files.lowerBound], droppingThrough: date, width: width
      )
    }
  }

  /// The month of a file, or its quarter if that is over.
  private func period(of file: HistoryFile) -> String {
    func quarter(_ date: String) -> String {
      "\(date.prefix(4))q\(((Int(date.dropFirst(5).prefix(2)) ?? 1) + 2) / 3)"
    }
    let date = file.changes.last?.after.knownOn ?? now.knownOn
    return quarter(date) == quarter(now.knownOn) ? String(date.prefix(7)) : quarter(date)
  }

  /// Removes what a crash or a store that never came in force left.
  package func clear() throws(Stop) {
    let partial = try Folder.names(in: folder).filter { $0.hasSuffix(".partial") }
    try remove(pending.map(\.path) + covered + partial.map { folder + "/" + $0 })
  }

  /// Removes files that no longer count.
  private func remove(_ paths: [String]) throws(Stop) {
    guard !paths.isEmpty else { return }
    for path in paths { try Folder.remove(path) }
    try Folder.sync(folder)
  }
}
