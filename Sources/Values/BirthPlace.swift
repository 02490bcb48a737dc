// The place of birth registration in a personal ID number, as the ledger counts it: one of the 63 provinces
// of before July 2025, abroad, or unknown.
// Invariant: every key has exactly one place; an index is stable within one build, a code forever.
// Load: called once per insurance record; a comparison and one bit, no table on the heap.
//
// Source: Circular 07/2016/TT-BCA, annexes I and II; the merger of 2025 changed no number.

/// Where a person was registered at birth, as far as the first three digits tell.
package struct BirthPlace: Hashable, Sendable, BitwiseCopyable {
  /// 0 to 96: a province's code; then abroad, an unknown prefix, and no personal ID number.
  package let index: Int

  package static let count = 100
  package static let abroad = BirthPlace(index: 97)
  package static let unknownPrefix = BirthPlace(index: 98)
  package static let noNumber = BirthPlace(index: 99)

  private init(index: Int) { self.index = index }

  package init(_ id: PersonalID) {
    self = !id.hasKnownPrefix ? .unknownPrefix : id.prefix <= 96 ? BirthPlace(index: id.prefix) : .abroad
  }

  package init(_ key: LinkKey) {
    self = key.personalID.map { BirthPlace($0) } ?? .noNumber
  }

  /// A former province, by its code.
  package static func province(_ code: Int) -> BirthPlace { BirthPlace(index: code) }

  /// `001` to `096`, `abroad`, `unknown`, `none`.
  package var code: String {
    switch self {
    case .abroad: "abroad"
    case .unknownPrefix: "unknown"
    case .noNumber: "none"
    default: padded(UInt64(index), to: 3)
    }
  }

  /// The 63 provinces, ascending, then the others.
  package static let all: [BirthPlace] =
    IDPrefix.provinces.map { BirthPlace(index: $0.code) } + [.abroad, .unknownPrefix, .noNumber]

  package var name: Bilingual {
    switch self {
    case .abroad: Bilingual("Đăng ký khai sinh ở nước ngoài", "Registered abroad")
    case .unknownPrefix: Bilingual("Mã đầu số chưa biết", "Unknown prefix")
    case .noNumber: Bilingual("Không có số định danh dùng được", "No usable personal ID number")
    default: IDPrefix.province(index).map { Bilingual($0, $0) } ?? Bilingual(code, code)
    }
  }
}
