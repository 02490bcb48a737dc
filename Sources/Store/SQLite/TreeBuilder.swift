// Builds a SQLite table of ascending rows page by page from its leaves up, without SQLite: several threads
// write the leaves of ranges of rows, then one writes the inner pages above them.
// Invariant: a page is written once, when it is full. Every page has a cell, except the root of an empty
// table, and every row is in exactly one leaf or inner page. A test runs SQLite's integrity check on the
// file.
// Load: 90 million rows, as fast as memory is copied. Memory: a mebibyte of leaves for each thread, one page
// for each of the five levels, and one row per leaf until the range's leaves are added to the tree.
//
// A table WITHOUT ROWID is an index B-tree whose entries are the rows; an inner page holds the rows between
// its children. When a row doesn't fit into a page any more, the page's last row moves up and separates the
// page from the next one. Leaves of different ranges are independent, because a leaf doesn't hold its own
// place; only a range's first and last leaf are kept in memory, since rows around a cut may have to share a
// page. Source: https://www.sqlite.org/fileformat2.html, sections 1.6 and 2.3.

import Files
import Values

extension PagedFile {
  /// Opens a SQLite file to append pages as SQLite would, skipping the page with byte 2³⁰, which SQLite uses
  /// for locks.
  ///
  /// Source: https://www.sqlite.org/fileformat2.html, section 1.4.
  convenience init(sqlite path: String, pageBytes: Int) throws(Stop) {
    try self.init(path, pageBytes: pageBytes, unusedPage: (1 << 30) / pageBytes + 1)
  }
}

/// Rows as pages hold them, one after the other.
struct Cells: Sendable {
  private(set) var bytes: [UInt8] = []
  private var ends: [Int] = []

  var count: Int { ends.count }
  subscript(_ i: Int) -> Range<Int> { (i == 0 ? 0 : ends[i - 1])..<ends[i] }

  mutating func append(_ cell: UnsafeBufferPointer<UInt8>) {
    bytes.append(contentsOf: cell)
    ends.append(bytes.count)
  }

  mutating func append(_ cell: [UInt8]) { cell.withUnsafeBufferPointer { append($0) } }

  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
  }
}

/// The leaves of one range of rows, ready for ``TreeBuilder/append(_:)``.
struct Leaves: Sendable {
  /// The rows of the first leaf, and the row after it that separates it from the next; none if there is only
  /// one leaf.
  fileprivate(set) var first = Cells()
  /// The leaves between the first and the last: their page numbers, and the row after each.
  fileprivate(set) var pages: [UInt32] = []
  fileprivate(set) var separators = Cells()
  /// The rows of the last leaf.
  fileprivate(set) var last = Cells()
}

/// Builds the leaves of one range of rows; other threads build those of other ranges.
struct LeafBuilder: ~Copyable {
  private let file: PagedFile
  private let leaf: TreePage
  /// Full leaves that are not written yet.
  private let written: UnsafeMutableRawBufferPointer
  private var writtenBytes = 0
  private var leaves = Leaves()
  private var separator: [UInt8] = []
  private static let bufferBytes = 1 << 20

  init(_ file: PagedFile) {
    self.file = file
    leaf = TreePage(byteCount: file.pageBytes, isLeaf: true)
    written = .allocate(byteCount: max(Self.bufferBytes, file.pageBytes), alignment: 16)
  }

  deinit { written.deallocate() }

  /// Appends a row whose key is above all before.
  @inline(__always)
  mutating func append(_ row: borrowing RowBytes) throws(Stop) {
    let payload = row.payloadByteCount
    guard payload <= leaf.maximumPayload else { return try appendLong(row) }
    if leaf.append(row) { return }
    try split()
    let fits = leaf.append(row)
    precondition(fits)
  }

  /// Ends the range.
  consuming func finish() throws(Stop) -> Leaves {
    try flush()
    leaf.copyCells(to: &leaves.last)
    return leaves
  }

