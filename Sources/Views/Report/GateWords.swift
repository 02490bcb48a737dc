// What the gates say, in Vietnamese: their names, and their sentences, which are made of few phrases and figures.
// Invariant: a phrase that has no line here stays English rather than being lost; a test goes through a run's verdicts.

import Values
import Workspace

extension GateVerdict {
  var title: Bilingual {
    let names: [String: Bilingual] = [
      "records": Bilingual("Số bản ghi", "Records"),
      "quarantine": Bilingual("Tỷ lệ cách ly", "Quarantine share"),
      "link_rate": Bilingual("Tỷ lệ liên kết", "Link rate"),
      "blank": Bilingual("Trường để trống", "Blank share"), "province": Bilingual("Theo tỉnh", "By province"),
      "older_exports": Bilingual("Tuổi của tệp", "Age of exports"),
      "checksums": Bilingual("Mã kiểm tra", "Checksums"),
      "rolled_back": Bilingual("Đã bị thu hồi", "Rolled back"),
    ]
    return names[gate] ?? Bilingual(gate, gate)
  }

  /// What it looked at: an export, a field, a place, a file.
  var about: Bilingual {
    guard let kind = ExportKind.allCases.first(where: { $0.name == subject }) else {
      return subject == "business date" ? Bilingual("ngày nghiệp vụ", subject) : Bilingual(subject, subject)
    }
    return Bilingual(kind.vietnamese, kind.name)
  }

  var limit: Bilingual { Bilingual(Self.vietnamese(expected), expected) }

  /// What was found; of a place, no count below five.
  var figure: Bilingual {
    if gate == "province", let count = Int(found), (0..<PlaceRate.fewest).contains(count) {
      return Bilingual("dưới 5", "below 5")
    }
    return Bilingual(Self.vietnamese(found), found)
  }

  static func vietnamese(_ english: String) -> String {
    // Figures too are written otherwise: 3.162 and 20,00 %.
    let figures = english.replacing(/[0-9]+(?:[.,][0-9]+)+/) { match in
      String(match.output.map { $0 == "," ? "." : $0 == "." ? "," : $0 })
    }
    return phrases.reduce(figures) { $0.replacing($1.english, with: $1.vietnamese) }
  }

  /// Longer phrases first.
  private static let phrases: [(english: String, vietnamese: String)] = [
    ("the figure of the run before", "số liệu của lần chạy trước"),
    ("the median of the last ", "trung vị của "),
    (" runs", " lần chạy gần nhất"),
    (" linked, for more is too good to be true", " được liên kết, cao hơn nữa là đáng ngờ"),
    ("a business date not before ", "ngày nghiệp vụ không trước "),
    (", that of run ", ", ngày của lần chạy "),
    (", the time of those of run ", ", thời điểm của tệp ở lần chạy "),
    ("files not older than ", "tệp không cũ hơn "),
    ("a manifest beside it that names it", "tệp kê khai bên cạnh có ghi tên tệp này"),
    ("the SHA-256 that its manifest names", "mã SHA-256 ghi trong tệp kê khai"),
    ("a result that was not taken out of force", "kết quả chưa bị thu hồi"),
    ("the one of run ", "kết quả của lần chạy "), (", which was rolled back", ", đã bị thu hồi"),
    ("another", "mã khác"), ("none", "không có"),
    ("at least ", "ít nhất "), ("at most ", "không quá "), (" linked records", " bản ghi được liên kết"),
    (" records", " bản ghi"), (" linked", " được liên kết"), (" in quarantine", " cách ly"),
    (" without a value", " không có giá trị"), (" points", " điểm %"), (" around ", " quanh "),
    (" above ", " trên "), (" to ", " đến "),
  ]
}
