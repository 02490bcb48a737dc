// How far the campaign is: the figures against the runs they come from, small counts, the projection, the page.

import Files
import Foundation
import FoundationXML
import Store
import Support
import Testing
import Values
@testable import Desk
@testable import Pipeline
@testable import Views
@testable import Workspace

@Suite("Progress of the campaign")
struct CampaignTests {
  private static func campaign(_ pipeline: Pipeline) throws -> Campaign {
    try Desk(pipeline, for: .user()).campaign(named: "p.yaml", former: true)
  }

  @Test("the figures are those of the last run of each date, and the page and text show them")
  func figures() throws {
    let workshop = try Workshop()
    let pipeline = try WalkTests.invented(3000, seed: 21, xml: false, in: workshop.path)
    #expect(throws: Stop.self) { try Self.campaign(pipeline) }
    var runs: [RunRecord] = []
    for (days, stage) in [(0, nil), (0, StageName.match), (5, nil), (9, nil)] {
      runs.append(try WalkTests.walk(pipeline, from: stage, asOf: WalkTests.asOf.adding(days: days)))
    }
    let campaign = try Self.campaign(pipeline)
    #expect(campaign.points.map(\.run) == [2, 3, 4])
    let last = try #require(runs.last)
    #expect(campaign.now.persons == last.count(.population, .registered))
    var persons = 0
    let store = try Store(path: pipeline.storePath(in: pipeline.workspace))
    try store.forEachCardAttribute { _ throws(Stop) in persons += 1 }
    #expect(campaign.now.withCard == persons && persons > 2000)
    #expect(campaign.now.share == 10_000 * campaign.now.withCard / campaign.now.persons)
    #expect(campaign.now.recipients == nil && campaign.basis == .birthRegistration)
    #expect(campaign.steps.map(\.records) == last.causes.prefix(8).map(\.records))
    let text = CampaignText.text(campaign)
    #expect(text.contains(FigureText.percent(campaign.now.share)) && text.contains("no receipts yet"))
    let page = CampaignPage(campaign).html
    #expect(page.contains(FigureText.grouped(campaign.now.withCard, by: ".")))
    #expect(XMLParser(data: Data(page.utf8)).parse())
    #expect(CampaignText.table(campaign).rows.count == 3)
  }

  @Test("every one of the 34 provinces has one tile of the map, and no two have the same")
  func map() {
    #expect(Set(ProvinceMap.places.keys) == Set(ProvinceOfToday.all.map(\.code)))
    #expect(Set(ProvinceMap.places.values.map { "\($0.column) \($0.row)" }).count == 34)
    #expect(ProvinceMap.places.values.allSatisfy { $0.column < 5 })
  }

  private static func point(_ day: Int, share: Int) -> Campaign.Point {
    let date = CalendarDate(packed: 2026_01_01).adding(days: day)
    return Campaign.Point(run: day + 1, asOf: date.text, persons: 10_000, withCard: share)
  }

  @Test("the projection continues a straight line; there is none without growth or with too few dates")
  func projection() {
    let growing = (0..<10).map { Self.point($0, share: 9_000 + 100 * $0) }
    // 99 % on 10 January, one point a day.
    #expect(Campaign.projection(growing)?.date == "2026-01-11")
    #expect(Campaign.projection(growing)?.days == 9)
    // Only the last ninety dates count.
    let late =
      (0..<100).map { Self.point($0, share: 1_000) }
      + (100..<190).map { Self.point($0, share: 1_000 + 50 * ($0 - 99)) }
    #expect(Campaign.projection(late)?.days == 89)
    #expect(Campaign.projection((0..<10).map { Self.point($0, share: 9_000) }) == nil)
    #expect(Campaign.projection((0..<10).map { Self.point($0, share: 9_000 - $0) }) == nil)
    #expect(Campaign.projection(Array(growing.prefix(7))) == nil)
    #expect(Campaign.projection([Self.point(0, share: 1), Self.point(30, share: 9_000)]) == nil)
    #expect(Campaign.projection((0..<10).map { Self.point($0, share: 10_000) }) == nil)
  }
}
