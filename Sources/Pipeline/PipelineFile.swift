// Reads a pipeline file: YAML in, a checked Pipeline out, or what is wrong with each line.

import Files
package import Values
import Yams

extension Pipeline {
  /// Reads and checks a pipeline file.
  ///
  /// - Throws: ``Stop`` with ``Exit/pipelineWrong``, naming the key, its line and what to write instead.
  package init(file path: String) throws(Stop) {
    guard let text = try Folder.read(path) else {
      throw Stop(
        .pipelineWrong, at: path, expected: "a pipeline file", found: "no such file",
        remedy: "Name an existing file, for example pipelines/nightly.yaml.")
    }
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch {
      throw Stop(
        .pipelineWrong, at: path, line: Self.line(of: error), expected: "YAML", found: Self.reason(of: error),
        remedy: "Correct the line; keys and lists are indented by two spaces.")
    }
    self.init(path: path, text: text)
    var reader = PipelineReader(file: path, base: Folder.parent(of: Paths.absolute(path)))
    PipelineKeys.file.read(root ?? Node(""), into: &self, &reader)
    if let first = reader.findings.first { throw Stop(.pipelineWrong, first) }
  }

  private static func line(of error: any Error) -> Int? {
    switch error as? YamlError {
    case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
    default: nil
    }
  }

  private static func reason(of error: any Error) -> String {
    switch error as? YamlError {
    case .scanner(_, let problem, _, _), .parser(_, let problem, _, _), .composer(_, let problem, _, _):
      problem
    case .duplicatedKeysInMapping(let keys, _):
      "the same key twice: " + keys.joined(separator: ", ")
    default: "text that is no YAML"
    }
  }
}

/// Where the reader of one pipeline file is, and what it found wrong so far.
struct PipelineReader {
  /// The file, as the user named it.
  let file: String
  /// What relative paths in the file are relative to.
  let base: String
  private(set) var findings: [Finding] = []
  /// The key that is read and those above it.
  private var path: [String] = []
  /// What to do about a wrong value of that key.
  private var remedy = ""

  init(file: String, base: String) { (self.file, self.base) = (file, base) }

  mutating func within(_ key: String, remedy: String, _ body: (inout PipelineReader) -> Void) {
    let before = self.remedy
    path.append(key)
    self.remedy = remedy
    body(&self)
    self.remedy = before
    path.removeLast()
  }

  /// The value of a node; nil after a mistake in it was reported.
  mutating func read<Value>(_ kind: Kind<Value>, _ node: Node) -> Value? {
    do {
      return try kind.read(node, &self)
    } catch {
      report(
        node, expected: error.expected ?? kind.words,
        found: error.found ?? node.shape(isSecret: kind.isSecret),
        remedy: error.remedy ?? remedy)
      return nil
    }
  }

  /// - Parameter key: a key below the one that is read.
  mutating func report(
    _ node: Node, key: String? = nil, expected: String, found: String, remedy: String
  ) {
    let names = path + (key.map { [$0] } ?? [])
    let origin = Origin(
      file: file, line: node.line, field: names.isEmpty ? "the file" : names.joined(separator: "."))
    findings.append(Finding(origin, expected: expected, found: found, remedy: remedy))
  }
}
