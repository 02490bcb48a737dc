// The counts of a publication as a line of text.

import Values
import Workspace

extension PublishCounts {
  /// Who gets no package for want of a key; nil if everybody does.
  var warning: Bilingual? {
    guard packagesLeftOut > 0 else { return nil }
    let (persons, packages) = (FigureText.count(leftOut), FigureText.count(packagesLeftOut))
    return Bilingual(
      "Cảnh báo: \(persons.vietnamese) người của \(packages.vietnamese) cơ sở không có gói dữ liệu vì cơ sở chưa có khóa mã hóa.",
      "Warning: \(persons.english) persons of \(packages.english) \(packagesLeftOut == 1 ? "facility" : "facilities") got no package, because no encryption key is there."
    )
  }

  /// How many codes of facilities are unknown; nil if none.
  var unknownFacilities: Bilingual? {
    guard let facilities, facilities.unknownPersons > 0 else { return nil }
    let (codes, persons) = (
      FigureText.count(facilities.unknownCodes), FigureText.count(facilities.unknownPersons)
    )
    return Bilingual(
      "Thẻ của \(persons.vietnamese) người ghi mã cơ sở không có trong danh mục (\(codes.vietnamese) mã).",
      (facilities.unknownPersons == 1
        ? "The card of 1 person names" : "The cards of \(persons.english) persons name")
        + " a facility that the table lacks (\(codes.english) "
        + "code\(facilities.unknownCodes == 1 ? "" : "s")).")
  }

  /// The counts that are not zero.
  var words: String {
    func count(_ number: Int, _ one: String) -> String {
      "\(FigureText.grouped(number)) \(one)\(number == 1 ? "" : "s")"
    }
    var words = ["\(count(persons, "person")) in \(count(packages, "package"))"]
    if packagesLeftOut > 0 {
      words.append(
        "\(count(leftOut, "person")) of \(count(packagesLeftOut, "package")) left out without a key")
    }
    if withoutFacility > 0 { words.append("\(FigureText.grouped(withoutFacility)) without a facility") }
    if let unusableFacility, unusableFacility > 0 {
      words.append("\(FigureText.grouped(unusableFacility)) with a facility code that can't name a folder")
    }
    if notSelected > 0 { words.append("\(FigureText.grouped(notSelected)) selected by no rule") }
    if let cardNumbersLeftOut, cardNumbersLeftOut > 0 {
      words.append("\(FigureText.grouped(cardNumbersLeftOut)) without a card number of 15 characters")
    }
    return words.joined(separator: ", ")
  }
}
