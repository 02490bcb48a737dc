// Formats figures and dates in each language: 1.735 and 87,41 % in Vietnamese, 1,735 and 87.41 % in English.
// Invariant: a share is rounded once, to hundredths of a percent, so that all places show the same.

/// Counts, shares and times as text.
package enum FigureText {
  /// A number with thousands separators.
  package static func grouped(_ number: Int, by separator: Character) -> String {
    var text = ""
    for (i, digit) in String(abs(number)).reversed().enumerated() {
      if i > 0, i % 3 == 0 { text.append(separator) }
      text.append(digit)
    }
    return (number < 0 ? "−" : "") + String(text.reversed())
  }
  /// A number with English thousands separators: `1,735`.
  package static func grouped(_ number: Int) -> String { grouped(number, by: ",") }
  package static func count(_ number: Int) -> Bilingual {
    Bilingual(grouped(number, by: "."), grouped(number, by: ","))
  }

  /// A part of a whole in hundredths of a percent, rounded half up; nil if the whole is zero.
  package static func share(_ part: Int, of whole: Int) -> Int? {
    guard whole > 0 else { return nil }
    return (part * 10_000 + whole / 2) / whole
  }
  /// A share from 0 to 1 in hundredths of a percent.
  package static func hundredths(_ share: Double) -> Int { Int((share * 10_000).rounded()) }
  package static func percent(_ part: Int, of whole: Int) -> Bilingual {
    share(part, of: whole).map { percent($0) } ?? none
  }
  /// The text for a missing figure.
  package static let none = Bilingual("–", "–")
  /// `87.41 %`, the English form.
  package static func percent(_ hundredths: Int) -> String { decimal(hundredths, point: ".") + " %" }
  package static func percent(_ hundredths: Int) -> Bilingual {
    Bilingual(
      decimal(hundredths, point: ",") + "\u{A0}%", decimal(hundredths, point: ".") + "\u{A0}%")
  }
  /// A difference of shares, with its sign.
  package static func points(_ hundredths: Int) -> Bilingual {
    let sign = hundredths > 0 ? "+" : hundredths < 0 ? "−" : "±"
    return Bilingual(
      sign + decimal(abs(hundredths), point: ",") + "\u{A0}điểm %",
      sign + decimal(abs(hundredths), point: ".") + "\u{A0}points")
  }
  package static func decimal(_ hundredths: Int, point: String) -> String {
    let rest = abs(hundredths) % 100
    return (hundredths < 0 ? "−" : "") + "\(abs(hundredths) / 100)\(point)\(rest < 10 ? "0" : "")\(rest)"
  }

  /// A date in ISO 8601: `2026-11-24` is `24/11/2026` in Vietnamese.
  package static func date(_ iso: String) -> Bilingual { Bilingual(vietnameseTime(iso), iso) }
  /// A time in ISO 8601, to the second, without its offset.
  package static func time(_ iso: String) -> Bilingual {
    Bilingual(vietnameseTime(iso), String(iso.prefix(19)).replacing("T", with: " "))
  }
  static func vietnameseTime(_ iso: String) -> String {
    let parts = iso.prefix(10).split(separator: "-")
    let date = parts.reversed().joined(separator: "/")
    return iso.utf8.count < 19 ? date : "\(iso.dropFirst(11).prefix(8)) \(date)"
  }

  /// A length of time, in the two largest units.
  package static func duration(_ seconds: Double) -> String {
    guard seconds >= 60 else {
      return seconds < 10 ? "\((seconds * 10).rounded() / 10) s" : "\(Int(seconds.rounded())) s"
    }
    let whole = Int(seconds.rounded())
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    if whole < 86_400 { return "\(whole / 3600) h \(whole % 3600 / 60) min" }
    return "\(whole / 86_400) d \(whole % 86_400 / 3600) h"
  }
  package static func bilingualDuration(_ seconds: Double) -> Bilingual {
    let english = duration(seconds)
    return Bilingual(
      english.replacing(" min", with: " phút").replacing(" h", with: " giờ").replacing(" d", with: " ngày")
        .replacing(" s", with: " giây").replacing(".", with: ","), english)
  }

  package static func bytes(_ count: Int) -> Bilingual {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"]
    var (value, unit) = (Double(count), 0)
    while value >= 1024, unit < units.count - 1 { (value, unit) = (value / 1024, unit + 1) }
    let text = unit == 0 || value >= 100 ? "\(Int(value.rounded()))" : "\((value * 10).rounded() / 10)"
    return Bilingual(
      "\(text.replacing(".", with: ","))\u{A0}\(units[unit])", "\(text)\u{A0}\(units[unit])")
  }
}

extension String {
  package func leftAligned(_ width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
  package func rightAligned(_ width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }
}
