// Copies the rows of a query on a SQLite store to the server, as COPY's binary rows.
// Invariant: bytes are copied as stored, NULL as NULL; every return code of SQLite and of the server is read.
// Load: 90 million rows a night through one buffer of 64 KiB; no `String` and no allocation per row.

#if PostgreSQL
  internal import Files
  internal import GRDB
  internal import GRDBSQLite
  import Values

  extension ServerConnection {
    /// Copies the rows of the table's query.
    ///
    /// - Parameters:
    ///   - target: the server's table in `cardlink_data`.
    ///   - frozen: makes rows visible to all at commit; for a table created in the same transaction.
    ///   - path: the SQLite store, for messages.
    /// - Returns: how many rows the server took; all of them.
    func copy(
      _ table: ServerSchema.Table, of generation: Int, into target: String, frozen: Bool, from db: Database,
      at path: String, progress: (Int) -> Void = { _ in }
    ) throws -> Int {
      let statement = try db.makeStatement(sql: table.query)
      try beginCopy(
        "COPY cardlink_data.\(target) FROM STDIN (FORMAT binary\(frozen ? ", FREEZE true" : ""))")
      do throws(Stop) {
        let sent = try send(table, of: generation, statement.sqliteStatement, path, progress)
        let taken = try endCopy()
        guard sent == taken else {
          throw Stop(
            .internalError, at: place, expected: "\(sent) rows in \(table.name)", found: "\(taken)",
            remedy: "Nothing that was in force has changed. Report this.")
        }
        return taken
      } catch {
        abandonCopy()
        throw error
      }
    }

    private func send(
      _ table: ServerSchema.Table, of generation: Int, _ handle: OpaquePointer, _ path: String,
      _ progress: (Int) -> Void
    ) throws(Stop) -> Int {
      var room = CopyRoom(self)
      try room.append("PGCOPY\n\u{ff}\r\n\0".unicodeScalars.map { UInt8($0.value) })
      // No flags, no header extension.
      try room.append(Int64(0))
      var count = 0
      let fields = Int16(table.columns.count + 1)
      while true {
        let code = sqlite3_step(handle)
        if code == SQLITE_DONE { break }
        guard code == SQLITE_ROW else { throw .storeFailed(path, code: code) }
        try room.append(fields)
        try room.append(Int32(4))
        try room.append(Int32(truncatingIfNeeded: generation))
        for i in table.columns.indices {
          let column = CInt(i)
          guard sqlite3_column_type(handle, column) != SQLITE_NULL else {
            try room.append(Int32(-1))
            continue
          }
          switch table.columns[i] {
          case .int2:
            try room.append(Int32(2))
            try room.append(Int16(truncatingIfNeeded: sqlite3_column_int(handle, column)))
          case .int4:
            try room.append(Int32(4))
            try room.append(sqlite3_column_int(handle, column))
          case .int8:
            try room.append(Int32(8))
            try room.append(sqlite3_column_int64(handle, column))
          case .text:
            // Text first: it makes SQLite convert to UTF-8, which the byte count then refers to.
            let base = sqlite3_column_text(handle, column)
            let bytes = UnsafeBufferPointer(start: base, count: Int(sqlite3_column_bytes(handle, column)))
            try room.append(Int32(truncatingIfNeeded: bytes.count))
            try room.append(bytes)
          }
        }
        count += 1
        if count % 16_384 == 0 {
          try Faults.pass(.database, path)
          progress(count)
        }
      }
      try room.append(Int16(-1))
      try room.flush()
      return count
    }
  }

  /// A buffer of bytes for the server, which may be flushed in the middle of a row.
  private struct CopyRoom: ~Copyable {
    private static let byteCount = 65_536
    private let server: ServerConnection
    private let room = UnsafeMutablePointer<UInt8>.allocate(capacity: byteCount)
    private var used = 0

    init(_ server: ServerConnection) { self.server = server }

    deinit { room.deallocate() }

    /// Appends an integer in network byte order.
    @inline(__always)
    mutating func append<N: FixedWidthInteger>(_ number: N) throws(Stop) {
      let size = MemoryLayout<N>.size
      if used + size > Self.byteCount { try flush() }
      UnsafeMutableRawPointer(room + used).storeBytes(of: number.bigEndian, as: N.self)
      used += size
    }

    @inline(__always)
    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) throws(Stop) {
      guard let base = bytes.baseAddress else { return }
      var done = 0
      while done < bytes.count {
        if used == Self.byteCount { try flush() }
        let part = min(bytes.count - done, Self.byteCount - used)
        (room + used).update(from: base + done, count: part)
        used += part
        done += part
      }
    }

    mutating func append(_ bytes: [UInt8]) throws(Stop) {
      for byte in bytes { try append(byte) }
    }

    mutating func flush() throws(Stop) {
      try server.send(UnsafeBufferPointer(start: room, count: used))
      used = 0
    }
  }
#endif
