// One small multiple: how a figure went over the last runs.
// Invariant: the curve's ends are the figures written beside it.

import Values

struct Trend {
  private let title: Bilingual
  private let values: [Int]
  private let isShare: Bool

  init(_ title: Bilingual, _ values: [Int], isShare: Bool = false) {
    self.title = title
    self.values = values
    self.isShare = isShare
  }

  private func text(_ value: Int) -> String {
    isShare ? Markup.figure(FigureText.percent(value)) : Markup.count(value)
  }

  var html: String {
    guard let last = values.last, let least = values.min(), let most = values.max() else { return "" }
    let span = Double(max(most - least, 1))
    let step = 100 / Double(max(values.count - 1, 1))
    let points = values.enumerated().map { i, value in
      let y = most == least ? 26 : 46 - Double(value - least) / span * 40
      return (x: (Double(i) * step * 100).rounded() / 100, y: (y * 100).rounded() / 100)
    }
    let curve = points.enumerated().map { "\($0 == 0 ? "M" : "L")\($1.x) \($1.y)" }.joined()
    let tip = points.last.map { "M\($0.x) \($0.y)h0" } ?? ""
    return """
      <figure><figcaption>\(Markup.both(title))</figcaption><b>\(text(last))</b>
      <svg viewBox="0 0 100 52" preserveAspectRatio="none" aria-hidden="true"><path class="area" d="\(curve)V52H0Z"/>\
      <path class="base" d="M0 52H100"/><path class="curve" d="\(curve)"/><path class="tip" d="\(tip)"/></svg>
      <span class="soft">\(text(least)) – \(text(most))</span></figure>
      """
  }
}
