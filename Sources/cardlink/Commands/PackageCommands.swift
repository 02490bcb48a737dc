// cardlink verify and cardlink keys: verify and apply packages, and make keys.

import ArgumentParser
import Desk
import Run
import Values
import Views
import Workspace

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check a package as it was received. Kiểm tra gói dữ liệu đã nhận, không cần mạng.",
    usage: "cardlink verify <package> [options]",
    discussion: """
      Looks at every byte of a package, on any PC, without a network, a pipeline or
      a workspace. Names each file that is missing, altered or added, and says
      whether the package may still be used, is older than the one you have or does
      not follow it, and whether the signature is right.

        cardlink verify /media/usb/01028 --key publisher.pub
        cardlink verify /media/usb/01028 --key publisher.pub \\
          --after /srv/cardlink/01028
        cardlink verify /media/usb/01028 --state /srv/cardlink/seen.txt
        cardlink verify /media/usb/01028.age --identity facility.key \\
          --key publisher.pub

      With --state the newest package of each recipient is remembered, and the key
      of the first signed package: whatever comes later and is older, out of chain
      or signed with another key is refused. Without --key or --state a signature is
      checked with the key that lies in the package: that finds damage, not forgery.
      Get the publisher's key another way than the packages, once, and read its
      fingerprint out on the telephone.

      With --receipt a file CODE.receipt is written, which tells the sender that you
      have this package. Send it back by any way; it holds no personal data.

      EXIT CODES
        0 whole, and may be used
        65 not to be used; the list says why
        66 no package or no key there
      """)
  @Argument(help: ArgumentHelp("The package: its folder, or its encrypted file.", valueName: "package"))
  var directory: String
  @Option(help: ArgumentHelp("The publisher's public key (PEM), received another way.", valueName: "file"))
  var key: String?
  @Option(
    help: ArgumentHelp("The package that you have: the new one must follow it.", valueName: "directory"))
  var after: String?
  @Option(
    help: ArgumentHelp(
      "Where what was seen is remembered; the key is pinned there on first use.", valueName: "file"))
  var state: String?
  @Option(
    help: ArgumentHelp(
      "The facility's private key, for packages that are encrypted (NAME.age).", valueName: "file"))
  var identity: String?
  @Option(
    help: ArgumentHelp(
      "The day on which it is to be used; default today in Asia/Ho_Chi_Minh.", valueName: "date"))
  var on: BusinessDate?
  @Option(
    help: ArgumentHelp("Where to write the receipt; not in the package's folder.", valueName: "directory"))
  var receipt: String?
  @OptionGroup var form: OutputArguments

  func run() throws {
    let package = try verifyPackage(
      directory, key: key, after: after, state: state, identity: identity, on: on?.date ?? Clock.today(),
      receipt: receipt.map { ($0, Version.number) })
    try package.show(directory, form.output)
  }
}

struct ApplyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply",
    abstract:
      "Bring a facility's folder to the newest package. Cập nhật dữ liệu của cơ sở từ các gói đã nhận.",
    usage: "cardlink apply <package> ... --to <directory> [options]",
    discussion: """
      Takes packages as they were received, full ones and ones of changes, in any
      order, verifies each, and puts the people together. The folder's link
      `current` leads to a whole package at every moment: check-card reads it there.
      What is older than what you have is passed over; what doesn't follow it is
      refused, and nothing changes.

        cardlink apply /media/usb/01028 --to /srv/cardlink/01028
        cardlink apply /media/usb/run-*/01028 --to /srv/cardlink/01028 \\
          --key publisher.pub
        cardlink apply /media/usb/01028.age --to /srv/cardlink/01028 \\
          --identity facility.key
        cardlink check-card --package /srv/cardlink/01028/current

      DIRECTORY/CODE.receipt tells the sender which package you have now: send it
      back by any way. It holds no personal data.

      What was encrypted stands decrypted in DIRECTORY, for its owner alone: keep it
      on an encrypted disk. The publisher's key is pinned in DIRECTORY/seen.txt with
      the first signed package; read its fingerprint out to the sender on the
      telephone, or give --key the first time.

      EXIT CODES
        0 up to date
        65 a package was refused; the list says why
        66 no package or no key there
      """)
  @Argument(help: ArgumentHelp("Packages as they were received.", valueName: "package")) var packages:
    [String]
  @Option(help: ArgumentHelp("The facility's own folder.", valueName: "directory")) var to: String
  @Option(help: ArgumentHelp("The publisher's public key (PEM), received another way.", valueName: "file"))
  var key: String?
  @Option(
    help: ArgumentHelp(
      "The facility's private key, for packages that are encrypted (NAME.age).", valueName: "file"))
  var identity: String?
  @Option(
    help: ArgumentHelp(
      "The day on which it is to be used; default today in Asia/Ho_Chi_Minh.", valueName: "date"))
  var on: BusinessDate?
  @OptionGroup var form: OutputArguments

  func run() throws {
    let (package, refused) = try applyPackages(
      packages, to: to, key: key, identity: identity, on: on?.date ?? Clock.today(),
      version: Version.number)
    try package.show(refused ?? to, form.output)
  }
}

