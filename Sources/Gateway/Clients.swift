// Who asks: the clients' secrets, the tokens that they were given for them, and how much each may ask.
// Invariant: a client that is taken out of the file is refused from the next second on, with all its tokens. Of secrets and
// tokens only digests are kept.
// Load: each request takes one lock, for one look-up.

import Files
import Seal
import Synchronization
package import Values

package final class Clients: Sendable {
  private struct Token {
    var client: ClientKeys.Client
    var ends: ContinuousClock.Instant
  }
  /// What a client may ask now.
  private struct Allowance {
    var questions: Double
    var filled: ContinuousClock.Instant
  }
  private struct State {
    var keys: ClientKeys
    var identity: FileAttributes.Identity?
    var tokens: [String: Token] = [:]
    var allowances: [String: Allowance] = [:]
  }

  private let path: String
  private let rate: Int
  private let state: Mutex<State>
  /// A token serves so long.
  static let tokenSeconds = 8 * 3600
  /// A client has at most so many tokens; a new one then replaces the one that ends first.
  static let mostTokens = 16
  /// A client that has not asked for a while may ask what it could have asked in so many seconds at once.
  static let burstSeconds = 5.0

  /// - Parameters:
  ///   - path: the file of clients.
  ///   - rate: how many questions a second a client may ask whose line has no number.
  package init(_ path: String, rate: Int) throws(Stop) {
    (self.path, self.rate) = (path, rate)
    let identity = try FileAttributes(of: path)?.identity
    state = Mutex(State(keys: try ClientKeys(file: path), identity: identity))
  }

  /// Reads the file again if it was changed; a file with a fault changes nothing.
  package func refresh() throws(Stop) {
    let identity = try FileAttributes(of: path)?.identity
    guard state.withLock({ $0.identity != identity }) else { return }
    let keys = try ClientKeys(file: path)
    let now = ContinuousClock.now
    state.withLock { state in
      (state.keys, state.identity) = (keys, identity)
      state.tokens = state.tokens.compactMapValues { token in
        guard token.ends > now, let client = keys.still(token.client) else { return nil }
        return Token(client: client, ends: token.ends)
      }
    }
  }

  /// The client of a secret or a token.
  func client(_ secret: String) -> ClientKeys.Client? {
    let digest = Digest.text(of: secret)
    return state.withLock { state in
      if let client = state.keys.client(withDigest: digest) { return client }
      guard let token = state.tokens[digest], token.ends > .now else { return nil }
      return token.client
    }
  }

  /// A new token for a client, by its name and the MD5 of its secret.
  func token(_ name: String, passwordMD5: String) -> String? {
    let secret = Digest.newKey()
    return state.withLock { state in
      guard let client = state.keys.client(name, passwordMD5: passwordMD5) else { return nil }
      let own = state.tokens.filter { $0.value.client.name == name }
      if own.count >= Self.mostTokens, let oldest = own.min(by: { $0.value.ends < $1.value.ends }) {
        state.tokens[oldest.key] = nil
      }
      state.tokens[Digest.text(of: secret)] = Token(client: client, ends: .now + .seconds(Self.tokenSeconds))
      return secret
    }
  }

  /// Counts a question.
  ///
  /// - Returns: whether the client may ask it now.
  func mayAsk(_ client: ClientKeys.Client) -> Bool {
    let (rate, now) = (Double(client.rate ?? rate), ContinuousClock.now)
    let most = rate * Self.burstSeconds
    return state.withLock { state in
      var allowance = state.allowances[client.name] ?? Allowance(questions: most, filled: now)
      allowance.questions = min(most, allowance.questions + rate * ((now - allowance.filled) / .seconds(1)))
      allowance.filled = now
      let isAllowed = allowance.questions >= 1
      if isAllowed { allowance.questions -= 1 }
      state.allowances[client.name] = allowance
      return isAllowed
    }
  }
}
