// How many persons gain, lose or change the card: for diff, and for a rollback before it happens.

package import Desk
import Values

/// The counts of a comparison, as lines for a terminal.
package enum CardDifferencesText {
  /// Persons before and after, and the changes.
  package static func summary(_ found: CardDifferences) -> String {
    let persons = "\(FigureText.grouped(found.before)) → \(FigureText.grouped(found.after))"
    return "  persons with a card · người có thẻ  \(persons)\n" + changes(found)
  }

  package static func changes(_ found: CardDifferences) -> String {
    let total = found.total
    guard total.all > 0 else { return "  No card differs. Không có thẻ nào khác." }
    let renumbered = total.renumbered > 0 ? [("renumbered · đổi số thẻ", total.renumbered)] : []
    let rows = [
      ("gained · được thêm thẻ", total.gained), ("lost · mất thẻ", total.lost),
      ("changed · đổi thẻ", total.changed),
    ]
    return (rows + renumbered).map { words, count in
      let line =
        "  \(words)".leftAligned(32) + FigureText.grouped(count).rightAligned(14) + "  "
        + bar(count, of: total.all)
      return count == 0 ? String(line.dropLast(2)) : line
    }.joined(separator: "\n")
  }

  package static func bar(_ count: Int, of most: Int) -> String {
    String(repeating: "█", count: most == 0 || count == 0 ? 0 : max(1, count * 20 / most))
  }
}
