// The words of reasons and notes, explained to people in both languages.

import Extract
import Values

/// What a reason or note means and what to do about it.
///
/// - Parameter word: as the store shows it; a code behind an equals sign is passed over.
package func explanation(ofWord word: String) -> (english: String, vietnamese: String, remedy: String)? {
  let plain = word.split(separator: "=").first.map(String.init) ?? word
  return Reason(word: plain).map { explanation(of: $0) }
}

/// What to do about a reason, in Vietnamese.
package func vietnameseRemedy(ofWord word: String) -> String? {
  explanation(ofWord: word).flatMap { Extract.vietnameseRemedy($0.remedy) }
}
