// Who is signed in: one-time links, sessions that end when idle, and the limit on look-ups.
// Invariant: a link serves once; a session's number is 256 random bits that the console chose after the sign-in, so that a
// number set beforehand is never taken. Only digests of both are kept. Time comes from a clock that no one can set back.

import Crypto
import Foundation
package import Seal
import Synchronization
import Values

/// A signed-in person.
package struct Session: Sendable {
  package var name: String
  package var roles: Set<Role>
  /// The account as it was at the sign-in; nil for links and proxies.
  var account: Account?
  var began = ContinuousClock.now
  package var lastUsed: ContinuousClock.Instant
  /// What the next page of the work list says first.
  var notice: Notice?
  /// Work that the officer put off, by the record's place in the list.
  var skipped: Set<Int64> = []

  func may(_ route: Route) -> Bool { !roles.isDisjoint(with: route.roles) }
}

/// What became of a decision.
struct Notice: Sendable {
  var text: Bilingual
  var isBad = false
  /// The decision that may be undone.
  var undone: Int?
}

/// All sessions, links and counts.
package final class Sessions: Sendable {
  private struct Link {
    var name: String
    var roles: Set<Role>
  }
  /// What a person may look up at once, in however many sessions.
  private struct Allowance {
    var lookups = Double(Sessions.mostLookups)
    var refilled = ContinuousClock.now
  }
  private struct State {
    var links: [String: Link] = [:]
    var sessions: [String: Session] = [:]
    var allowances: [String: Allowance] = [:]
    var lookups = 0
    var refused = 0
    var refusedSignIns = 0
    var decisions = 0
    var signIns = 0
  }
  private let state = Mutex(State())
  private let signedIn = Mutex<@Sendable () -> Void>({})
  /// After so long without a request a session ends.
  package let idle: Duration
  /// After so long it ends in any case.
  static let longest = Duration.seconds(12 * 3600)
  /// So many look-ups at once; one more is allowed every second.
  static let mostLookups = 60
  static let cookie = "cardlink"

  package init(idle: Duration) { self.idle = idle }

  private static func random() -> String {
    var generator = SystemRandomNumberGenerator()
    return (0..<4).map { _ in
      let word = String(generator.next(), radix: 16)
      return String(repeating: "0", count: 16 - word.count) + word
    }.joined()
  }

  private static func digest(_ secret: String) -> String { "\(SHA256.hash(data: Data(secret.utf8)))" }

  /// Makes a link that signs one person in, once.
  package func newLink(for name: String, _ roles: Set<Role>) -> String {
    let secret = Self.random()
    state.withLock { $0.links[Self.digest(secret)] = Link(name: name, roles: roles) }
    return secret
  }

  /// What follows each sign-in, such as printing the next link.
  package func onSignIn(_ action: @escaping @Sendable () -> Void) { signedIn.withLock { $0 = action } }

  /// Uses a link up.
  /// - Returns: the cookie's value, the name and the roles; nil for a link that is not one, or was used.
  func signIn(_ secret: String) -> (id: String, name: String, roles: Set<Role>)? {
    let made: (id: String, name: String, roles: Set<Role>)? = state.withLock { state in
      guard let link = state.links.removeValue(forKey: Self.digest(secret)) else { return nil }
      let (id, now) = (Self.random(), ContinuousClock.now)
      state.signIns += 1
      state.sessions[Self.digest(id)] = Session(name: link.name, roles: link.roles, lastUsed: now)
      return (id, link.name, link.roles)
    }
    if made != nil { signedIn.withLock { $0 }() }
    return made
  }

  /// A session of an account whose passphrase was right.
  func signIn(_ account: Account) -> (id: String, name: String, roles: Set<Role>) {
    let id = Self.random()
    state.withLock { state in
      state.signIns += 1
      state.sessions[Self.digest(id)] = Session(
        name: account.name, roles: account.roles, account: account, lastUsed: .now)
    }
    return (id, account.name, account.roles)
  }

  /// The session of a cookie; nil if it ended.
  ///
  /// - Parameter isActive: whether the request counts as use; a page that updates by itself does not.
  func session(_ id: String?, isActive: Bool) -> Session? {
    guard let id else { return nil }
    return state.withLock { state in
      let (key, now) = (Self.digest(id), ContinuousClock.now)
      guard let session = state.sessions[key] else { return nil }
      guard now - session.lastUsed < idle, now - session.began < Self.longest else {
        state.sessions[key] = nil
        return nil
      }
      if isActive { state.sessions[key]?.lastUsed = now }
      return session
    }
  }

  /// The session of an account that the proxy has signed in; it decides when such a session ends.
  func proxied(_ name: String, _ roles: Set<Role>) -> (id: String, session: Session) {
    let id = "proxy/" + name
    return state.withLock { state in
      let now = ContinuousClock.now
      var session =
        state.sessions[Self.digest(id)] ?? Session(name: name, roles: roles, lastUsed: now)
      (session.roles, session.lastUsed) = (roles, now)
      state.sessions[Self.digest(id)] = session
      return (id, session)
    }
  }

  func end(_ id: String?) {
    guard let id else { return }
    state.withLock { $0.sessions[Self.digest(id)] = nil }
  }

  func skip(_ row: Int64, _ id: String) {
    state.withLock { _ = $0.sessions[Self.digest(id)]?.skipped.insert(row) }
  }
  func tell(_ notice: Notice, _ id: String) {
    state.withLock { $0.sessions[Self.digest(id)]?.notice = notice }
  }
  /// The notice, which is shown once.
  func takeNotice(_ id: String) -> Notice? {
    state.withLock { state in
      let notice = state.sessions[Self.digest(id)]?.notice
      state.sessions[Self.digest(id)]?.notice = nil
      return notice
    }
  }
  func unskip(_ id: String) { state.withLock { $0.sessions[Self.digest(id)]?.skipped = [] } }
  func countRefusal() { state.withLock { $0.refusedSignIns += 1 } }
  func countDecision() { state.withLock { $0.decisions += 1 } }

  /// Counts a look-up of a person at the console.
  /// - Returns: whether it is within the limit.
  func mayLookUp(_ name: String) -> Bool {
    state.withLock { state in
      let now = ContinuousClock.now
      var allowance = state.allowances[name] ?? Allowance()
      let seconds = (now - allowance.refilled) / .seconds(1)
      allowance.lookups = min(Double(Self.mostLookups), allowance.lookups + seconds)
      allowance.refilled = now
      let isAllowed = allowance.lookups >= 1
      if isAllowed { allowance.lookups -= 1 }
      state.allowances[name] = allowance
      state.lookups += 1
      if !isAllowed { state.refused += 1 }
      return isAllowed
    }
  }

  /// The counts as Prometheus reads them; no name is in them.
  var metrics: String {
    state.withLock { state in
      """
      # TYPE cardlink_console_sign_ins_total counter
      cardlink_console_sign_ins_total \(state.signIns)
      # HELP cardlink_console_sign_ins_refused_total Wrong passphrases and codes, and tries while a name waits.
      # TYPE cardlink_console_sign_ins_refused_total counter
      cardlink_console_sign_ins_refused_total \(state.refusedSignIns)
      # TYPE cardlink_console_sessions gauge
      cardlink_console_sessions \(state.sessions.values.count { ContinuousClock.now - $0.lastUsed < idle })
      # TYPE cardlink_console_lookups_total counter
      cardlink_console_lookups_total \(state.lookups)
      # HELP cardlink_console_lookups_refused_total Look-ups beyond an officer's limit; alarm on any increase.
      # TYPE cardlink_console_lookups_refused_total counter
      cardlink_console_lookups_refused_total \(state.refused)
      # TYPE cardlink_console_decisions_total counter
      cardlink_console_decisions_total \(state.decisions)

      """
    }
  }
}
