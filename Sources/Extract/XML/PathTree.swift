// The element and attribute paths that a pipeline reads, as a tree that the reader descends element by
// element.
// Invariant: node 0 is the record element itself; a path that the pipeline does not read leads to no node.
// Load: one step for each element of a file; names are compared as bytes.

/// Paths such as `HoVaTen/Ten` and `A/@id` below one record element.
struct PathTree {
  struct Node {
    var children: [(name: [UInt8], node: Int)] = []
    var attributes: [(name: [UInt8], slot: Int)] = []
    /// The slot of the element's text; -1 for none.
    var slot = -1
  }

  private(set) var nodes = [Node()]

  /// Slot i is path i; namespace prefixes in a path are ignored.
  init(_ paths: [String]) {
    for (slot, path) in paths.enumerated() {
      var node = 0
      for part in path.split(separator: "/") {
        if part.hasPrefix("@") {
          nodes[node].attributes.append((Self.localName(part.dropFirst()), slot))
          node = -1
          break
        }
        let name = Self.localName(part)
        if let child = nodes[node].children.first(where: { $0.name == name }) {
          node = child.node
        } else {
          nodes.append(Node())
          nodes[node].children.append((name, nodes.count - 1))
          node = nodes.count - 1
        }
      }
      if node > 0 { nodes[node].slot = slot }
    }
  }

  /// The child of `node` with a NUL-terminated name; -1 for none.
  func child(of node: Int, named name: UnsafePointer<UInt8>) -> Int {
    for child in nodes[node].children where unsafe Self.equal(child.name, name) { return child.node }
    return -1
  }

  static func equal(_ bytes: [UInt8], _ name: UnsafePointer<UInt8>) -> Bool {
    var i = 0
    while i < bytes.count {
      if unsafe name[i] != bytes[i] { return false }
      i += 1
    }
    return unsafe name[i] == 0
  }

  static func localName(_ name: Substring) -> [UInt8] {
    Array((name.split(separator: ":").last ?? name).utf8)
  }
}
