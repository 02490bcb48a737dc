// Small JSON files of our own, and answers in the same form.

import Files
import Foundation
package import Values

package enum JSONFile {
  package static func write(_ value: some Encodable, to path: String) throws(Stop) {
    try Folder.writeWhole(text(value) + "\n", to: path)
  }

  package static func text(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    guard let data = try? encoder.encode(value) else { return "null" }
    return String(decoding: data, as: UTF8.self)
  }

  /// - Returns: nil if there is no such file.
  package static func read<Value: Decodable>(_ type: Value.Type, from path: String) throws(Stop) -> Value? {
    guard let text = try Folder.read(path) else { return nil }
    return try decode(type, text, from: path)
  }

  /// Decodes a file's text.
  ///
  /// - Parameter path: for messages.
  static func decode<Value: Decodable>(
    _ type: Value.Type, _ text: String, from path: String
  ) throws(Stop) -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      return try decoder.decode(type, from: Data(text.utf8))
    } catch {
      throw Stop(
        .inputOutput, at: path, expected: "JSON as cardlink wrote it", found: "something else",
        remedy: "Move the folder it is in out of the workspace and run the pipeline again.")
    }
  }
}
