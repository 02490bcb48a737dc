// The nearest known word, for a message that helps.
// Load: only when something is wrong.

/// The word with the fewest edits, if at most a third of its letters (and two at least) would change.
package func nearestWord(to text: String, among words: [String]) -> String? {
  let ranked = words.map { (word: $0, edits: edits(Array(text.lowercased()), Array($0.lowercased()))) }
  guard let best = ranked.min(by: { $0.edits < $1.edits }) else { return nil }
  return best.edits <= max(2, best.word.count / 3) ? best.word : nil
}

/// The least number of letters inserted, removed or replaced that turns `a` into `b`.
private func edits(_ a: [Character], _ b: [Character]) -> Int {
  var row = Array(0...b.count)
  for (i, x) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, y) in b.enumerated() {
      let next = min(row[j] + 1, row[j + 1] + 1, diagonal + (x == y ? 0 : 1))
      diagonal = row[j + 1]
      row[j + 1] = next
    }
  }
  return row[b.count]
}
