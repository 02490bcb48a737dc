// cardlink reference: the keys of the pipeline file, for the files of this project that list them.

import ArgumentParser
import Foundation
import Pipeline

struct ReferenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reference",
    abstract: "Print the JSON Schema of the pipeline file, or a page with its tables of keys written anew.",
    shouldDisplay: false)

  @Argument(help: "The page.")
  var page: String?

  func run() throws {
    guard let page else { return print(try PipelineReference.schema(), terminator: "") }
    print(PipelineReference.page(try String(contentsOfFile: page, encoding: .utf8)), terminator: "")
  }
}
