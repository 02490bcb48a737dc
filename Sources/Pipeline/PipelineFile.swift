// Reads a pipeline file: turns YAML into a checked Pipeline, or reports all mistakes with their lines.

import Files
package import Values
import Yams

extension Pipeline {
  /// Reads and checks a pipeline file.
  ///
  /// - Throws: ``Stop`` with ``Exit/pipelineWrong`` and a finding for each mistake: the key, its line and what to write
  ///   instead.
  package init(file path: String) throws(Stop) {
    guard let text = try Folder.read(path) else {
      throw Stop(
        .pipelineWrong, at: path, expected: "a pipeline file", found: "no such file",
        remedy: "Name an existing file, for example pipelines/nightly.yaml.")
    }
    self.init(path: path, text: text)
    var reader = PipelineReader(file: path, base: Folder.parent(of: Paths.absolute(path)))
    // What can't be read as UTF-8 was replaced by this character.
    if let place = text.firstIndex(of: "\u{FFFD}") {
      reader.report(notUTF8: text[..<place])
      try reader.finish(text)
      return
    }
    do {
      PipelineKeys.file.read(try Yams.compose(yaml: text) ?? Node(""), into: &self, &reader)
    } catch {
      reader.report(YAMLMistake(error, in: text))
    }
    try reader.finish(text)
  }

  /// The pipeline that an earlier text of the same file described; nil if it can't be read any more.
  package init?(earlierText text: String, of pipeline: Pipeline) {
    self.init(path: pipeline.path, text: text)
    var reader = PipelineReader(
      file: path, base: Folder.parent(of: Paths.absolute(path)))
    guard let node = try? Yams.compose(yaml: text) else { return nil }
    PipelineKeys.file.read(node, into: &self, &reader)
    guard reader.findings.isEmpty else { return nil }
  }
}

/// The state of the reader of one pipeline file, and the mistakes found so far.
struct PipelineReader {
  /// The file, as the user named it.
  let file: String
  /// The base of relative paths in the file.
  let base: String
  private(set) var findings: [Finding] = []
  /// The current key and those above it.
  private var path: [String] = []
  /// What to do about a wrong value of that key.
  private var remedy = ""

  init(file: String, base: String) { (self.file, self.base) = (file, base) }

  /// Adds the mistakes in another file that belongs to this one, each with its line of that file's text.
  mutating func take(_ other: PipelineReader, _ text: String) { findings += other.sortedFindings(text) }

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
        found: error.found ?? node.shape(isSecret: kind.isSecret), remedy: error.remedy ?? remedy)
      return nil
    }
  }

  /// - Parameter key: a key below the current one.
  mutating func report(
    _ node: Node, key: String? = nil, expected: String, found: String, remedy: String
  ) {
    let names = path + (key.map { [$0] } ?? [])
    let origin = Origin(
      file: file, line: node.line, column: node.mark?.column,
      field: names.isEmpty ? "the file" : names.joined(separator: "."))
    findings.append(Finding(origin, expected: expected, found: found, remedy: remedy))
  }

  /// - Parameter before: the text up to the byte that can't be read.
  mutating func report(notUTF8 before: Substring) {
    let line = before.count(where: \.isNewline)
    let column = before.reversed().prefix { !$0.isNewline }.count
    findings.append(
      Finding(
        Origin(file: file, line: line + 1, column: column + 1), expected: "text in UTF-8",
        found: "a byte of another encoding", remedy: "Save the file as UTF-8."))
  }

  mutating func report(_ mistake: YAMLMistake) {
    findings.append(
      Finding(
        Origin(file: file, line: mistake.place?.line, column: mistake.place?.column),
        expected: mistake.expected,
        found: mistake.found, remedy: mistake.remedy))
  }

  /// - Throws: ``Stop`` with all mistakes in the order of the lines, each with its line of the text, if there
  ///   are any.
  func finish(_ text: String) throws(Stop) {
    let sorted = sortedFindings(text)
    guard let first = sorted.first else { return }
    throw Stop(.pipelineWrong, first, others: Array(sorted.dropFirst()))
  }

  /// The mistakes in the order of the lines, those of other files after those of this one, as they were added.
  private func sortedFindings(_ text: String) -> [Finding] {
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    var sorted = findings.filter { $0.origin.file == file }.sorted {
      ($0.origin.line ?? 0, $0.origin.column ?? 0) < ($1.origin.line ?? 0, $1.origin.column ?? 0)
    }
    for i in sorted.indices {
      guard let line = sorted[i].origin.line, let column = sorted[i].origin.column, lines.indices ~= line - 1
      else { continue }
      sorted[i].excerpt = Self.excerpt(lines[line - 1], column)
    }
    return sorted + findings.filter { $0.origin.file != file }
  }

  /// A line with a caret below a column; nil for one that may hold a password or a private key.
  ///
  /// - Parameter column: from 1, in Unicode scalars.
  private static func excerpt(_ line: Substring, _ column: Int) -> String? {
    let secrets = ["password", "passwd", "secret", "postgres", "token", "age1"]
    let lowercased = line.lowercased()
    guard line.count <= 200, !secrets.contains(where: lowercased.contains) else { return nil }
    let before = String(String.UnicodeScalarView(line.unicodeScalars.prefix(column - 1)))
    return "\(line)\n" + before.map { $0 == "\t" ? "\t" : " " } + "^"
  }
}
