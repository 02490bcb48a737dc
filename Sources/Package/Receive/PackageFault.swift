// The faults of a package and the result of verifying it, in words for the facility that received it.
// Invariant: no sentence holds a value of a person.

package struct PackageFault: Hashable, Sendable {
  package enum Kind: String, CaseIterable, Sendable {
    case malformed, missing, altered, added, expired, older
    case outOfChain = "out_of_chain"
    case otherRecipient = "other_recipient"
    case signatureAbsent = "signature_absent"
    case signatureWrong = "signature_wrong"
    case otherKey = "other_key"
    case otherReader = "other_reader"
    case cutShort = "cut_short"
    /// Added by Windows, macOS or an office program, not by a person.
    case desktopFile = "desktop_file"
  }
  package var kind: Kind
  /// Seen from the package; empty where it concerns all of it.
  package var file: String

  package init(_ kind: Kind, _ file: String = "") {
    self.kind = kind
    self.file = file
  }
}

extension PackageFault.Kind {
  package var vietnamese: String {
    switch self {
    case .malformed: "tệp kê khai không đúng khuôn dạng"
    case .missing: "thiếu tệp"
    case .altered: "tệp đã bị thay đổi"
    case .added: "tệp lạ, không do bên gửi đưa vào"
    case .expired: "đã quá hạn sử dụng"
    case .older: "cũ hơn gói đang có"
    case .outOfChain: "không nối tiếp gói đang có"
    case .otherRecipient: "gói của đơn vị khác"
    case .signatureAbsent: "không có chữ ký"
    case .signatureWrong: "chữ ký sai"
    case .otherKey: "ký bằng khóa khác với khóa đã nhận"
    case .otherReader: "mã hóa cho khóa khác, không phải khóa của đơn vị"
    case .cutShort: "tệp bị cắt cụt, thiếu phần cuối"
    case .desktopFile: "tệp do Windows, macOS hoặc Excel tự tạo, không phải của bên gửi: hãy xóa tệp này"
    }
  }

  package var english: String {
    switch self {
    case .malformed: "not in the form of a package"
    case .missing: "a file is missing"
    case .altered: "the file is not the one that was sent"
    case .added: "a file that the sender did not put there"
    case .expired: "its last day of use is over"
    case .older: "older than the package that you have"
    case .outOfChain: "does not follow the package that you have"
    case .otherRecipient: "another recipient's package"
    case .signatureAbsent: "there is no signature"
    case .signatureWrong: "the signature is wrong"
    case .otherKey: "signed with another key than the one that you have"
    case .otherReader: "encrypted to another key than yours"
    case .cutShort: "the end of the file is missing"
    case .desktopFile: "made by Windows, macOS or an office program, not by the sender: delete this file"
    }
  }
}

extension PackageFault {
  /// A file that a manifest doesn't list.
  static func unlisted(_ file: String) -> PackageFault {
    PackageFault(isDesktopFile(file) ? .desktopFile : .added, file)
  }

  /// Whether a program makes a file of this name when somebody opens a folder or a table in it.
  private static func isDesktopFile(_ file: String) -> Bool {
    file.lowercased().split(separator: "/").contains { name in
      switch name {
      case ".ds_store", ".localized", "thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", ".trashes",
        ".fseventsd",
        ".spotlight-v100", ".directory", "system volume information", "$recycle.bin":
        true
      // macOS's copy of a file's attributes; the locks of Excel and LibreOffice.
      default: name.hasPrefix("._") || name.hasPrefix("~$") || name.hasPrefix(".~lock.")
      }
    }
  }

  /// What to do about a package with these faults.
  package static func remedy(_ faults: [PackageFault]) -> String {
    let kinds = Set(faults.map(\.kind))
    if kinds == [.desktopFile] {
      return "Nothing else is wrong with it: delete these files and try again. "
        + "Ngoài ra gói còn nguyên vẹn: xóa các tệp này rồi làm lại."
    }
    if kinds == [.cutShort] {
      return "Copy or download the file again. Chép hoặc tải lại tệp."
    }
    return
      "Don't use it; ask the sender for it anew, or for a full one where packages in between are missing. "
      + "Không dùng gói này; đề nghị bên gửi gửi lại, hoặc gửi gói đầy đủ."
  }
}

/// The result of verifying a package.
package struct PackageVerdict: Sendable {
  /// Empty for a package without faults.
  package var faults: [PackageFault] = []
  package var recipient = ""
  package var kind = PackageKind.full
  /// Whether the key was pinned with this package.
  package var isKeyPinnedNow = false
  package var runID = 0
  package var asOf = ""
  package var validUntil = ""
  package var persons = 0
  /// The SHA-256 of the tag manifest, which identifies the package.
  package var digest = ""
  /// The fingerprint of the key that signed it; nil if it isn't signed.
  package var signedBy: String?
  /// Whether the facility had that key before, or received it separately.
  package var isKeyKnown = false
  /// How it follows the package that the facility has; nil if none was named.
  package var succession: Succession?
  /// The file of the receipt that was written; nil for none.
  package var receipt: String?

  package enum Succession: Sendable {
    /// The next one.
    case next
    /// Packages in between were not received.
    case gap
    /// The sender has withdrawn the package that the facility has.
    case takenBack
    /// The same.
    case same
  }
}
