// The inputs of a stage's result: their digests, by names that people understand.
// Invariant: two results with the same inputs are the same, row for row (except run numbers and times).
// Threads, memory, the order of files and comments in the pipeline file are not inputs.

package import Files
package import Pipeline
import Publish
import Seal
import Values
package import Workspace

/// The program that makes the results.
///
/// It is an input, so that the result of an older build is not used.
enum Build {
  /// The beginning of the executable's digest.
  static let digest: String =
    (try? Digest.text(ofFile: "/proc/self/exe")).map { String($0.prefix(16)) } ?? "unknown"
}

extension Pipeline {
  /// The inputs of the extract stage.
  package func extractMadeFrom(_ files: [FoundFile], asOf: String) -> MadeFrom {
    var parts: MadeFrom = ["cardlink": Build.digest, "business date": asOf]
    for kind in ExportKind.allCases {
      var spec = export(kind)
      // The files are added below, by name and bytes; the patterns that found them are not inputs.
      (spec.files, spec.delta.base, spec.fieldOrder) = ([], [], [:])
      parts["exports.\(kind.name)"] = Digest.text(of: CanonicalText.of(spec))
    }
    // If the list can't be read, the stage runs and reports it.
    if let erased = try? ErasedList(workspace).digest {
      parts["the list of erased persons"] = Digest.text(of: erased)
    }
    for file in files { parts[file.ingredient] = file.digest ?? "\(file.byteCount) bytes" }
    return parts
  }

  /// The inputs of the match stage.
  ///
  /// - Parameters:
  ///   - decisions: ``DecisionBook/digest``.
  ///   - before: the store whose people may be kept in grace; nil if the pipeline asks for none.
  func matchMadeFrom(_ extract: MadeFrom?, asOf: String, decisions: String, before: String? = nil) -> MadeFrom
  {
    // Everything in the pipeline file that is not known to concern another stage only.
    var rest = self
    (rest.path, rest.text, rest.name, rest.workspace) = ("", "", "", "")
    (rest.store, rest.postgresql, rest.facilities) = ("", nil, nil)
    (rest.gates, rest.keep, rest.publish) = (GateLimits(), Retention(), PublishPolicy())
    rest.consumers = []
    for spec in [\Pipeline.population, \.insurance] {
      (rest[keyPath: spec].files, rest[keyPath: spec].delta.base) = ([], [])
      rest[keyPath: spec].fieldOrder = [:]
    }
    var parts: MadeFrom = [
      "cardlink": Build.digest, "business date": asOf, "extract": extract?.digest ?? "unknown",
      "pipeline file": Digest.text(of: CanonicalText.of(rest)), "the list of decisions": decisions,
    ]
    parts["store before"] = before
    return parts
  }

  /// The inputs of the load stage.
  func loadMadeFrom(_ match: MadeFrom?) -> MadeFrom {
    var parts: MadeFrom = [
      "cardlink": Build.digest, "match": match?.digest ?? "unknown", "store": CanonicalText.of(store),
    ]
    if let postgresql { parts["store.postgresql"] = Digest.text(of: postgresql) }
    return parts
  }

  /// The inputs of the publish stage.
  func publishMadeFrom(_ load: MadeFrom?) -> MadeFrom {
    var parts: MadeFrom = [
      "cardlink": Build.digest, "load": load?.digest ?? "unknown", "pipeline": name,
      "publish": Digest.text(of: CanonicalText.of(publish)),
    ]
    if let facilities {
      parts["facilities"] = CanonicalText.of(facilities.delimiter) + (facilities.encoding ?? "")
      if let digest = try? Digest.text(ofFile: facilities.path) { parts["facilities", default: ""] += digest }
    }
    // If key files can't be read, the stage runs and reports it.
    if let keys = try? publish.keysDigest() { parts["facilities' keys"] = keys }
    return parts
  }
}

extension FoundFile {
  /// Its name among the inputs.
  var ingredient: String { "\(export.name)/\(name)" }
}

extension Night {
  /// The inputs of a stage's result, as far as this run knows them.
  func madeFrom(_ stage: StageName) throws(Stop) -> MadeFrom {
    let run = run
    switch stage {
    case .extract: return pipeline.extractMadeFrom(run.exports, asOf: options.asOf.text)
    case .match:
      return try pipeline.matchMadeFrom(
        run.finished(.extract)?.madeFrom, asOf: options.asOf.text,
        decisions: run.matched.decisions?.digest ?? "none",
        before: pipeline.storeBeforeMadeFrom(options.asOf, among: reader.runs()))
    case .load: return pipeline.loadMadeFrom(run.finished(.match)?.madeFrom)
    case .publish: return pipeline.publishMadeFrom(run.finished(.load)?.madeFrom)
    }
  }
}