extension VerifiedPackage {
  /// Shows the facts of a package, or its faults.
  ///
  /// - Throws: ``Stop`` with ``Exit/dataRefused`` if there are any.
  fileprivate func show(_ folder: String, _ form: OutputForm) throws(Stop) {
    let columns = ["fault", "file", "vietnamese", "english"]
    guard faults.isEmpty else {
      Table(columns: columns, rows: faults, numeric: []).write(form)
      throw Stop(
        .dataRefused, at: folder, expected: "the package as it was sent, and for use today",
        found: "\(faults.count) \(faults.count == 1 ? "fault" : "faults")",
        remedy: remedy, next: "cardlink verify --help")
    }
    if form == .text {
      for fact in facts { print("\(fact.vietnamese)\n\(fact.english)") }
    } else {
      Table(columns: columns, rows: facts.map { ["none", "", $0.vietnamese, $0.english] }, numeric: []).write(
        form)
    }
  }
}

struct KeysCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys",
    abstract: "Keys that sign packages or that packages are encrypted to, and secrets of programs.",
    subcommands: [
      NewKeyCommand.self, FacilityKeyCommand.self, PassphraseCommand.self, PairwiseKeyCommand.self,
      ClientKeyCommand.self, AccountCommand.self, AttestationKeyCommand.self, JWKSCommand.self,
      AttestationTypeCommand.self,
      FingerprintCommand.self,
    ])
}

struct NewKeyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Make a key pair for signing packages.",
    usage: "cardlink keys new <file>",
    discussion: """
      Writes the private key to FILE (PEM, mode 0600) and the public one to
      FILE.pub. Name FILE in the pipeline file:
        publish:
          signing_key: keys/publish.key
      Give FILE.pub to the facilities, another way than the packages, and the
      fingerprint by telephone. Keep a copy of FILE where no network reaches it: a
      new key means going to every facility again.
        cardlink keys new keys/publish.key
      """)
  @Argument(help: ArgumentHelp("The file of the private key; it must not exist.", valueName: "file"))
  var file: String

  func run() throws {
    StandardOutput.summarize("fingerprint \(try newSigningKey(at: file))")
    StandardError.write(
      """
      private key  \(file)  stays here; keep a copy where no network reaches it
      public key   \(file).pub  goes to the facilities, another way than the packages
      Read the fingerprint out on the telephone, and write into the pipeline file:
        publish:
          signing_key: \(file)
      Khóa riêng \(file) giữ kín, cất một bản sao ở nơi an toàn; gửi \(file).pub cho các cơ sở và đọc mã trên qua điện thoại.
      """)
  }
}

struct FacilityKeyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "facility",
    abstract: "Make a facility's key pair, to which its packages are encrypted. Tạo cặp khóa của cơ sở.",
    usage: "cardlink keys facility <file>",
    discussion: """
      Run it at the facility. It writes the private key to FILE (mode 0600), shows
      the public one (age1…) and writes it to FILE.pub. Send FILE.pub to the insurer
      and read the fingerprint out on the telephone; FILE never leaves the facility.
      Without FILE encrypted packages can't be read: keep a copy off the network.
      Chạy tại cơ sở: gửi FILE.pub cho bên gửi, giữ kín FILE, cất một bản sao ở nơi
      an toàn.
        cardlink keys facility facility.key
      The keys are those of age (age-encryption.org): age-keygen makes them as well.
      """)
  @Argument(help: ArgumentHelp("The file of the private key; it must not exist.", valueName: "file"))
  var file: String

  func run() throws {
    let made = try newFacilityKey(at: file)
    StandardOutput.summarize(made.key)
    StandardError.write(
      """
      fingerprint  \(made.fingerprint)
      private key  \(file)  never leaves the facility; keep a copy off the network
      public key   \(file).pub  goes to the insurer; read the fingerprint out on the telephone
      Khóa riêng \(file) giữ kín tại cơ sở, cất một bản sao ở nơi an toàn; gửi \(file).pub cho bên gửi dữ liệu.
      """)
  }
}

