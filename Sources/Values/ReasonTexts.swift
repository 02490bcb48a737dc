// What each reason and note means, and what to do about it, in both languages.

private let texts = CaseTexts<Reason>(PackageResources.reasons_txt, count: 2)

extension Reason {
  /// Reads a word as the store and quarantine show it: `name`, `sex_code=7`.
  package init?(shown word: String) { self.init(word: String(word.prefix { $0 != "=" })) }

  /// The meaning, as half a sentence.
  package var meaning: Bilingual { texts[self][0] }

  /// What to do about it.
  package var remedy: Bilingual { texts[self][1] }
}
