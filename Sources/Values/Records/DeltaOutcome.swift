// The outcomes of a delta's records: exactly one for each.

/// What a record of a delta did to the records in force.
package enum DeltaOutcome: UInt8, NamedCase, BitwiseCopyable {
  case inserted, updated, unchanged, deleted
  /// A delete of an identity that was not in force.
  case deleteUnknown
  /// A later record of the same delta has the same identity.
  case superseded
  case quarantined

  package static let names = snakeCaseNames(of: allCases)

  package var title: Bilingual {
    switch self {
    case .inserted: Bilingual("thêm mới", "inserted")
    case .updated: Bilingual("cập nhật", "updated")
    case .unchanged: Bilingual("không đổi", "unchanged")
    case .deleted: Bilingual("xóa", "deleted")
    case .deleteUnknown: Bilingual("xóa bản ghi không có", "delete of an unknown record")
    case .superseded: Bilingual("có bản ghi sau thay thế", "superseded")
    case .quarantined: Bilingual("cách ly, chờ sửa", "quarantined")
    }
  }
}