struct PassphraseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "passphrase",
    abstract: "Make the passphrase of a facility's desk. Tạo cụm mật khẩu cho trang tra cứu của cơ sở.",
    usage: "cardlink keys passphrase <file> ...",
    discussion: """
      Shows seven words for each FILE, once, and writes the key that they give to
      FILE (mode 0600). Name FILE after the facility, in a folder that the pipeline
      file names:
        packages:
          - { facility: "*", formats: [csv, desk], passphrases: keys/desks }
      Hand the words over another way than the packages. A reader of FILE can read
      the data, as with the words; the words can't be shown again.
        cardlink keys passphrase keys/desks/01028.desk
      Giao bảy từ này cho cơ sở bằng đường khác với gói dữ liệu; không xem lại được.
      """)
  @Argument(help: ArgumentHelp("The key files; they must not exist.", valueName: "file"))
  var files: [String]

  func run() throws {
    for file in files { StandardOutput.summarize("\(file): \(try newPassphrase(at: file))") }
  }
}

struct PairwiseKeyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pairwise", abstract: "Make the key of a consumer's pseudonyms.",
    usage: "cardlink keys pairwise <file>",
    discussion: """
      Writes the key to FILE (mode 0600). Name FILE in the consumer's policy, beside
      identifier: pairwise. Who has FILE can find the person of each pseudonym: it
      never leaves the sender, and belongs in no backup of the workspace. A new key
      gives everybody a new pseudonym.
        cardlink keys pairwise keys/bank-a.pairwise
      Giữ kín tệp này: có tệp là tìm được người từ mã riêng.
      """)
  @Argument(help: ArgumentHelp("The file of the key; it must not exist.", valueName: "file"))
  var file: String

  func run() throws {
    try newPairwiseKey(at: file)
    StandardOutput.summarize("key: \(file)")
  }
}

struct ClientKeyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "client",
    abstract: "Let a program ask `cardlink serve`. Cấp mã cho phần mềm được tra cứu.",
    usage: "cardlink keys client <file> <name>",
    discussion: """
      Adds the client NAME to FILE, which is made if there is none, and shows its
      secret, once; FILE has digests alone. The program sends the secret as
      `Authorization: Bearer SECRET`, or as the password of the gateway's account
      (NAME and the MD5 of the secret). NAME is in the audit log of each answer.
        cardlink keys client clients 01014_BV
      A number at the end of a line is how many questions a second the client may
      ask. Delete a line, and the client is refused from the next second on.
      Mã chỉ hiện một lần; xóa dòng của phần mềm trong FILE là thu hồi.
      """)
  @Argument(help: ArgumentHelp("The file of clients.", valueName: "file")) var file: String
  @Argument(help: ArgumentHelp("The client's name in the audit log.", valueName: "name")) var name: String

  func run() throws { StandardOutput.summarize(try newClient(name, in: file)) }
}

struct FingerprintCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fingerprint",
    abstract:
      "Show the fingerprint of a public key, to compare on the telephone. Xem mã đối chiếu của khóa công khai.",
    discussion: """
      Eight groups of four characters, for keys that sign (PEM) and facilities' keys
      (age1…) alike: both sides read them out.
        cardlink keys fingerprint keys/publish.key.pub
        cardlink keys fingerprint keys/facilities/01028.pub
      """)
  @Argument(help: ArgumentHelp("The file of the public key.", valueName: "file"))
  var file: String

  func run() throws {
    for fingerprint in try fingerprints(ofKeys: file) { print("fingerprint \(fingerprint)") }
  }
}
