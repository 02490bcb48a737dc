// cardlink verify and cardlink keys: packages as facilities receive them, and the keys that sign them.

import ArgumentParser
import Foundation
import Record
import Run

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check a package as it was received. Kiểm tra gói dữ liệu đã nhận, không cần mạng.",
    discussion: """
      Looks at every byte of a package, on any PC, without a network, a pipeline or a workspace. Names each file that
      is missing, altered or added, and says whether the package may still be used, is older than the one you have or
      does not follow it, and whether the signature is right.

        cardlink verify /media/usb/01028 --key publisher.pub
        cardlink verify /media/usb/01028 --key publisher.pub --after /srv/cardlink/01028

      Without --key a signature is checked with the key that lies in the package: that finds damage, not forgery. Get
      the publisher's key another way than the packages, once, and read its fingerprint out on the telephone.

      EXIT CODES
        0 whole, and may be used · 65 not to be used; the list says why · 66 no package or no key there
      """)
  @Argument(help: ArgumentHelp("The package's folder.", valueName: "directory")) var directory: String
  @Option(help: ArgumentHelp("The publisher's public key (PEM), received another way.", valueName: "file"))
  var key: String?
  @Option(
    help: ArgumentHelp("The package that you have: the new one must follow it.", valueName: "directory"))
  var after: String?
  @Option(
    help: ArgumentHelp(
      "The day on which it is to be used; default today in Asia/Ho_Chi_Minh.", valueName: "date"))
  var on: BusinessDate?
  @OptionGroup var form: OutputArguments

  func run() throws {
    let package = try verifyPackage(directory, key: key, after: after, on: on?.date ?? Clock.today())
    guard package.faults.isEmpty else {
      Table(columns: ["fault", "file", "vietnamese", "english"], rows: package.faults, numeric: []).write(
        form.output)
      throw Stop(
        .dataRefused, at: directory, expected: "the package as it was sent, and for use today",
        found: "\(package.faults.count) \(package.faults.count == 1 ? "fault" : "faults")",
        remedy: "Don't use it; ask the sender for it anew. Không dùng gói này; đề nghị bên gửi gửi lại.",
        next: "cardlink verify --help")
    }
    if form.output == .text {
      for fact in package.facts { print("\(fact.vietnamese)\n\(fact.english)") }
    } else {
      Table(
        columns: ["fault", "file", "vietnamese", "english"],
        rows: package.facts.map { ["none", "", $0.vietnamese, $0.english] }, numeric: []
      ).write(form.output)
    }
  }
}

struct KeysCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys", abstract: "Keys that sign packages.", subcommands: [NewKeyCommand.self])
}

struct NewKeyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Make a key pair for signing packages.",
    discussion: """
      Writes the private key to FILE (PEM, mode 0600) and the public one to FILE.pub. Name FILE in the pipeline file:
        publish:
          signing_key: keys/publish.key
      Give FILE.pub to the facilities, another way than the packages, and the fingerprint by telephone. Keep a copy of
      FILE where no network reaches it: a new key means going to every facility again.
        cardlink keys new keys/publish.key
      """)
  @Argument(help: ArgumentHelp("The file of the private key; it must not exist.", valueName: "file"))
  var file: String

  func run() throws { print("fingerprint \(try newSigningKey(at: file))") }
}
