// The name rule: a name is 1 to 255 characters, has a letter and no digit; see also MojibakeRule.
// Invariant: a record that passes has its name in clean form (see NameFolder).
// Load: one name per record, about 20 characters; the most expensive rule for a clean record.
//
// For data officers: a name is never corrected beyond white space, apostrophes, tone order and look-alike
// letters.
//
// Accepts: `NGUYỄN VĂN AN`, `Y Blăk`, `K'Brai`. Refuses: empty, `TRAN 2`, `---`.

package import Names
package import Values

package enum NameRule {
  /// Appends the clean form of a name.
  /// - Returns: the fault of the name, if any.
  package static func clean(_ value: Span<UInt8>, _ folder: NameFolder, into clean: inout [UInt8]) -> Reason?
  {
    if value.isEmpty { return .nameMissing }
    switch folder.clean(value, into: &clean) {
    case nil: return nil
    case .empty: return .nameMissing
    case .format, .tooLong: return .nameFormat
    case .mojibake: return .nameMojibake
    }
  }
}
