// Checks the table of facilities, and whether the rules for packages cover whole provinces of today.

import Pipeline
import Publish
import Run
import Values

extension Doctor {
  func facilities() throws(Stop) -> Diagnosis {
    let table = try pipeline.facilities(on: today)
    let replaced = table.all.count { table.isRecoded($0.code) }
    return .ok(
      "facilities",
      "\(FigureText.grouped(table.count)) in the table, \(FigureText.grouped(replaced)) of them replaced by another code"
    )
  }

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
