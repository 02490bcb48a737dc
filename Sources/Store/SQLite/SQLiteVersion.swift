// Which SQLite this process runs with, and which it was built for: doctor compares them.
// Invariant: asking opens nothing.

import GRDBSQLite

package enum SQLiteVersion {
  package static var built: String { SQLITE_VERSION }
  package static var running: String { unsafe String(cString: sqlite3_libversion()) }
}
