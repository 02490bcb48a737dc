// What a stage's result was made from: the digests of its inputs, by names that people understand.
// Invariant: two results made from the same are the same, row for row (run numbers and times aside). Threads, memory
// and the order of files are no part of it, and nor are comments in the pipeline file.

package import Files
package import Pipeline
import Publish
import Seal
import Values
package import Workspace

/// The program that makes the results.
///
/// Its rules are part of what a result is made from, so that one made by
/// yesterday's build is not taken for today's.
enum Build {
  /// The beginning of the executable's digest.
  static let digest: String =
    (try? Digest.text(ofFile: "/proc/self/exe")).map { String($0.prefix(16)) } ?? "unknown"
}

extension Pipeline {
  /// What the extract stage makes its result from.
  package func extractMadeFrom(_ files: [FoundFile], asOf: String) -> MadeFrom {
    var parts: MadeFrom = ["cardlink": Build.digest, "business date": asOf]
    for kind in ExportKind.allCases {
      var spec = export(kind)
      // The files are added below, by name and bytes; the patterns that found them don't matter.
      (spec.files, spec.fieldLines) = ([], [:])
      parts["exports.\(kind.name)"] = Digest.text(of: CanonicalText.of(spec))
    }
    for file in files { parts[file.ingredient] = file.digest ?? "\(file.byteCount) bytes" }
    return parts
  }

  /// What the match stage makes its result from.
  ///
  /// - Parameters:
  ///   - decisions: ``DecisionBook/digest``.
  ///   - before: the store whose people may be kept in grace; nil if the pipeline asks for none.
  func matchMadeFrom(_ extract: MadeFrom?, asOf: String, decisions: String, before: String? = nil) -> MadeFrom
  {
    // Whatever the pipeline file says that is not known to concern another stage.
    var rest = self
    (rest.path, rest.text, rest.name, rest.workspace) = ("", "", "", "")
    (rest.store, rest.postgresql) = ("", nil)
    (rest.gates, rest.keep, rest.publish) = (GateLimits(), Retention(), PublishPolicy())
    rest.population.files = []
    rest.population.fieldLines = [:]
    rest.insurance.files = []
    rest.insurance.fieldLines = [:]
    var parts: MadeFrom = [
      "cardlink": Build.digest, "business date": asOf, "extract": extract?.digest ?? "unknown",
      "pipeline file": Digest.text(of: CanonicalText.of(rest)), "the list of decisions": decisions,
    ]
    parts["store before"] = before
    return parts
  }

  /// What the load stage makes the store from.
  func loadMadeFrom(_ match: MadeFrom?) -> MadeFrom {
    var parts: MadeFrom = [
      "cardlink": Build.digest, "match": match?.digest ?? "unknown", "store": CanonicalText.of(store),
    ]
    if let postgresql { parts["store.postgresql"] = Digest.text(of: postgresql) }
    return parts
  }

  /// What the publish stage makes the packages from.
  func publishMadeFrom(_ load: MadeFrom?) -> MadeFrom {
    var parts: MadeFrom = [
      "cardlink": Build.digest, "load": load?.digest ?? "unknown", "pipeline": name,
      "publish": Digest.text(of: CanonicalText.of(publish)),
    ]
    // Files that can't be read make the stage run, and say so there.
    if let keys = try? publish.keysDigest() { parts["facilities' keys"] = keys }
    return parts
  }
}

extension FoundFile {
  /// Its name among what a result was made from.
  var ingredient: String { "\(export.name)/\(name)" }
}

extension Night {
  /// What the stage's result is made from, as far as this run knows.
  func madeFrom(_ stage: StageName) -> MadeFrom {
    let run = run
    switch stage {
    case .extract: return pipeline.extractMadeFrom(run.exports, asOf: options.asOf.text)
    case .match:
      return pipeline.matchMadeFrom(
        run.finished(.extract)?.madeFrom, asOf: options.asOf.text,
        decisions: run.matched.decisions?.digest ?? "none",
        before: pipeline.storeBeforeMadeFrom(options.asOf, among: (try? reader.runs()) ?? []))
    case .load: return pipeline.loadMadeFrom(run.finished(.match)?.madeFrom)
    case .publish: return pipeline.publishMadeFrom(run.finished(.load)?.madeFrom)
    }
  }
}
