// The use of packages as terminal text and as tables.

package import Desk
import Values

package enum ReceiptsText {
  /// The most recipients that the text lists.
  private static let mostListed = 20

  package static func taken(_ receipts: [TakenReceipt]) -> String {
    var lines = ["Biên nhận đã đọc · Receipts read".leftAligned(64) + grouped(receipts.count)]
    for result in TakenReceipt.Result.allCases {
      let count = receipts.count { $0.result == result }
      guard count > 0 else { continue }
      lines.append(
        "  \(result.meaning.vietnamese) · \(result.meaning.english)".leftAligned(64) + grouped(count))
    }
    return lines.joined(separator: "\n")
  }

  package static func refused(_ receipts: [TakenReceipt]) -> Table {
    Table(
      columns: ["file", "fault", "vietnamese", "english"],
      rows: receipts.filter(\.result.isRefused).map {
        [$0.file, $0.result.rawValue, $0.result.meaning.vietnamese, $0.result.meaning.english]
      })
  }

  package static func standing(_ standing: ReceiptStanding) -> String {
    func line(_ name: String, _ count: Int) -> String { ("  " + name).leftAligned(64) + grouped(count) }
    let behind = standing.recipients.filter { $0.state == .behind }
    var lines = [
      "Lượt \(standing.run), dữ liệu ngày \(standing.asOf) · Run \(standing.run) for \(standing.asOf)",
      "  nơi nhận gói · recipients".leftAligned(64) + grouped(standing.recipients.count),
      line("đã dùng gói này · have its package", standing.count(.current)) + "  "
        + FigureText.percent(standing.share),
      line("chậm 1 đêm · one night behind", behind.count { $0.nightsBehind == 1 }),
      line("chậm 2–7 đêm · 2 to 7 nights behind", behind.count { 2...7 ~= $0.nightsBehind ?? 0 }),
      line("chậm hơn 7 đêm · more than 7 nights behind", behind.count { $0.nightsBehind ?? 0 > 7 }),
      line("đang giữ gói đã thu hồi · have a package that was taken back", standing.count(.takenBack)),
      line("chưa từng gửi biên nhận · never sent a receipt", standing.count(.never)),
    ]
    let late = standing.recipients.filter { $0.state != .current }.sorted {
      ($0.nightsBehind ?? .max, $1.recipient) > ($1.nightsBehind ?? .max, $0.recipient)
    }
    if !late.isEmpty {
      lines += [
        "",
        table(late.prefix(mostListed)).fitting(96, without: ["door", "version"], shortening: "name").text,
      ]
    }
    if late.count > mostListed {
      lines.append(
        "… \(FigureText.grouped(late.count - mostListed)) more; all: cardlink receipts PIPELINE --output csv")
    }
    return lines.map(\.withoutTrailingSpaces).joined(separator: "\n")
  }

  package static func table(_ recipients: some Sequence<RecipientStanding>) -> Table {
    Table(
      columns: [
        "recipient", "name", "state", "nights_behind", "newest_run", "received_on", "door", "version",
      ],
      rows: recipients.map {
        [
          $0.recipient, $0.name, $0.state.rawValue, $0.nightsBehind.map(String.init),
          $0.newestRun.map(String.init), $0.receivedOn, $0.door, $0.version,
        ]
      }, numeric: ["nights_behind", "newest_run"])
  }

  private static func grouped(_ count: Int) -> String { FigureText.grouped(count).rightAligned(10) }
}
