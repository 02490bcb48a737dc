// The object groups of cards that the Defence and Public Security ministries manage, outside the civil insurer's electronic
// card: the one list for staging, gates, report, card checks and packages.
// Invariant: the pipeline file adds groups and takes none away.
// Load: asked for records without a personal ID number, and for each card check.
//
// Source: Circular 09/2026/TT-BTC, in force since 3 February 2026: persons whom these ministries manage are outside the
// electronic card of the civil insurer. Groups: Decision 1351/QĐ-BHXH (2015), Decision 1018/QĐ-BHXH (2024); that HC, LS and
// XK may be issued by the ministries' own insurance offices is seen in programs of hospitals.

/// The groups of the armed forces.
package struct ArmedForces: Hashable, Sendable {
  package struct Group: Hashable, Sendable {
    /// The first two letters of the card number.
    package let code: String
    package let title: Bilingual
    /// Whether its records are sent without a personal ID number, so that a missing number is no fault.
    package let lacksNumbers: Bool

    fileprivate var letters: UInt16 { code.utf8.reduce(0) { $0 << 8 | UInt16($1) } }
  }

  /// The groups known to cardlink.
  package static let known = [
    Group(code: "QN", title: Bilingual("Quân nhân", "Military"), lacksNumbers: true),
    Group(code: "CA", title: Bilingual("Công an", "Police"), lacksNumbers: true),
    Group(code: "CY", title: Bilingual("Cơ yếu", "Cipher service"), lacksNumbers: true),
    // Only some cards of these are the ministries': a missing number is a fault.
    Group(
      code: "HC", title: Bilingual("Cán bộ, công chức, viên chức", "Officials and public employees"),
      lacksNumbers: false),
    Group(
      code: "LS", title: Bilingual("Lưu học sinh", "Foreign students on a scholarship"), lacksNumbers: false),
    Group(
      code: "XK", title: Bilingual("Người hoạt động không chuyên trách cấp xã", "Part-time commune workers"),
      lacksNumbers: false),
  ]

  package let groups: [Group]
  private let letters: [UInt16]
  private let lettersWithoutNumbers: [UInt16]

  /// - Parameter codes: further groups, two capitals each; their records are sent without numbers.
  package init(adding codes: [String] = []) {
    var groups = Self.known
    for code in codes {
      let i = groups.firstIndex { $0.code == code }
      let group = Group(
        code: code, title: i.map { groups[$0].title } ?? Bilingual("Nhóm \(code)", "Group \(code)"),
        lacksNumbers: true)
      if let i { groups[i] = group } else { groups.append(group) }
    }
    self.groups = groups
    letters = groups.map(\.letters)
    lettersWithoutNumbers = groups.filter(\.lacksNumbers).map(\.letters)
  }

  /// Whether a card of this group (``CardNumber/group``) may be managed by one of the ministries.
  package func contains(_ group: UInt16) -> Bool { letters.contains(group) }

  /// Whether records of this group are sent without a personal ID number.
  package func lackNumbers(_ group: UInt16) -> Bool { lettersWithoutNumbers.contains(group) }

  /// The groups whose records are sent without a personal ID number.
  package var withoutNumbers: [Group] { groups.filter(\.lacksNumbers) }
}

extension ArmedForces {
  /// What the groups that a pipeline file adds mean; nil if it adds none.
  package static func note(adding codes: [String]) -> Bilingual? {
    guard !codes.isEmpty else { return nil }
    let added = codes.joined(separator: ", ")
    let known = Self.known.filter(\.lacksNumbers).map(\.code).joined(separator: ", ")
    return Bilingual(
      "armed_forces thêm nhóm \(added) vào các nhóm \(known): bản ghi không có số định danh của các nhóm này không tính vào tỷ lệ liên kết",
      "armed_forces adds the groups \(added) to \(known): their records without a personal ID number don't count in the link rate"
    )
  }
}
