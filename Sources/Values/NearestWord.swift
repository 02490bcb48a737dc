// Finds the most similar known word, for error messages.

/// The word with the fewest edits, if they are at most a third of its letters, or two in a short word.
package func nearestWord(to text: String, among words: [String]) -> String? {
  guard let best = rankedWords(to: text, among: words).first else { return nil }
  return best.edits <= max(2, best.word.count / 3) ? best.word : nil
}

/// The words by their number of edits, ascending; ties keep their order.
package func rankedWords(to text: String, among words: [String]) -> [(word: String, edits: Int)] {
  let letters = Array(text.lowercased())
  let ranked = words.enumerated().map { (at: $0, word: $1, edits: edits(letters, Array($1.lowercased()))) }
  return ranked.sorted { ($0.edits, $0.at) < ($1.edits, $1.at) }.map { ($0.word, $0.edits) }
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
