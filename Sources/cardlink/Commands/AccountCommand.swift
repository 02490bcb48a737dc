// cardlink keys account: an officer's account of the console.

import ArgumentParser
import Desk
import Values

struct AccountCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "account",
    abstract: "Give a person an account of the console. Cấp tài khoản bảng điều khiển.",
    usage: "cardlink keys account <file> <name> --role <role> ... [options]",
    discussion: """
      Writes the account NAME to FILE, which is made if there is none, and shows its
      passphrase, once, and an address for an authenticator app, which shows six
      digits every 30 seconds (TOTP). FILE holds a hash of the passphrase; it must
      be one that the console's user alone may read.
        cardlink keys account /etc/cardlink/accounts tran.c --role officer
        cardlink console nightly.yaml --accounts /etc/cardlink/accounts
      The same name once more gets a new passphrase, a new address and the roles
      that are named now; its sessions end. Delete a line to end an account.

      ROLES  viewer      figures, no persons
             officer     persons, and decisions on records
             supervisor  persons; run, rerun, release, roll back, confirm decisions
             auditor     the audit log alone
             clerk       card checks alone

      Cụm mật khẩu và địa chỉ chỉ hiện một lần; cấp lại bằng cùng lệnh này.
      """)
  @Argument(help: ArgumentHelp("The file of accounts.", valueName: "file")) var file: String
  @Argument(help: ArgumentHelp("The account's name, which the audit log shows.", valueName: "name"))
  var name: String
  @Option(help: ArgumentHelp("What it may do; may be given several times.", valueName: "role"))
  var role: [String] = []
  @Flag(name: .customLong("without-code"), help: "Ask for the passphrase alone, and no digits.")
  var withoutCode = false

  func validate() throws {
    guard !role.isEmpty else { throw ValidationError("Name a role: --role officer.") }
  }

  func run() throws {
    let made = try newAccount(name, roles: role, withCode: !withoutCode, in: file)
    StandardOutput.summarize("passphrase  \(made.passphrase)")
    if let address = made.address { StandardOutput.summarize("app         \(address)") }
  }
}
