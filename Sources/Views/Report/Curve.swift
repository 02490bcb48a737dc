// A small chart of a figure over the last runs.

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

    /// Nil without values.
    init?(_ title: Bilingual, _ values: [Int], as text: (Int) -> Bilingual) {
      guard let last = values.last, let least = values.min(), let most = values.max() else { return nil }
      self.title = title
      (self.last, self.least, self.most) = (text(last), text(least), text(most))
      let span = Double(max(most - least, 1))
      let step = 100 / Double(max(values.count - 1, 1))
      let points = values.enumerated().map { i, value in
        let y = most == least ? 26 : 46 - Double(value - least) / span * 40
        return "\((Double(i) * step * 100).rounded() / 100) \((y * 100).rounded() / 100)"
      }
      path = "M" + points.joined(separator: "L")
      tip = "M\(points[points.count - 1])h0"
    }
  }
}