  /// Ends the leaf: its last row moves up.
  private mutating func split() throws(Stop) {
    leaf.removeLast(into: &separator)
    if leaves.first.count == 0 {
      leaf.copyCells(to: &leaves.first)
      leaves.first.append(separator)
    } else {
      if writtenBytes + leaf.byteCount > written.count { try flush() }
      leaf.copy(to: UnsafeMutableRawBufferPointer(rebasing: written[writtenBytes...]))
      writtenBytes += leaf.byteCount
      leaves.separators.append(separator)
    }
    leaf.removeAll()
  }

  private mutating func flush() throws(Stop) {
    try file.append(pages: UnsafeRawBufferPointer(rebasing: written[..<writtenBytes]), &leaves.pages)
    writtenBytes = 0
  }

  /// Cuts a row that is too long for its page: the page holds its beginning, a chain of overflow pages the
  /// rest.
  @inline(never)
  private mutating func appendLong(_ row: borrowing RowBytes) throws(Stop) {
    let payload = [UInt8](unsafeUninitializedCapacity: row.payloadByteCount) { memory, count in
      if let base = memory.baseAddress { row.copy(to: base) }
      count = row.payloadByteCount
    }
    let pageBytes = leaf.byteCount
    let least = (pageBytes - 12) * 32 / 255 - 23
    let middle = least + (payload.count - least) % (pageBytes - 4)
    let local = middle <= leaf.maximumPayload ? middle : least
    // From the last piece to the first, so that each piece has the number of the next one.
    var next: UInt32 = 0
    var starts = Array(stride(from: local, to: payload.count, by: pageBytes - 4))
    while let start = starts.popLast() {
      var page = withUnsafeBytes(of: next.bigEndian, Array.init)
      page.append(contentsOf: payload[start..<min(start + pageBytes - 4, payload.count)])
      page.append(contentsOf: repeatElement(0, count: pageBytes - page.count))
      next = try file.append(page)
    }
    var cell = [UInt8](repeating: 0, count: 4)
    let headBytes = cell.withUnsafeMutableBufferPointer { cell in
      cell.baseAddress.map { putVarint(UInt64(payload.count), $0) } ?? 0
    }
    cell.removeLast(4 - headBytes)
    cell.append(contentsOf: payload[..<local])
    withUnsafeBytes(of: next.bigEndian) { cell.append(contentsOf: $0) }
    if leaf.append(cell: cell) { return }
    try split()
    let fits = leaf.append(cell: cell)
    precondition(fits)
  }
}

extension PagedFile {
  fileprivate func append(_ page: [UInt8]) throws(Stop) -> UInt32 {
    try page.withUnsafeBufferPointer { bytes throws(Stop) in
      try append(page: UnsafeRawBufferPointer(bytes))
    }
  }
}

/// One table: joins the leaves of all ranges and builds the pages above them.
struct TreeBuilder: ~Copyable {
  private let file: PagedFile
  /// The page under construction on each level, the leaf first.
  private var levels: [TreePage]
  /// The first of them.
  private let leaf: TreePage
  /// The cell that moves up from one level to the next.
  private var moving: [UInt8] = []
  private let rootPage: UInt32

  /// - Parameter rootPage: the page that SQLite created for the empty table.
  init(_ file: PagedFile, rootPage: UInt32) {
    self.file = file
    self.rootPage = rootPage
    leaf = TreePage(byteCount: file.pageBytes, isLeaf: true)
    levels = [leaf]
  }

  /// Appends the leaves of a range whose keys are above all before.
  mutating func append(_ leaves: Leaves) throws(Stop) {
    if leaves.first.count > 0 {
      // The rows of the first leaf join the rows left from the range before.
      let separator = leaves.first.count - 1
      for i in 0..<separator { try append(leaves.first, i) }
      take(leaves.first, separator)
      let page = try leaf.write(to: file)
      leaf.removeAll()
      try insert(child: page, into: 1)
      for i in leaves.pages.indices {
        take(leaves.separators, i)
        try insert(child: leaves.pages[i], into: 1)
      }
    }
    for i in 0..<leaves.last.count { try append(leaves.last, i) }
  }

