// The inputs of a stage's result, by name and digest.

import Seal

/// Digests and short values by name.
package typealias MadeFrom = [String: String]

extension MadeFrom {
  /// One digest of all.
  package var digest: String {
    Digest.text(of: sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "\n"))
  }
}
