import Foundation
import Testing
import Values

@Suite struct GateVerdictTests {
  @Test("every gate has a title in both languages", arguments: Gate.allCases)
  func title(gate: Gate) {
    #expect(gate.title.vietnamese.count > 5 && gate.title.english.count > 5)
    #expect(gate.title.vietnamese != gate.title.english)
  }

  private static let usual = GateLimit.Usual(.share(0.02), change: 0.01, runs: 1)
  private static let limits: [(GateLimit, english: String, vietnamese: String)] = [
    (.atLeast(.count(1000), .records), "at least 1,000 records", "ít nhất 1.000 bản ghi"),
    (
      .between(.count(900), .count(1100), .records, .init(.count(1000), change: 0.1, runs: 7)),
      "900 to 1,100 records (10.00 % around 1,000, the median of the last 7 runs)",
      "900 đến 1.100 bản ghi (10,00 % quanh 1.000, trung vị của 7 lượt chạy gần nhất)"
    ),
    (
      .atMost(.share(0.05), .quarantined, nil), "at most 5.00 % in quarantine", "không quá 5,00 % cách ly"
    ),
    (
      .atMost(.share(0.03), .blank, usual),
      "at most 3.00 % without a value (1.00 points above 2.00 %, the figure of the run before)",
      "không quá 3,00 % không có giá trị (1,00 điểm % trên 2,00 %, số liệu của lượt chạy trước)"
    ),
    (
      .linkedAtMost(.share(0.9995)),
      "at most 99.95 % linked; more suggests that the matching rules were not applied",
      "không quá 99,95 % được liên kết; cao hơn nữa có thể do quy tắc đối chiếu không được áp dụng"
    ),
    (
      .dateNotBefore("2026-11-11", run: 3), "a business date not before 2026-11-11, that of run 3",
      "ngày nghiệp vụ không trước 11/11/2026, ngày của lượt chạy 3"
    ),
    (
      .filesNotOlder(than: "2026-11-11T01:02:03+07:00", run: 3),
      "files not older than 2026-11-11T01:02:03+07:00, the time of those of run 3",
      "tệp không cũ hơn 01:02:03 11/11/2026, thời điểm của tệp ở lượt chạy 3"
    ),
    (.notRolledBack, "a result that was not taken out of force", "kết quả chưa bị thu hồi"),
  ]

  @Test("a limit is written in both languages", arguments: limits)
  func limit(limit: GateLimit, english: String, vietnamese: String) {
    #expect(limit.text == Bilingual(vietnamese, english))
  }

  @Test("no count below five is shown of a place")
  func few() {
    func shown(_ gate: Gate, _ figure: GateFigure) -> Bilingual {
      GateVerdict(gate, of: "079", .manifest, found: figure, passed: false).shownFigure
    }
    #expect(shown(.province, .count(4)) == Bilingual("dưới 5", "below 5"))
    #expect(shown(.province, .written("3")) == Bilingual("dưới 5", "below 5"))
    #expect(shown(.province, .count(5)) == Bilingual("5", "5"))
    #expect(shown(.records, .count(3)) == Bilingual("3", "3"))
  }

  @Test("a verdict is read again from a run record, and one of an earlier version keeps its text")
  func coding() throws {
    let verdict = GateVerdict(
      .linkRate, of: "insurance", .atLeast(.share(0.5), .linked), found: .share(0.25), passed: false)
    let data = try JSONEncoder().encode(verdict)
    #expect(try JSONDecoder().decode(GateVerdict.self, from: data) == verdict)
    #expect(String(decoding: data, as: UTF8.self).contains(#""expected":"at least 50.00 % linked""#))
    let old = #"""
      {"gate":"link_rate","subject":"insurance","expected":"at least 50.00 % linked","found":"25.00 %","passed":false}
      """#
    let read = try JSONDecoder().decode(GateVerdict.self, from: Data(old.utf8))
    #expect(read.gate == .linkRate && read.expected == verdict.expected && read.found == verdict.found)
    #expect(read.limit.text.vietnamese == "at least 50.00 % linked" && !read.passed)
  }
}
