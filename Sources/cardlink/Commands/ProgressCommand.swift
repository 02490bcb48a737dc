// progress: how far the campaign is, as text, figures, or a page for a minister.

import ArgumentParser
import Desk
import Views

struct ProgressCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "progress",
    abstract: "How far the campaign is: persons with a linked card, facilities that use it.",
    usage: "cardlink progress <pipeline> [options]",
    discussion: """
      After the last finished run: persons in the population register and those with
      a linked card, facilities that sent a receipt of their package, the change
      since the business date before, the date of 100 % at this pace, what keeps the
      other records apart and how many each step would link, and the 34 provinces.
      Provinces are counted by residence if the population export has
      residence_province, else by place of birth registration; the heading says
      which. Counts of 1 to 9 by province are not shown.
        cardlink progress pipelines/nightly.yaml
        cardlink progress pipelines/nightly.yaml --output html > progress.html
        cardlink progress pipelines/nightly.yaml --output csv   one row for each date
      The page prints on one sheet. It holds no script, nothing from elsewhere and
      no personal data.
      """)
  enum Form: String, ExpressibleByArgument, CaseIterable { case text, json, csv, html }

  @OptionGroup var arguments: PipelineArguments
  @Flag(help: "Also the 63 provinces before July 2025.") var former = false
  @Option(help: ArgumentHelp("text, json, csv or html.", valueName: "form")) var output: Form = .text

  func run() throws {
    let desk = Desk(try arguments.load(), for: .user())
    let campaign = try desk.campaign(named: arguments.named, former: former || output == .html)
    switch output {
    case .text: print(CampaignText.text(campaign))
    case .json: print(CampaignText.json(campaign))
    case .csv: CampaignText.table(campaign).write(.csv)
    case .html: print(CampaignPage(campaign).html, terminator: "")
    }
  }
}
