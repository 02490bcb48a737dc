// Who asks, through which door, and why.

import Workspace

/// The person or program that asks; the audit log names it for each answer that shows a person.
package struct Actor: Hashable, Sendable {
  /// How a question comes in.
  package enum Door: String, Sendable, CaseIterable {
    case command
    case console
    case serve
  }

  /// The login, account or client.
  package var name: String
  package var door: Door
  /// The reason, if one was given.
  package var purpose: String?

  package init(name: String, door: Door, purpose: String? = nil) {
    (self.name, self.door, self.purpose) = (name, door, purpose)
  }

  /// The user who runs a command.
  package static func user(because purpose: String? = nil) -> Actor {
    Actor(name: Audit.user, door: .command, purpose: purpose)
  }
}
