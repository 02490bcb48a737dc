// The names of facilities as an answer shows them.
// Load: looked up once or twice per answer; the texts are made once.

package import Values

package struct FacilityNames: Sendable {
  private var texts: [ShortCode: [UInt8]] = [:]

  /// Whether there is a table of facilities, so that answers have fields for names.
  let areKnown: Bool

  /// - Parameter facilities: a facility whose code was replaced is named with the code that it has now.
  package init(_ facilities: Facilities = Facilities()) {
    areKnown = !facilities.isEmpty
    for facility in facilities.all {
      let current = facilities.current(facility.code)
      var text = facilities.name(of: current) ?? facility.name
      if current != facility.code { text += (text.isEmpty ? "" : " ") + "(mã mới \(current.text))" }
      if !text.isEmpty { texts[facility.code] = Array(text.utf8) }
    }
  }

  subscript(_ code: ShortCode) -> [UInt8]? { texts[code] }
}
