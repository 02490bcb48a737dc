// Checks the facilities' keys: whether the next publication can encrypt all its packages.
// Invariant: the facilities are those of the publication in force; a facility that is new in the next run is
// unknown, unless the table of facilities names it as the successor of one, from a week before the date.

import Files
import Pipeline
import Publish
import Run
import Values

extension Doctor {
  var facilityKeys: Diagnosis {
    let check = "facility_keys"
    let standing: KeyStanding
    do throws(Stop) {
      standing = try pipeline.publish.keyStanding(
        packagesIn: pipeline.workspace + "/packages",
        (try? pipeline.facilities(on: today.adding(days: 7))) ?? Facilities())
    } catch {
      return .fail(
        check, error.exit,
        "\(error.finding.origin): expected \(error.finding.expected), found \(error.finding.found)",
        error.finding.remedy)
    }
    let files = standing.files > 0 ? ", \(standing.files) file\(standing.files == 1 ? "" : "s") of keys" : ""
    if !standing.missing.isEmpty {
      let shown =
        standing.missing.prefix(10).joined(separator: ", ") + (standing.missing.count > 10 ? ", …" : "")
      let found = "\(standing.missing.count) of \(standing.packages) packages have none: \(shown)"
      return pipeline.publish.leavesOutWithoutKey
        ? .warn(
          check, found,
          "Their people get no package. Ask these facilities for the key of: cardlink keys facility.")
        : .fail(
          check, .pipelineWrong, found,
          "Nothing is published until they have. Ask for them, or write missing_key: leave_out.")
    }
    if let path = standing.changeableByOthers {
      return .warn(
        check, "others may change \(path)",
        "A person who changes it can read the packages instead of the facility.",
        command: "chmod go-w \(shellQuoted(path))")
    }
    guard standing.knowsFacilities else {
      return .ok(check, "readable\(files); who has none is known after the first publication")
    }
    return .ok(check, "each of \(standing.packages) packages has one\(files)")
  }
}
