// Explains SQLite's return codes to the user of the command.
// Invariant: the text names the file and the kind of failure; never a value, a row or an SQL argument.

internal import GRDB
package import Values

extension Stop {
  /// A return code of SQLite, extended or primary.
  static func storeFailed(_ path: String, code: Int32) -> Stop {
    let primary = ResultCode(rawValue: code & 0xff)
    let found = "\(ResultCode(rawValue: code))"
    switch primary {
    case .SQLITE_FULL, .SQLITE_IOERR:
      return Stop(
        .inputOutput, at: path, expected: "to read and write the store", found: found,
        remedy: "Free disk space or mend the disk; nothing that was in force has changed.")
    case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL:
      return Stop(
        .storeUnavailable, at: path, expected: "the store within five seconds", found: found,
        remedy: "Another program holds the store. End it or wait, then try again.")
    case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_ERROR, .SQLITE_SCHEMA, .SQLITE_FORMAT:
      return Stop(
        .storeUnavailable, at: path, expected: "a store that this program wrote", found: found,
        remedy: rewrite)
    case .SQLITE_CONSTRAINT, .SQLITE_MISUSE, .SQLITE_RANGE, .SQLITE_MISMATCH, .SQLITE_TOOBIG:
      return Stop(
        .internalError, at: path, expected: "rows that the store can hold", found: found,
        remedy: "Nothing that was in force has changed. Report this with the run's log.")
    default:
      return Stop(
        .storeUnavailable, at: path, expected: "to open the store", found: found,
        remedy: "Check that the file exists and that this user may read and write it and its folder.")
    }
  }

  /// The file is not a store, or a store of another version.
  static func notAStore(_ path: String, found: String) -> Stop {
    Stop(
      .storeUnavailable, at: path, expected: "a store of version \(Schema.version)", found: found,
      remedy: rewrite)
  }

  /// The file is not a part of a history, or one of another version.
  static func notAHistory(_ path: String, found: String) -> Stop {
    Stop(
      .storeUnavailable, at: path, expected: "a file of the history, of version \(HistorySchema.version)",
      found: found, remedy: moveAway)
  }

  private static let moveAway = "Move the file to another folder: the history then begins after it."
  private static let rewrite = "Write it anew: cardlink rerun load PIPELINE"

  /// Whether what was read is no store of this version, as opposed to one that couldn't be read.
  package var isNoStore: Bool {
    exit == .storeUnavailable && [Self.rewrite, Self.moveAway].contains(finding.remedy)
  }
}

/// Runs `body` and turns GRDB's errors into a ``Stop`` about the store at `path`.
func stopping<T>(at path: String, _ body: () throws -> T) throws(Stop) -> T {
  do {
    return try body()
  } catch let stop as Stop {
    throw stop
  } catch let error as DatabaseError {
    throw .storeFailed(path, code: error.extendedResultCode.rawValue)
  } catch {
    throw Stop(
      .internalError, at: path, expected: "values of the store's own types", found: "\(type(of: error))",
      remedy: "Write the store anew: cardlink rerun load PIPELINE")
  }
}
