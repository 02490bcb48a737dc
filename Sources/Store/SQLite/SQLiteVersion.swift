// The SQLite version of this process and the one of the build, which doctor compares.

import GRDBSQLite

package enum SQLiteVersion {
  package static var built: String { SQLITE_VERSION }
  package static var running: String { unsafe String(cString: sqlite3_libversion()) }
}