  /// Writes the remaining pages, the topmost one as the root.
  consuming func finish() throws(Stop) {
    var level = 0
    while level + 1 < levels.count {
      let page = try levels[level].write(to: file)
      levels[level + 1].rightChild = page
      level += 1
    }
    try levels[level].write(over: rootPage, of: file)
  }

  private mutating func take(_ cells: Cells, _ i: Int) {
    moving.removeAll(keepingCapacity: true)
    moving.append(contentsOf: cells.bytes[cells[i]])
  }

  /// Appends a row to the open leaf.
  private mutating func append(_ cells: Cells, _ i: Int) throws(Stop) {
    take(cells, i)
    if leaf.append(cell: moving) { return }
    leaf.removeLast(into: &moving)
    let page = try leaf.write(to: file)
    leaf.removeAll()
    try insert(child: page, into: 1)
    take(cells, i)
    let fits = leaf.append(cell: moving)
    precondition(fits)
  }

  /// Inserts a child and the cell after it, ``moving``, into an inner level.
  private mutating func insert(child: UInt32, into level: Int) throws(Stop) {
    if level == levels.count { levels.append(TreePage(byteCount: leaf.byteCount, isLeaf: false)) }
    if levels[level].append(child: child, moving) { return }
    // When the page is full, its last child becomes its rightmost one, and its last cell moves up.
    let entry = moving
    levels[level].rightChild = levels[level].removeLast(into: &moving)
    let page = try levels[level].write(to: file)
    levels[level].removeAll()
    let fits = levels[level].append(child: child, entry)
    precondition(fits)
    try insert(child: page, into: level + 1)
  }
}

/// One page under construction: cells from its end downward, their offsets from its head upward.
private final class TreePage {
  let byteCount: Int
  /// The longest payload that a cell holds whole, so that at least four cells fit into a page.
  let maximumPayload: Int
  /// The last child of an inner page.
  var rightChild: UInt32 = 0
  private let isLeaf: Bool
  private let bytes: UnsafeMutablePointer<UInt8>
  private var cellCount = 0
  private var contentStart: Int
  private var headBytes: Int { isLeaf ? 8 : 12 }

  init(byteCount: Int, isLeaf: Bool) {
    self.byteCount = byteCount
    self.isLeaf = isLeaf
    maximumPayload = (byteCount - 12) * 64 / 255 - 23
    contentStart = byteCount
    bytes = .allocate(capacity: byteCount)
    bytes.initialize(repeating: 0, count: byteCount)
  }

  deinit { bytes.deallocate() }

  func removeAll() { (cellCount, contentStart, rightChild) = (0, byteCount, 0) }

  @inline(__always)
  private func room(_ count: Int) -> UnsafeMutablePointer<UInt8>? {
    let pointer = headBytes + 2 * cellCount
    guard contentStart - count >= pointer + 2 else { return nil }
    contentStart -= count
    bytes[pointer] = UInt8(truncatingIfNeeded: contentStart >> 8)
    bytes[pointer + 1] = UInt8(truncatingIfNeeded: contentStart)
    cellCount += 1
    return bytes + contentStart
  }

  /// Appends a row as a leaf's cell; returns false and changes nothing if there is no room.
  @inline(__always)
  func append(_ row: borrowing RowBytes) -> Bool {
    let payload = row.payloadByteCount
    let count = payload + (payload < 0x80 ? 1 : 2)
    guard let target = room(count) else { return false }
    row.copy(to: target + putVarint(UInt64(payload), target))
    return true
  }

  func append(cell: [UInt8]) -> Bool {
    guard let target = room(cell.count) else { return false }
    for i in cell.indices { target[i] = cell[i] }
    return true
  }

