// Writes truth.csv: how each record of both exports must end.
// Invariant: one row per record, in the order of the exports, the population's files first.

internal import Values

struct TruthFile: ~Copyable {
  private var file: GeneratedFile

  init(_ path: String) throws(Stop) {
    file = try GeneratedFile(path, gzip: false)
    file.append("export,source_file,source_line,outcome,reasons\n")
  }

  mutating func write(_ register: String, _ name: borrowing [UInt8], line: Int, _ end: RowEnd)
    throws(Stop)
  {
    try write(register, name, line: line, end.outcome.name, end.reasons)
  }

  /// Writes how a record of a delta must end.
  mutating func write(delta name: borrowing [UInt8], line: Int, _ outcome: DeltaOutcome) throws(Stop) {
    try write(
      "insurance_delta", name, line: line, outcome.name, outcome == .quarantined ? "name_missing" : "")
  }

  private mutating func write(
    _ register: String, _ name: borrowing [UInt8], line: Int, _ outcome: String, _ reasons: String
  ) throws(Stop) {
    file.append(register)
    file.append(byte: UInt8(ascii: ","))
    for i in name.indices { file.append(byte: name[i]) }
    file.append(byte: UInt8(ascii: ","))
    file.append(line)
    file.append(byte: UInt8(ascii: ","))
    file.append(outcome)
    file.append(byte: UInt8(ascii: ","))
    if !reasons.isEmpty {
      file.append(byte: UInt8(ascii: "\""))
      file.append(reasons)
      file.append(byte: UInt8(ascii: "\""))
    }
    file.append(byte: UInt8(ascii: "\n"))
    try file.endRecord()
  }

  consuming func finish() throws(Stop) { try file.finish() }
}
