// One small picture of the trend: how a figure went over the last business dates.

import Values

extension ReportPage {
  struct Curve {
    var title: Bilingual
    /// The curve, and its last point.
    var path: String
    var tip: String
    var last: Bilingual
    var least: Bilingual
    var most: Bilingual

    /// - Parameter points: a value for each day, ascending.
    /// - Returns: nil without values.
    init?(_ title: Bilingual, _ points: [(day: Int, value: Int)], as text: (Int) -> Bilingual) {
      let values = points.map(\.value)
      guard let first = points.first, let last = points.last, let least = values.min(),
        let most = values.max()
      else { return nil }
      self.title = title
      (self.last, self.least, self.most) = (text(last.value), text(least), text(most))
      let (days, span) = (Double(max(last.day - first.day, 1)), Double(max(most - least, 1)))
      func rounded(_ number: Double) -> Double { (number * 100).rounded() / 100 }
      let marks = points.map { point in
        let y = most == least ? 26 : 46 - Double(point.value - least) / span * 40
        return "\(rounded(Double(point.day - first.day) / days * 100)) \(rounded(y))"
      }
      path = "M" + marks.joined(separator: "L")
      tip = "M\(marks[marks.count - 1])h0"
    }
  }
}
