// The clients of a server, each with a secret of its own, and the file that names them.
// Invariant: a secret has 256 random bits and is shown once; the file holds digests alone. A program may send the MD5 of its
// secret as the password, as the insurer's gateway asks for; of 256 random bits, MD5 gives nothing away.
//
//   # one client a line: its name, the SHA-256 of its secret and of the secret's MD5, and how many questions a second it may ask
//   01014_BV 5f… 9a… 50

import Crypto
import Files
import Foundation
package import Values

/// The clients that a file names.
package struct ClientKeys: Sendable {
  package struct Client: Hashable, Sendable {
    package var name: String
    fileprivate var secret: String
    fileprivate var password: String
    /// Questions a second; nil for the server's own limit.
    package var rate: Int?
  }

  private let clients: [String: Client]
  private let bySecret: [String: Client]

  /// - Throws: ``Stop`` with ``Exit/usage`` if the file is missing, others may change it, or a line has another form.
  package init(file path: String) throws(Stop) {
    guard let text = try Folder.read(path), let attributes = try FileAttributes(of: path) else {
      throw Self.stop(
        path, "a file of clients", "no such file", "Make one: cardlink keys client \(path) NAME")
    }
    guard attributes.rights & 0o022 == 0 else {
      throw Self.stop(path, "a file that its owner alone may change", "another one", "chmod go-w \(path)")
    }
    var clients: [String: Client] = [:]
    for (number, line) in KeyFile.lines(text) {
      guard let client = Client(line), clients[client.name] == nil else {
        throw Stop(
          .usage, at: path, line: number,
          expected: "a name, two digests and perhaps a number, each name once",
          found: "another line",
          remedy: "Make clients by cardlink keys client \(path) NAME; take one out by deleting its line.")
      }
      clients[client.name] = client
    }
    self.clients = clients
    bySecret = Dictionary(clients.values.map { ($0.secret, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The client with a secret, by the secret's SHA-256.
  package func client(withDigest digest: String) -> Client? { bySecret[digest] }

  /// The client with a name and the MD5 of its secret, in hexadecimal digits.
  package func client(_ name: String, passwordMD5: String) -> Client? {
    guard let client = clients[name], client.password == Digest.text(of: passwordMD5.lowercased()) else {
      return nil
    }
    return client
  }

  /// The client with a name, as long as it has the same secret.
  package func still(_ client: Client) -> Client? {
    clients[client.name].flatMap { $0.secret == client.secret ? $0 : nil }
  }

  /// Adds a client to a file, which is made if there is none.
  ///
  /// - Returns: its secret, which is not kept.
  package static func add(_ name: String, to path: String) throws(Stop) -> String {
    guard Client.canBeNamed(name) else {
      throw stop(
        path, "a name of letters, digits, dots, - and _, 64 at most", "another name", "Give it such a name.")
    }
    let text = try Folder.read(path) ?? ""
    if try Folder.exists(path), try ClientKeys(file: path).clients[name] != nil {
      throw stop(
        path, "no client of this name", "one", "Delete its line first: its secret stops working then.")
    }
    let secret = Digest.newKey()
    let line = "\(name) \(Digest.text(of: secret)) \(Digest.text(of: md5(secret)))\n"
    try Folder.create(Folder.parent(of: path))
    try Folder.writeWhole((text.isEmpty || text.hasSuffix("\n") ? text : text + "\n") + line, to: path)
    return secret
  }

  private static func md5(_ text: String) -> String {
    unsafe Insecure.MD5.hash(data: Data(text.utf8)).withUnsafeBytes { bytes in unsafe hexText(bytes.bytes) }
  }

  private static func stop(_ path: String, _ expected: String, _ found: String, _ remedy: String) -> Stop {
    Stop(.usage, at: path, expected: expected, found: found, remedy: remedy)
  }
}

extension ClientKeys.Client {
  fileprivate init?(_ line: String) {
    let words = line.split(separator: " ").map(String.init)
    guard (3...4).contains(words.count), Self.canBeNamed(words[0]),
      words[1...2].allSatisfy({ $0.utf8.count == 64 && $0.allSatisfy(\.isHexDigit) })
    else { return nil }
    (name, secret, password) = (words[0], words[1].lowercased(), words[2].lowercased())
    guard words.count == 4 else { return }
    guard let rate = Int(words[3]), rate > 0 else { return nil }
    self.rate = rate
  }

  /// The audit log and the file of clients hold the name as one word.
  fileprivate static func canBeNamed(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "._-".utf8.contains(byte)
      }
  }
}
