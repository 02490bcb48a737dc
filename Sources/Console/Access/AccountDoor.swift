// The door for accounts of the console's own: a name, a passphrase, and the digits of an authenticator app.
// Invariant: a name that no account has takes as long as a wrong passphrase, and is answered alike. After five wrong tries in a
// row a name waits, from half a minute up to an hour. Digits serve once. A line that is changed ends the account's sessions.
// Load: one hash at a time, of 64 MiB and some 0.3 s; a fifth that waits is told to come again.

import Files
import Foundation
import Seal
import Synchronization
package import Values

package final class AccountDoor: Sendable {
  enum Refusal: Error, Equatable {
    case wrong
    /// Wrong once more, after which the name waits.
    case nowWaits
    case waits(seconds: Int)
    case busy
  }

  private struct Tries {
    var wrong = 0
    var until: ContinuousClock.Instant?
  }
  private struct State {
    var accounts: Accounts
    var identity: FileAttributes.Identity?
    var tries: [String: Tries] = [:]
    /// The last step of the digits that each account signed in with.
    var usedSteps: [String: Int] = [:]
    var atWork = 0
  }

  private let file: String
  private let state: Mutex<State>
  private let hashing = Mutex(())
  /// What a name without an account is compared with.
  private let nobody: PassphraseHash
  static let freeTries = 5
  static let mostNames = 10_000
  private static let mostAtWork = 4

  /// - Throws: ``Stop`` with ``Exit/usage`` if the file can't be read, or an account has no passphrase.
  package init(_ file: String) throws(Stop) {
    let identity = try FileAttributes(of: file)?.identity
    let accounts = try Accounts(file: file)
    guard accounts.areComplete else {
      throw Stop(
        .usage, at: file, expected: "accounts with a passphrase each", found: "one without",
        remedy: "Make each by cardlink keys account. Behind a proxy that signs in, name --socket as well.")
    }
    self.file = file
    nobody = PassphraseHash(of: Digest.newKey())
    state = Mutex(State(accounts: accounts, identity: identity))
  }

  /// The account as its file has it now; nil if it is gone.
  ///
  /// A file that can't be read leaves no account.
  func account(_ name: String) -> Account? {
    state.withLock { state in
      let identity = (try? FileAttributes(of: file)).flatMap { $0?.identity }
      if identity == nil || identity != state.identity {
        guard let accounts = try? Accounts(file: file) else { return nil }
        (state.accounts, state.identity) = (accounts, identity)
      }
      return state.accounts[name]
    }
  }

  /// - Parameter seconds: since 1970, for the digits.
  func signIn(
    _ name: String, passphrase: String, digits: String, at seconds: Int = Int(Date().timeIntervalSince1970)
  ) throws(Refusal) -> Account {
    let account = account(name)
    let name = String(name.prefix(64))
    try begin(name)
    defer { state.withLock { $0.atWork -= 1 } }
    let isRight = hashing.withLock { _ in (account?.passphrase ?? nobody).matches(passphrase) }
    return try state.withLock { (state) throws(Refusal) in
      let step = account?.code?.step(of: digits, at: seconds, after: state.usedSteps[name])
      guard let account, isRight, account.code == nil || step != nil else { throw fail(name, &state) }
      if let step { state.usedSteps[name] = step }
      state.tries[name] = nil
      return account
    }
  }

  /// Takes a place among those whose passphrase is looked at.
  private func begin(_ name: String) throws(Refusal) {
    try state.withLock { (state) throws(Refusal) in
      if let until = state.tries[name]?.until, until > .now {
        throw .waits(seconds: Int((until - .now) / .seconds(1)) + 1)
      }
      guard state.atWork < Self.mostAtWork else { throw .busy }
      state.atWork += 1
    }
  }

  private func fail(_ name: String, _ state: inout State) -> Refusal {
    let now = ContinuousClock.now
    if state.tries.count >= Self.mostNames, state.tries[name] == nil {
      state.tries = state.tries.filter { $0.value.until.map { $0 > now } ?? false }
    }
    var tries = state.tries[name] ?? Tries()
    tries.wrong += 1
    let more = tries.wrong - Self.freeTries
    if more >= 0 { tries.until = now + .seconds(min(3600, 30 << min(more, 7))) }
    state.tries[name] = tries
    return more >= 0 ? .nowWaits : .wrong
  }
}
