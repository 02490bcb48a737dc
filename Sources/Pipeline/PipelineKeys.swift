// The keys of the pipeline file: the one table from which the reader, the JSON Schema and the reference page
// are made. A new key needs one entry here and one property of the value that it fills.

import Store
import Publish
import Values
import Yams

enum PipelineKeys {
  static var file: KeyGroup<Pipeline> {
    KeyGroup(
      [
        Key(
          "name", .text, \.name, isRequired: true, "The pipeline's name in the view `run` of the store",
          "Tên của tệp cấu hình này trong khung nhìn `run`", example: "nightly"),
        Key(
          "workspace", .path, \.workspace, isRequired: true,
          "Folder for staged records, runs, store and packages; created with mode 0700",
          "Thư mục làm việc: dữ liệu trung gian, các lượt chạy, kho dữ liệu và gói; tạo với quyền 0700",
          example: "../var/nightly"),
        Key(
          "exports",
          KeyGroup([
            Key(
              "population", export(.population), \.population, isRequired: true, "The population export",
              "Tệp dữ liệu dân cư"),
            Key(
              "insurance", export(.insurance), \.insurance, isRequired: true, "The insurance export",
              "Tệp dữ liệu BHXH"),
          ]), \.self, isRequired: true, "The two exports", "Hai nguồn dữ liệu đầu vào"),
        Key("store", store, \.self, isRequired: true, "Where the cards are stored", "Nơi lưu kết quả"),
        Key(
          "gates", gates, \.gates, "Limits of a run; a run outside them is held",
          "Ngưỡng kiểm soát của lượt chạy; vượt ngưỡng thì lượt chạy bị giữ lại"),
        Key(
          "grace",
          KeyGroup([
            Key(
              "days", .count(1...366), \.graceDays, isRequired: true,
              "Days after the business date on which a person's data first became doubtful",
              "Số ngày giữ lại, tính từ ngày nghiệp vụ mà dữ liệu của người đó bắt đầu có nghi vấn",
              example: "14")
          ]), \.self,
          "Keeps a person of the last store whose data is only doubtful today; without it no person is kept",
          "Tạm giữ người có trong kho hôm trước mà dữ liệu hôm nay chỉ mới có nghi vấn; không ghi thì không giữ"
        ),
        Key(
          "facilities", .group(facilities, from: FacilityFile()), \.facilities,
          "The table of facilities: their names, provinces, and the codes that replace theirs",
          "Danh mục cơ sở khám chữa bệnh: tên, tỉnh và mã mới thay mã cũ",
          example: "{ file: ../reference/facilities.csv }"),
        Key("keep", keep, \.keep, "What is kept of earlier runs", "Giữ lại gì của các lượt chạy trước"),
        Key("publish", publish, \.self, "Who gets which packages", "Gửi gói nào cho ai"),
        Key(
          "metrics", Kind.text("a file whose name ends in .prom", matching: #"[\s\S]*\.prom"#).path,
          \.metrics,
          "File for node_exporter's textfile collector, written after every attempt",
          "Tệp số liệu giám sát cho node_exporter, ghi sau mỗi lần chạy",
          example: "/var/lib/node_exporter/textfile/cardlink.prom"),
      ],
      check: { pipeline, _, _ in
        pipeline.publish.armedForces = pipeline.insurance.armedForces
        // Recipients see who is in grace.
        guard pipeline.graceDays != nil else { return }
        for i in pipeline.publish.rules.indices { pipeline.publish.rules[i].attributes.append(.graceUntil) }
      })
  }

  static var facilities: KeyGroup<FacilityFile> {
    KeyGroup([
      Key(
        "file", .path, \.path, isRequired: true,
        "CSV with the columns code, name, province_2025, successor, successor_from; all but code may be missing",
        "Tệp CSV có các cột code, name, province_2025, successor, successor_from; chỉ bắt buộc cột code",
        example: "../reference/facilities.csv"),
      Key(
        "encoding", .encoding(encodings, alsoWritten: otherEncodings), \.encoding,
        "Default: that of the byte order mark, else utf-8",
        "Bảng mã; mặc định theo dấu BOM, nếu không có thì utf-8"),
      Key("delimiter", .delimiter, \.delimiter, "What separates the fields", "Ký tự ngăn cách các trường"),
    ])
  }

  static var store: KeyGroup<Pipeline> {
    KeyGroup([
      Key(
        "sqlite", .text, \.store, isRequired: true, "The store's file, in the workspace unless absolute",
        "Tệp kho dữ liệu, nằm trong thư mục làm việc nếu không phải đường dẫn tuyệt đối",
        example: "card-attributes.sqlite",
        whenMissing:
          "Add sqlite: card-attributes.sqlite here. Packages, lookup, diff, check-card and rollback "
          + "read that file; a PostgreSQL server only holds a copy of it."),
      Key(
        "postgresql", connection, \.postgresql,
        "PostgreSQL server that holds a copy of the store, as libpq reads it; a password is refused",
        "Máy chủ PostgreSQL giữ bản sao của kho dữ liệu, viết theo libpq; không được ghi mật khẩu",
        example: "service=cardlink"),
    ])
  }

  /// A connection text without a password.
  private static var connection: Kind<String> {
    var kind = Kind.text("a connection text as libpq reads it")
    kind.isSecret = true
    return kind.map { (text, _) throws(Mistake) in
      guard let fault = ConnectionText.fault(in: text) else { return text }
      throw Mistake(expected: fault.expected, found: fault.found, remedy: fault.remedy)
    }
  }

  static var keep: KeyGroup<Retention> {
    KeyGroup([
      Key(
        "staged", .count(0...(.max)), \.staged,
        "Runs whose staged records and quarantine are kept, for explain and rerun",
        "Số lượt chạy còn giữ dữ liệu trung gian và bản ghi cách ly"),
      Key(
        "stores", .count(0...(.max)), \.stores, "Stores kept beside the one in force, for rollback",
        "Số kho dữ liệu cũ được giữ để quay lại khi cần"),
      Key(
        "history", .days(0...3660), \.history,
        "Days, in business dates, for which history and lookup --known-on say what was known; 0d for none",
        "Số ngày (theo ngày nghiệp vụ) còn tra được dữ liệu đã biết trước đây; 0d: không lưu lịch sử"),
      Key(
        "days", .count(0...(.max)), \.days,
        "Whatever is older than this many days is removed; without it there is no limit",
        "Xóa những gì cũ hơn số ngày này; không ghi thì không giới hạn", example: "30"),
    ])
  }
}
