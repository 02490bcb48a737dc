// The names of registers and outcomes for officers, what each outcome means, and what to do about it.

extension ExportKind {
  package var title: Bilingual {
    self == .population ? Bilingual("Dân cư", "Population") : Bilingual("Bảo hiểm", "Insurance")
  }
  package var vietnamese: String { self == .population ? "dân cư" : "bảo hiểm" }
}

private let texts = CaseTexts<Outcome>(PackageResources.outcomes_txt, count: 3)

extension Outcome {
  /// The officers' name for it.
  package var vietnamese: String { title.vietnamese }

  package var title: Bilingual { texts[self][0] }

  /// The meaning, as half a sentence.
  package var meaning: Bilingual { texts[self][1] }

  /// What to do about such records, unless a reason says more.
  package var remedy: Bilingual { texts[self][2] }
}
