// Checks whether the rules for packages cover whole provinces of today.

import Pipeline
import Publish
import Values

extension Doctor {
  var provinces: Diagnosis {
    let partial = pipeline.publish.partialProvinces
    guard let first = partial.first else {
      return .ok("provinces", "no rule for packages covers only a part of a province of today")
    }
    let more = partial.count > 1 ? "; and \(partial.count - 1) more" : ""
    return .warn(
      "provinces", first.text.english + more, first.remedy.english, command: "cardlink check \(named)")
  }
}
