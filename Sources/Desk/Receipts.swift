// Which facilities use their packages: the receipts that they send back, compared with what was published.
// Invariant: facilities and counts, nothing of a person. A receipt counts only if its seal was made with the key that came in
// the package.

import Files
import Package
import Pipeline
import Publish
import Seal
package import Values
import Workspace

/// What became of one file that was taken in.
package struct TakenReceipt: Sendable {
  package enum Result: String, Sendable, CaseIterable {
    /// Counted now, or counted before.
    case new, known
    /// Not a receipt, or damaged on its way.
    case malformed
    /// Of another pipeline.
    case foreign
    /// The seal is wrong: made without the package, or the package was signed with another key than today's.
    case forged

    package var isRefused: Bool { self != .new && self != .known }

    package var meaning: Bilingual {
      switch self {
      case .new: Bilingual("mới", "new")
      case .known: Bilingual("đã có", "known already")
      case .malformed: Bilingual("không phải biên nhận, hoặc đã hỏng", "not a receipt, or damaged")
      case .foreign: Bilingual("của luồng dữ liệu khác", "of another pipeline")
      case .forged:
        Bilingual(
          "dấu niêm phong sai: không có gói, hoặc gói ký bằng khóa cũ",
          "the seal is wrong: made without the package, or of a package signed with a former key")
      }
    }
  }
  package var file: String
  package var result: Result
}

/// How far one recipient of the packages in force is.
package struct RecipientStanding: Sendable, Encodable {
  package enum State: String, Sendable, Encodable, CaseIterable {
    /// It has the package in force.
    case current
    /// It has an earlier one.
    case behind
    /// Its package is of a run that was taken back.
    case takenBack = "taken_back"
    /// It never sent a receipt.
    case never
  }
  package var recipient: String
  /// Of the table of facilities; empty for none.
  package var name: String
  package var state: State
  /// Publications since the newest package that it had; nil if it never sent a receipt.
  package var nightsBehind: Int?
  package var newestRun: Int?
  package var receivedOn: String?
  package var door: String?
  package var version: String?
}

/// One publication, and how many facilities took it.
package struct PublicationUse: Sendable, Encodable {
  package var run: Int
  package var asOf: String
  package var packages: Int
  package var received: Int
}

/// Who has the packages in force.
package struct ReceiptStanding: Sendable, Encodable {
  package var run: Int
  package var asOf: String
  /// Ascending by code.
  package var recipients: [RecipientStanding]
  /// Every publication whose run is on record, ascending.
  package var publications: [PublicationUse]

  package func count(_ state: RecipientStanding.State) -> Int { recipients.count { $0.state == state } }
  /// Hundredths of a percent of the recipients that have the package in force.
  package var share: Int { recipients.isEmpty ? 0 : 10_000 * count(.current) / recipients.count }
}

extension Desk {
  /// Takes in receipts from files, and from the files in folders whose names end in `.receipt`.
  ///
  /// - Throws: ``Stop`` with ``Exit/exportMissing`` if there is no such file or folder, ``Exit/pipelineWrong`` if the pipeline
  ///   has no signing key: its packages then have no receipt keys.
  package func takeReceipts(_ paths: [String]) throws(Stop) -> [TakenReceipt] {
    guard let keyFile = pipeline.publish.signingKey else {
      throw Stop(
        .pipelineWrong, at: pipeline.path, field: "publish.signing_key",
        expected: "a key that signs packages",
        found: "none", remedy: "Only signed packages ask for receipts: cardlink keys new keys/publish.key",
        next: "cardlink keys --help")
    }
    let key = try SigningKey(file: keyFile)
    var (taken, receipts): ([TakenReceipt], [Receipt]) = ([], [])
    for file in try Self.receiptFiles(paths) {
      let receipt = try Self.receipt(in: file)
      var result = TakenReceipt.Result.new
      if let (receipt, seal) = receipt {
        if receipt.pipeline != pipeline.name {
          result = .foreign
        } else if receipt.isSealed(with: seal, by: key) {
          receipts.append(receipt)
        } else {
          result = .forged
        }
      } else {
        result = .malformed
      }
      taken.append(TakenReceipt(file: file, result: result))
    }
    var isNew = try ReceiptBook.take(receipts, into: pipeline.workspace)[...]
    for i in taken.indices where taken[i].result == .new {
      if isNew.popFirst() == false { taken[i].result = .known }
    }
    return taken
  }

  private static func receiptFiles(_ paths: [String]) throws(Stop) -> [String] {
    var files: [String] = []
    for path in paths {
      guard try Folder.exists(path) else {
        throw Stop(
          .exportMissing, at: path, expected: "a receipt, or a folder of receipts", found: "nothing",
          remedy: "Name the files that facilities sent back: CODE.receipt.",
          next: "cardlink receipts --help")
      }
      guard try Folder.isFolder(path + "/.") else {
        files.append(path)
        continue
      }
      for name in try Folder.names(in: path).sorted() where name.hasSuffix(Receipt.suffix) {
        files.append(path + "/" + name)
      }
    }
    return files
  }

  private static func receipt(in path: String) throws(Stop) -> (receipt: Receipt, seal: String)? {
    // A named pipe would never end, and a large file would fill the memory.
    guard let attributes = try FileAttributes(of: path), attributes.kind == .file,
      try Folder.byteCount(of: path) <= Receipt.mostBytes
    else { return nil }
    return try Folder.readBytes(path).flatMap(Receipt.read)
  }

  /// How far each recipient is; nil as long as none has sent a receipt, or if nothing is published.
  func standingWithReceipts() throws(Stop) -> ReceiptStanding? {
    // Without receipts, the manifest of 13,000 packages need not be read.
    try ReceiptBook(pipeline.workspace).recipients.isEmpty ? nil : receiptStanding()
  }

  /// How far each recipient of the packages in force is; nil if nothing is published.
  package func receiptStanding() throws(Stop) -> ReceiptStanding? {
    guard let run = try reader.publishedRun(),
      let packages = try packagesInForce(in: pipeline.workspace + "/packages")
    else { return nil }
    let book = try ReceiptBook(pipeline.workspace)
    let published = try runs().filter {
      $0.state == .done && $0.rollback == nil && $0.finished(.publish)?.run == $0.id
    }
    let names = try? pipeline.facilities(on: Clock.today())
    let recipients = packages.keys.sorted().map { recipient in
      standing(
        of: recipient, name: ShortCode(Array(recipient.utf8).span).flatMap { names?.name(of: $0) } ?? "",
        book.recipients[recipient], run, published)
    }
    return ReceiptStanding(
      run: run, asOf: published.first { $0.id == run }?.asOf ?? "", recipients: recipients,
      publications: published.map { publication in
        PublicationUse(
          run: publication.id, asOf: publication.asOf, packages: publication.published?.packages ?? 0,
          received: book.recipients.values.count { $0.has(publication.id) })
      })
  }

  private func standing(
    of recipient: String, name: String, _ received: ReceivedRuns?, _ inForce: Int, _ published: [RunRecord]
  ) -> RecipientStanding {
    guard let received else { return RecipientStanding(recipient: recipient, name: name, state: .never) }
    let newest = received.newest
    return RecipientStanding(
      recipient: recipient, name: name,
      state: newest == inForce ? .current : newest < inForce ? .behind : .takenBack,
      nightsBehind: published.count { newest < $0.id && $0.id <= inForce }, newestRun: newest,
      receivedOn: received.receivedOn, door: received.door.rawValue, version: received.version)
  }
}
