// The audit log for those who supervise: its lines, and whether they are what was written.
// Invariant: the log names no person; a look-up by person compares pseudonyms.

package import Values
package import Workspace

extension Desk {
  /// The whole log, each line checked against the one before.
  package func auditLog() throws(Stop) -> AuditReading { try Audit(pipeline.workspace).reading() }

  /// Writes down what the actor did that shows no person.
  package func note(_ event: AuditEvent) throws(Stop) { try audit(event) }

  /// The pseudonym under which the log names a person.
  package func pseudonym(of id: PersonalID) throws(Stop) -> String {
    try Audit(pipeline.workspace).pseudonym(of: id)
  }
}
