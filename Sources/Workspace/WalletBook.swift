// The place of the last package of attestations in its consumer's sequence, in the workspace.
//
//   workspace/consumers/wallet-a/attested.json

import Files
package import Values

package struct WalletBook: Hashable, Sendable, Codable {
  /// Counts the packages; one that failed leaves a gap.
  package var edition = 0
  /// The digest of the last package; nil before the first.
  package var digest: String?
  package var run = 0 {
    willSet { runBefore = run }
  }
  package private(set) var runBefore = 0

  private init() {}

  private static func path(of consumer: String, in workspace: String) -> String {
    PolicyBook.folder(of: consumer, in: workspace) + "/attested.json"
  }

  package init(of consumer: String, in workspace: String) throws(Stop) {
    self = try JSONFile.read(Self.self, from: Self.path(of: consumer, in: workspace)) ?? Self()
  }

  package func write(of consumer: String, in workspace: String) throws(Stop) {
    try JSONFile.write(self, to: Self.path(of: consumer, in: workspace))
  }
}
