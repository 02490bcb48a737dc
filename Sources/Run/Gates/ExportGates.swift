// Gates on the export files rather than their content: their age, the checksums that came with them, and
// whether their result was rolled back before.
// Invariant: reads only manifests; the digests were computed while the files were read.

import Files
import Pipeline
import Seal
import Values
import Workspace

extension Gates {
  /// An export older than the last one would restore outdated data.
  mutating func judgeAge(of run: RunRecord, earlier: [RunRecord]) {
    guard let last = earlier.last(where: { $0.state == .done && $0.id != run.id }) else { return }
    judge(
      .olderExports, "business date", run.asOf >= last.asOf, .dateNotBefore(last.asOf, run: last.id),
      .time(run.asOf))
    for export in ExportKind.allCases {
      guard let newest = run.newest(export), let before = last.newest(export) else { continue }
      judge(
        .olderExports, export.name, newest >= before,
        .filesNotOlder(than: Clock.text(nanoseconds: before), run: last.id),
        .time(Clock.text(nanoseconds: newest)))
      // A run that did not finish may have found half of tonight's delivery. The files of a series are read every night.
      judgeReadBefore(
        run.exports.filter { $0.export == export && $0.sequence == nil },
        earlier: earlier.filter { $0.state == .done || $0.asOf != run.asOf })
    }
  }

  /// A file that was read on an earlier night, beside tonight's, would be read again.
  ///
  /// A file that replaces one of the same name and holds the same bytes is no such file.
  private mutating func judgeReadBefore(_ files: [FoundFile], earlier: [RunRecord]) {
    for file in files {
      for other in earlier.reversed() {
        let before = other.exports.filter { $0.export == file.export && $0.digest != nil }
        guard let known = before.first(where: { $0.digest == file.digest }) else { continue }
        let hasNew = files.contains { new in
          !before.contains { $0.name == new.name || $0.digest == new.digest }
        }
        if hasNew, known.name == file.name || files.count > before.count {
          judge(.olderExports, file.name, false, .notReadBefore, .readBefore(run: other.id))
        }
        break
      }
    }
  }

  /// If a manifest beside the exports names a file, the digests must be equal; each line must be understood, and a
  /// file that it names must be there if a pattern of the pipeline file matches it.
  mutating func judgeChecksums(
    of run: RunRecord, _ checksums: GateLimits.Checksums, _ patterns: [FilePattern]
  ) throws(Stop) {
    guard checksums != .ignored else { return }
    let paths = Set(run.exports.map(\.path))
    let asOf = CalendarDate(iso: run.asOf) ?? .none
    var manifests: [String: ChecksumManifest] = [:]
    for file in run.exports {
      let folder = Folder.parent(of: file.path)
      if manifests[folder] == nil {
        let manifest = try ChecksumManifest(folder: folder)
        manifests[folder] = manifest
        for fault in manifest.faults {
          judge(
            .checksums, "\(fault.file) line \(fault.line)", false, .manifestLine, .manifestLine(fault.found))
        }
        for name in manifest.names {
          let path = folder + "/" + name
          guard paths.isDisjoint(with: [path, path + ".gz"]) else { continue }
          if patterns.contains(where: { $0.matches(path, on: asOf) }) {
            judge(.checksums, name, false, .listedFile, .noFile)
          }
        }
      }
      guard let declared = manifests[folder]?[Folder.name(of: file.path)] else {
        if checksums == .required {
          judge(.checksums, file.name, false, .manifest, .noManifest)
        }
        continue
      }
      judge(
        .checksums, file.name, declared == file.digest, .digest,
        declared == file.digest ? .sameDigest : .otherDigest)
    }
  }

  /// A result that was rolled back comes into force again only after a release.
  mutating func judgeRolledBack(_ undone: RunRecord) {
    judge(.rolledBack, "run \(undone.id)", false, .notRolledBack, .resultOf(run: undone.id))
  }
}

extension RunRecord {
  /// The rolled-back run whose data this run would put in force again; nil if a release since then names that data.
  ///
  /// - Parameter earlier: all other runs, ascending.
  func takenBack(among earlier: [RunRecord]) -> RunRecord? {
    var undone: RunRecord?
    for other in earlier + [self] {
      if let rollback = other.rollback {
        let runs = (
          from: earlier.first { $0.id == rollback.from }, to: earlier.first { $0.id == rollback.to }
        )
        if let from = runs.from, brings(from, ratherThan: runs.to) {
          undone = from
        } else if let to = runs.to, brings(to, ratherThan: runs.from) {
          undone = nil
        }
      } else if let id = undone?.id, let release = other.gated.released,
        release.gates.contains(GateVerdict.name(.rolledBack, of: "run \(id)"))
      {
        undone = nil
      }
    }
    return undone
  }

  /// Whether this run's data is that of a run as far as it differs from another's.
  ///
  /// If the exports of the two differ, it is the exports that count, whatever else has changed since: another business
  /// date, one more decision or a new build of cardlink makes wrong exports no better.
  private func brings(_ run: RunRecord, ratherThan other: RunRecord?) -> Bool {
    for (i, aspect) in run.aspects.enumerated() {
      guard let aspect, aspect != other?.aspects[i] else { continue }
      return aspects[i] == aspect
    }
    return false
  }

  /// The exports, the pipeline file's keys, the decisions, all of it: nil for what an earlier version did not write down.
  private var aspects: [String?] {
    let extract = finished(.extract)?.madeFrom
    let match = finished(.match)?.madeFrom
    let digests = exports.map { file in file.digest.map { "\(file.export.name) \($0)" } }
    let keys = ExportKind.allCases.map { extract?["exports.\($0.name)"] } + [match?["pipeline file"]]
    return [
      digests.contains(nil) || digests.isEmpty
        ? nil : digests.compactMap(\.self).sorted().joined(separator: " "),
      keys.contains(nil) ? nil : keys.compactMap(\.self).joined(separator: " "),
      match?["the list of decisions"], match?.digest,
    ]
  }
}

extension RunRecord {
  /// When the newest file of an export was written, in nanoseconds since 1970.
  fileprivate func newest(_ export: ExportKind) -> Int? {
    exports.filter { $0.export == export }.map(\.modified).max()
  }
}
