// The keys of `publish.attestations`: who signs attestations for wallets, and how long they last.
// Invariant: an attestation that is bound to no key lasts a week at most.

import Values
import Yams

/// How attestations are made.
package struct AttestationTerms: Hashable, Sendable {
  /// The private key; absolute.
  package var key = ""
  /// Public keys that signed earlier; absolute.
  package var earlierKeys: [String] = []
  /// The issuer's address, without a slash at its end.
  package var issuer = ""
  package var days = 30
  /// For attestations that are bound to no key.
  package var bearerDays = 1
  /// Places in a status list.
  package var places = 1 << 20

  init() {}
}

extension PipelineKeys {
  static var attestations: KeyGroup<AttestationTerms> {
    KeyGroup([
      Key(
        "key", .path, \.key, isRequired: true,
        "The private key that signs attestations and status lists, made by `cardlink keys attestation`",
        "Khóa riêng ký xác nhận và danh sách trạng thái, lập bằng `cardlink keys attestation`",
        example: "keys/attest.key"),
      Key(
        "earlier_keys", .list(of: .path), \.earlierKeys,
        "Public keys of earlier private keys, until the last attestation that they signed has expired",
        "Khóa công khai của các khóa riêng trước, giữ đến khi xác nhận cuối cùng hết hạn",
        example: "[keys/attest-2025.key.pub]"),
      Key(
        "issuer",
        .text("an address that begins with https://", matching: #"https://[!-~]*[!-.0-~]"#, upTo: 200),
        \.issuer, isRequired: true, "The issuer's address; status lists are named below it",
        "Địa chỉ của bên cấp; danh sách trạng thái mang tên dưới địa chỉ này",
        example: "https://attest.example.vn"),
      Key(
        "days", .count(1...366), \.days, "How long an attestation lasts, unless the card ends before",
        "Xác nhận có hiệu lực bao nhiêu ngày, trừ khi thẻ hết hạn sớm hơn", example: "30"),
      Key(
        "bearer_days", .count(1...7), \.bearerDays, "The same for one that is bound to no key of its holder",
        "Như trên, cho xác nhận không gắn với khóa của người giữ", example: "1"),
      Key(
        "places", .count(1024...16_777_216), \.places, "Places in a status list, whether taken or not",
        "Số chỗ trong một danh sách trạng thái, dù đã dùng hay chưa", example: "1048576"),
    ])
  }

  /// What a consumer's policy has to say if it gets attestations, or answers.
  static func checkAttests(
    _ policy: inout ConsumerPolicy, _ read: ReadKeys, _ reader: inout PipelineReader
  ) {
    let fields = policy.requests.fields
    if policy.attests {
      if let node = read["release"], policy.release.contains(where: { $0.form != .exact }) {
        reader.report(
          node, key: "release", expected: "each attribute as exact beside attest", found: "another form",
          remedy: "Write as: exact: an attestation holds values, and its holder chooses which to show.")
      }
      if let node = read["identifier"], policy.identifier == .pairwise {
        reader.report(
          node, key: "identifier", expected: "number or none beside attest", found: "`pairwise`",
          remedy: "Write identifier: number to put the personal ID number in, or none.")
      }
      if let node = read["requests"], fields["holder_jwk"] == nil || fields["proof"] == nil {
        reader.report(
          node, key: "requests.fields", expected: "holder_jwk and proof beside attest", found: "not both",
          remedy: "Add the columns with the holder's key and the proof of its possession.")
      }
    } else if let node = read["requests"], !fields.isEmpty {
      for name in ["full_name", "birth_date"] where fields[name] == nil {
        reader.report(
          node, key: "requests.fields", expected: "\(name), which is compared", found: "no such field",
          remedy: "Add \(name) and its column.")
      }
      if fields["holder_jwk"] != nil || fields["proof"] != nil {
        reader.report(
          node, key: "requests.fields", expected: "attest: true beside holder_jwk and proof", found: "none",
          remedy: "Write attest: true, or remove the two fields.")
      }
    }
  }
}
