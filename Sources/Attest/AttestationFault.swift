// Why an attestation is refused: each cause has an answer of its own, in both languages.

package import Values

package enum AttestationFault: String, Error, Hashable, Sendable, CaseIterable {
  case malformed
  /// It is of another type, or of another `vct`.
  case otherType = "other_type"
  case unknownKey = "unknown_key"
  case signature
  /// Something is disclosed whose digest the issuer did not sign.
  case digestMissing = "digest_missing"
  case notYetValid = "not_yet_valid"
  case expired
  case keyBindingMissing = "key_binding_missing"
  case keyBindingSignature = "key_binding_signature"
  /// The key binding is for other disclosures.
  case keyBindingOther = "key_binding_other"
  case wrongAudience = "wrong_audience"
  case wrongNonce = "wrong_nonce"
  case keyBindingOld = "key_binding_old"
  case listMissing = "list_missing"
  case listSignature = "list_signature"
  case listOld = "list_old"
  case revoked

  package var meaning: Bilingual {
    switch self {
    case .malformed: Bilingual("không đúng cấu trúc SD-JWT", "it is no SD-JWT")
    case .otherType:
      Bilingual("không phải xác nhận thẻ bảo hiểm y tế", "it is no attestation of a health-insurance card")
    case .unknownKey:
      Bilingual(
        "ký bằng khóa không có trong danh sách tin cậy", "it is signed with a key that is not trusted")
    case .signature: Bilingual("chữ ký sai: nội dung đã bị sửa", "the signature is wrong: it was changed")
    case .digestMissing:
      Bilingual(
        "có thông tin mà bên cấp không ký", "it discloses something whose digest the issuer did not sign")
    case .notYetValid: Bilingual("chưa đến ngày có hiệu lực", "it is not valid yet")
    case .expired: Bilingual("đã hết hạn", "it has expired")
    case .keyBindingMissing:
      Bilingual("thiếu bằng chứng giữ khóa của người trình", "the holder's key binding is missing")
    case .keyBindingSignature:
      Bilingual(
        "bằng chứng giữ khóa không do khóa của người được cấp ký",
        "the key binding is not signed with the holder's key")
    case .keyBindingOther:
      Bilingual(
        "bằng chứng giữ khóa thuộc về bản trình khác", "the key binding belongs to another presentation")
    case .wrongAudience:
      Bilingual("bản trình dành cho nơi khác", "it was presented to somebody else (audience)")
    case .wrongNonce:
      Bilingual("sai mã một lần (nonce): có thể là bản trình cũ", "the nonce differs: it may be a replay")
    case .keyBindingOld: Bilingual("bằng chứng giữ khóa đã quá cũ", "the key binding is too old")
    case .listMissing:
      Bilingual("không có danh sách trạng thái của xác nhận này", "its status list is not there")
    case .listSignature:
      Bilingual("danh sách trạng thái sai chữ ký hoặc cấu trúc", "its status list is not signed rightly")
    case .listOld: Bilingual("danh sách trạng thái đã quá cũ", "its status list is too old")
    case .revoked: Bilingual("đã bị thu hồi", "it was revoked")
    }
  }
}
