// The table of keys for tests, and pipeline files with one chosen value.

import Foundation
import Values
import Yams

@testable import Pipeline

/// All keys, in the table's order.
let keyRows = PipelineKeys.file.rows(Pipeline(path: "", text: ""), "")
/// Those with a value of their own, by path: the arguments of the tests.
let valueKeys = keyRows.filter { !$0.example.isEmpty }.map(\.path)

func keyRow(_ path: String) -> KeyRow { keyRows.first { $0.path == path } ?? keyRows[0] }

func yaml(_ text: String) throws -> Node { try Yams.compose(yaml: text) ?? "" }

/// A valid pipeline file in which one value can be changed.
struct PipelineText {
  var root: Node

  init() throws {
    root = try yaml(
      """
      name: a
      workspace: w
      exports:
        population:
          format: csv
          files: [p.csv]
          fields: { personal_id: A, full_name: B, birth_date: C, sex: D, status: E, residence_province: F }
          dates: [yyyy]
        insurance:
          format: csv
          files: [i.csv]
          fields: { card_number: A, personal_id: B, full_name: C, birth_date: D, sex: E, valid_from: F }
          dates: [yyyy]
      store:
        sqlite: s.sqlite
      """)
  }

  /// Sets `value` at a path, and what such a key needs around it.
  init(_ path: String, _ value: Node) throws {
    try self.init()
    let isOfRequests = path.hasPrefix("publish.consumers[]")
    let export =
      isOfRequests
      ? "publish.consumers[].requests"
      : path.split(separator: ".").dropFirst().first.map { "exports.\($0)" } ?? ""
    if isOfRequests { set("publish.consumers", try yaml(keyRow("publish.consumers").example)) }
    if path.hasSuffix("consumers[].attest") && value == "true" || path.hasSuffix(".holder_jwk")
      || path.hasSuffix(".proof")
    {
      set("publish.attestations", try yaml(keyRow("publish.attestations").example))
      set("publish.consumers[].attest", "true")
      set("publish.consumers[].release", [["attribute": "full_name", "as": "exact"]])
      set("publish.consumers[].requests.fields.holder_jwk", "K")
      set("publish.consumers[].requests.fields.proof", "P")
    }
    if path.hasPrefix("publish.attestations.") {
      set("publish.attestations", try yaml(keyRow("publish.attestations").example))
    }
    if path.hasSuffix("consumers[].key") { set("publish.consumers[].identifier", "pairwise") }
    if path.hasSuffix(".record") || path.hasSuffix(".may_be_absent") {
      set("\(export).format", "xml")
      set("\(export).record", "R")
    }
    if path.hasSuffix(".split.by") { set("\(export).split.fields", ["card_number", "valid_from"]) }
    if path.hasSuffix(".split.fields") { set("\(export).split.by", ";") }
    if path.hasPrefix("facilities."), !path.hasSuffix(".file") { set("facilities.file", "f.csv") }
    if let key = path.split(separator: ".").dropFirst(2).first,
      ["base", "sequence", "control", "operation", "identity", "order_by", "deletes"].contains(key)
        || (key == "delivery" && value == "delta")
    {
      set("\(export).delivery", "delta")
      set("\(export).base", ["b.csv"])
      set("\(export).sequence", ["pattern": "(?<sequence>[0-9]+)"])
      set("\(export).operation", ["field": "O", "values": ["T": "upsert", "X": "delete"]])
      let isPlace = path.hasSuffix(".sequence.from")
      if path.hasSuffix(".sequence.field") || isPlace && value == "column" {
        set("\(export).sequence", ["from": "column", "field": "N"])
      } else if path.hasSuffix(".sequence.element") || isPlace && value == "envelope" {
        set("\(export).format", "xml")
        set("\(export).record", "R")
        set("\(export).sequence", ["from": "envelope", "element": "E", "field": "N"])
      } else if isPlace, value == "control" {
        set("\(export).control", ".json")
        set("\(export).sequence", ["from": "control"])
      }
    }
    if isOfRequests, path.hasSuffix(".values.sex") { set("\(export).fields.sex", "G") }
    if path.contains("packages[]") {
      let selects = ["facility", "province", "province_2025", "all"].contains { path.hasSuffix(".\($0)") }
      set("publish.packages", selects ? [["name": "a-b"]] : [["facility": "01*", "name": "a-b"]])
    }
    if path.hasPrefix("gates.renumbering.") {
      set("gates.renumbering", ["from": "2026-12-01", "until": "2026-12-07"])
    }
    set(path, value)
  }

  mutating func set(_ path: String, _ value: Node) {
    Self.set(path.split(separator: ".").map(String.init)[...], value, in: &root)
  }

  private static func set(_ path: ArraySlice<String>, _ value: Node, in node: inout Node) {
    guard let name = path.first else { return node = value }
    if name.hasSuffix("[]") {
      var list = node[String(name.dropLast(2))]?.sequence ?? [[:]]
      set(path.dropFirst(), value, in: &list[0])
      node[String(name.dropLast(2))] = .sequence(list)
    } else {
      var inner = node[name] ?? [:]
      set(path.dropFirst(), value, in: &inner)
      if node.mapping == nil { node = [:] }
      node[name] = inner
    }
  }

  /// The file's text and the node at a path in it, with its line.
  func written(_ path: String) throws -> (text: String, node: Node?) {
    let text = try Yams.serialize(node: root)
    var node: Node? = try yaml(text)
    for name in path.split(separator: ".").map(String.init) {
      node = node?[name.replacing("[]", with: "")]
      if name.hasSuffix("[]") { node = node?.sequence?.first }
    }
    return (text, node)
  }

  /// As JSON would hold it.
  static func json(_ node: Node) -> Any {
    switch node {
    case .mapping(let pairs):
      Dictionary(pairs.map { ($0.key.string ?? "", json($0.value)) }, uniquingKeysWith: { $1 })
    case .sequence(let items): items.map(json)
    default: node.any
    }
  }
}

/// The reader's findings about a text, and its result.
func read(_ text: String) throws -> (pipeline: Pipeline, findings: [Finding]) {
  var pipeline = Pipeline(path: "pipeline.yaml", text: text)
  var reader = PipelineReader(file: "pipeline.yaml", base: "/base")
  PipelineKeys.file.read(try yaml(text), into: &pipeline, &reader)
  return (pipeline, reader.findings)
}