  /// Appends a child and the cell after it.
  func append(child: UInt32, _ cell: [UInt8]) -> Bool {
    guard let target = room(4 + cell.count) else { return false }
    for i in 0..<4 { target[i] = UInt8(truncatingIfNeeded: child >> UInt32(24 - 8 * i)) }
    for i in cell.indices { target[4 + i] = cell[i] }
    return true
  }

  /// Removes the last cell, without its child.
  /// - Returns: the child before it; 0 in a leaf.
  @discardableResult
  func removeLast(into cell: inout [UInt8]) -> UInt32 {
    precondition(cellCount > 1)
    // Cells are contiguous, the last one lowest.
    let pointer = headBytes + 2 * (cellCount - 2)
    let end = Int(bytes[pointer]) << 8 | Int(bytes[pointer + 1])
    let start = contentStart + (isLeaf ? 0 : 4)
    var child: UInt32 = 0
    if !isLeaf { for i in 0..<4 { child = child << 8 | UInt32(bytes[contentStart + i]) } }
    cell.removeAll(keepingCapacity: true)
    cell.append(contentsOf: UnsafeBufferPointer(start: bytes + start, count: end - start))
    cellCount -= 1
    contentStart = end
    return child
  }

  /// Appends the cells of a leaf, in their order.
  func copyCells(to cells: inout Cells) {
    var end = byteCount
    for i in 0..<cellCount {
      let pointer = headBytes + 2 * i
      let start = Int(bytes[pointer]) << 8 | Int(bytes[pointer + 1])
      cells.append(UnsafeBufferPointer(start: bytes + start, count: end - start))
      end = start
    }
  }

  /// Copies the page in the form in which it is written.
  func copy(to memory: UnsafeMutableRawBufferPointer) {
    putHead()
    memory.copyMemory(from: UnsafeRawBufferPointer(start: bytes, count: byteCount))
  }

  /// Appends the page to the file.
  func write(to file: PagedFile) throws(Stop) -> UInt32 {
    putHead()
    return try file.append(page: UnsafeRawBufferPointer(start: bytes, count: byteCount))
  }

  func write(over number: UInt32, of file: PagedFile) throws(Stop) {
    putHead()
    try file.overwrite(
      at: (Int(number) - 1) * byteCount, UnsafeRawBufferPointer(start: bytes, count: byteCount))
  }

  private func putHead() {
    bytes[0] = isLeaf ? 0x0a : 0x02
    bytes[1] = 0
    bytes[2] = 0
    bytes[3] = UInt8(truncatingIfNeeded: cellCount >> 8)
    bytes[4] = UInt8(truncatingIfNeeded: cellCount)
    bytes[5] = UInt8(truncatingIfNeeded: contentStart >> 8)
    bytes[6] = UInt8(truncatingIfNeeded: contentStart)
    bytes[7] = 0
    if !isLeaf {
      for i in 0..<4 { bytes[8 + i] = UInt8(truncatingIfNeeded: rightChild >> UInt32(24 - 8 * i)) }
    }
    // Clear the free space: it may hold personal data of rows from an earlier use.
    let free = headBytes + 2 * cellCount
    (bytes + free).update(repeating: 0, count: contentStart - free)
  }
}

/// Writes the number of pages to the file's head, where SQLite expects it.
func putPageCount(_ file: PagedFile) throws(Stop) {
  // Offset 24 is the change counter, 28 the page count, 92 the change counter for which that count is valid.
  var head = try file.bytes(at: 24, count: 72)
  func number(_ at: Int) -> UInt32 { (0..<4).reduce(0) { $0 << 8 | UInt32(head[at + $1]) } }
  func put(_ number: UInt32, _ at: Int) {
    for i in 0..<4 { head[at + i] = UInt8(truncatingIfNeeded: number >> UInt32(24 - 8 * i)) }
  }
  let changes = number(0) &+ 1
  put(changes, 0)
  put(UInt32(file.pageCount), 4)
  put(changes, 68)
  try head.withUnsafeBufferPointer { bytes throws(Stop) in
    try file.overwrite(at: 24, UnsafeRawBufferPointer(bytes))
  }
}
