// Who asks the desk, by which door, and why.

import Workspace

/// The one who asks: what the audit log names for each answer that shows a person.
package struct Actor: Hashable, Sendable {
  /// How a question comes in.
  package enum Door: String, Sendable, CaseIterable {
    case command
  }

  /// The login, account or client.
  package var name: String
  package var door: Door
  /// Why, where a reason was given.
  package var purpose: String?

  package init(name: String, door: Door, purpose: String? = nil) {
    (self.name, self.door, self.purpose) = (name, door, purpose)
  }

  /// The user who gives a command.
  package static func user(because purpose: String? = nil) -> Actor {
    Actor(name: Audit.user, door: .command, purpose: purpose)
  }
}
