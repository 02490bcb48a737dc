// What an exit code of a run means to people, in both languages, and what to do.

extension Exit {
  package var meaning: Bilingual {
    switch self {
    case .done: Bilingual("Hoàn tất", "Done")
    case .none: Bilingual("Không tìm thấy", "Nothing was found")
    case .usage: Bilingual("Lệnh không đúng", "The command line is wrong")
    case .dataRefused: Bilingual("Dữ liệu bị từ chối", "The data was refused")
    case .exportMissing: Bilingual("Thiếu tệp dữ liệu", "An export is missing")
    case .storeUnavailable: Bilingual("Không mở được kho dữ liệu", "The store can't be opened")
    case .internalError: Bilingual("Lỗi của cardlink", "A defect of cardlink")
    case .cannotCreate: Bilingual("Không tạo được tệp hoặc thư mục", "A file or folder can't be made")
    case .inputOutput: Bilingual("Lỗi đọc hoặc ghi đĩa", "A disk can't be read or written")
    case .runInProgress:
      Bilingual("Một lượt chạy khác đang giữ vùng làm việc", "Another run holds the workspace")
    case .pipelineWrong:
      Bilingual("Tệp cấu hình hoặc tệp khóa không đúng", "The pipeline file or a key file is wrong")
    }
  }

  package var remedy: Bilingual {
    switch self {
    case .done: Bilingual("Không cần làm gì.", "Nothing is to be done.")
    case .none: Bilingual("Kiểm tra lại số đã nhập.", "Check the number.")
    case .usage: Bilingual("Xem hướng dẫn của lệnh (--help).", "Read the command's help (--help).")
    case .dataRefused:
      Bilingual(
        "Xem chi tiết bên dưới, đề nghị bên gửi gửi lại tệp đúng, rồi chạy lại.",
        "Look at the details below, ask the supplier for a correct export, and run again.")
    case .exportMissing:
      Bilingual(
        "Chờ bên gửi chuyển đủ tệp, rồi chạy lại.",
        "Wait until the supplier has sent all files, and run again.")
    case .storeUnavailable:
      Bilingual(
        "Kiểm tra kho dữ liệu và máy chủ cơ sở dữ liệu, rồi chạy lại.",
        "Check the store and its database server, and run again.")
    case .internalError:
      Bilingual(
        "Giữ nguyên vùng làm việc và báo cho nhà phát triển.",
        "Keep the workspace as it is and report the defect.")
    case .cannotCreate, .inputOutput:
      Bilingual(
        "Kiểm tra dung lượng trống, quyền truy cập và đĩa, rồi chạy lại.",
        "Check free space, access rights and the disk, and run again.")
    case .runInProgress: Bilingual("Chờ lượt chạy đó kết thúc.", "Wait until that run has ended.")
    case .pipelineWrong:
      Bilingual(
        "Sửa chỗ nêu bên dưới, rồi chạy lại.", "Correct what the details below name, and run again.")
    }
  }

  /// The command that shows more, without the pipeline.
  package var command: String {
    switch self {
    case .cannotCreate, .inputOutput, .storeUnavailable, .internalError: "cardlink doctor"
    default: "cardlink check"
    }
  }
}
