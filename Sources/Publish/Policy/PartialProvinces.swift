// Finds rules that select a part of a province of today and leave its other former provinces out.
// Invariant: a rule is not reported if the file names the other former provinces as well, each in a rule of its own.

import Package
package import Values

/// A rule that covers a part of a province of today.
package struct PartialProvince: Hashable, Sendable {
  /// As the pipeline file writes it: `province: "79"`.
  package var selection: String
  /// The number of the rule in the file, from 1.
  package var rule: Int
  package var today: ProvinceOfToday
  /// The former provinces of it that no rule names.
  package var missing: [Int]

  package var text: Bilingual {
    Bilingual(
      "quy tắc \(rule) của publish.packages, \(selection), chỉ gồm một phần của \(today.label) hiện nay; "
        + "còn thiếu \(ProvinceOfToday.labels(ofFormer: missing))",
      "rule \(rule) of publish.packages, \(selection), covers a part of today's \(today.label); "
        + "it leaves out the former \(ProvinceOfToday.labels(ofFormer: missing))")
  }

  package var remedy: Bilingual {
    Bilingual(
      "Ghi province_2025: \"\(today.text)\" để lấy cả tỉnh, hoặc thêm quy tắc cho các tỉnh cũ còn thiếu.",
      "Write province_2025: \"\(today.text)\" for all of it, or add rules for the other former provinces.")
  }
}

extension PublishPolicy {
  /// The rules that cover a part of a province of today, in the order of the file.
  package var partialProvinces: [PartialProvince] {
    let named = Set(rules.compactMap(\.formerProvince))
    return rules.enumerated().compactMap { i, rule in
      guard let code = rule.formerProvince, let today = ProvinceOfToday.of(code) else { return nil }
      let missing = today.former.filter { !named.contains($0) }
      return missing.isEmpty
        ? nil
        : PartialProvince(
          selection: rule.selectionText, rule: i + 1, today: today, missing: missing)
    }
  }

  /// Whether a rule selects by province.
  package var selectsByProvince: Bool {
    rules.contains { rule in
      if case .province2025 = rule.selection { return true }
      return rule.formerProvince != nil
    }
  }
}

extension PackageRule {
  /// The former province whose facilities the rule selects, all of them: by `province`, or by a pattern such as
  /// `79*`.
  fileprivate var formerProvince: Int? {
    switch selection {
    case .province(let digits): return Int(digits)
    case .facility(let glob):
      let rest = glob.dropFirst(2)
      guard glob.count > 2, glob.prefix(2).allSatisfy(\.isNumber), rest == "*" || rest == "???" else {
        return nil
      }
      return Int(glob.prefix(2))
    case .all, .province2025: return nil
    }
  }

  fileprivate var selectionText: String {
    if case .facility(let glob) = selection { return "facility: \"\(glob)\"" }
    return "province: \"\(formerProvince.map { padded(UInt64($0), to: 2) } ?? "")\""
  }
}
