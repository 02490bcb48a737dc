// Who got which package and when: the publication in force by recipient, the history of one recipient, and the packages that hold
// a person.
// Invariant: of recipients, codes, counts and keys' fingerprints; a person's packages are in the audit log before they are read.
// Load: 13,000 recipients, read once for each publication and each change of the receipts.

import Files
import Pipeline
package import Publish
import Run
import Store
package import Values
import Workspace

/// One package, as its publication's manifest has it.
package typealias PackageFacts = Publication.Entry

/// The packages in force, by recipient.
package struct PackageList: Sendable {
  package struct Row: Sendable {
    package var recipient: String
    /// Of the table of facilities; empty for none.
    package var name: String
    /// Nil for a recipient without a package for want of a key.
    package var package: Publication.Entry?
    /// Nil as long as no recipient has sent a receipt.
    package var standing: RecipientStanding?
  }

  package let publication: Publication
  /// Ascending by recipient.
  package let rows: [Row]
  package let hasReceipts: Bool
  private let keys: RecipientKeys?
  /// What the list was read from; it is read again when this changes.
  fileprivate let source: [String]

  fileprivate init(
    _ publication: Publication, _ standing: ReceiptStanding?, _ keys: RecipientKeys?, _ names: Facilities,
    source: [String]
  ) {
    (self.publication, self.keys, self.source) = (publication, keys, source)
    let standings = Dictionary(
      (standing?.recipients ?? []).map { ($0.recipient, $0) }, uniquingKeysWith: { first, _ in first })
    hasReceipts = standing != nil
    let packages = publication.entries.map { ($0.recipient, $0 as Publication.Entry?) }
    rows = (packages + publication.leftOut.map { ($0, nil) }).map { recipient, package in
      Row(
        recipient: recipient, name: names.name(of: recipient) ?? "", package: package,
        standing: standings[recipient])
    }.sorted { $0.recipient < $1.recipient }
  }

  /// The rows whose code begins with the text, or whose name contains it.
  package func rows(matching text: String) -> [Row] {
    guard !text.isEmpty else { return rows }
    let code = text.uppercased()
    return rows.filter {
      $0.recipient.uppercased().hasPrefix(code) || $0.name.localizedStandardContains(text)
    }
  }

  /// The fingerprints of the keys that a package is encrypted to; nil if the recipient's keys have changed since, or today's can't
  /// be read.
  package func fingerprints(of package: Publication.Entry) -> [String]? {
    package.encryptedTo == nil ? [] : (try? keys?.fingerprints(of: package)) ?? nil
  }
}

/// One publication, as one recipient got it.
package struct RecipientNight: Sendable {
  package var run: Int
  package var asOf: String
  package var publishedAt: String?
  /// Nil if the manifest is not kept, or names no package for it.
  package var package: Publication.Entry?
  /// Whether the manifest is kept.
  package var isKept: Bool
  /// Whether its receipt is there.
  package var isReceived: Bool
}

extension Desk {
  private var packageFolder: String { pipeline.workspace + "/packages" }

  /// The packages in force; nil if nothing is published.
  ///
  /// - Parameter old: a list from before, which is given back while nothing has changed.
  package func packageList(_ old: PackageList? = nil) throws(Stop) -> PackageList? {
    guard let name = try reader.publication() else { return nil }
    let receipts = try FileAttributes(of: pipeline.workspace + "/receipts.json")
    let source = [name, "\(receipts?.inode ?? 0) \(receipts?.modified ?? 0) \(receipts?.byteCount ?? 0)"]
    if let old, old.source == source { return old }
    guard let publication = try Publication(named: name, in: packageFolder) else { return nil }
    let names = (try? pipeline.facilities(on: Clock.today())) ?? Facilities()
    return PackageList(
      publication, try standingWithReceipts(), try? RecipientKeys(pipeline.publish, names), names,
      source: source)
  }

  /// The publications of the runs on record as one recipient got them, the last one first.
  ///
  /// - Complexity: one pass over each manifest that is kept.
  package func nights(of recipient: String) throws(Stop) -> [RecipientNight] {
    let received = try ReceiptBook(pipeline.workspace).recipients[recipient]
    // Of a run that was published again, the last one.
    var folders: [Int: String] = [:]
    for name in try Publication.names(in: packageFolder) {
      if let run = Int(name.split(separator: "-")[1]) { folders[run] = name }
    }
    let runs = try runs().filter {
      $0.state == .done && $0.rollback == nil && $0.finished(.publish)?.run == $0.id
    }
    return try runs.reversed().map { run throws(Stop) in
      let name = folders[run.id]
      return RecipientNight(
        run: run.id, asOf: run.asOf, publishedAt: run.ended,
        package: try name.flatMap { name throws(Stop) in
          try Publication.entry(of: recipient, named: name, in: packageFolder)
        }, isKept: name != nil, isReceived: received?.has(run.id) ?? false)
    }
  }

  /// The recipients whose packages hold a person: by the cards in the store in force and the rules of the pipeline file, each with
  /// its package in force.
  ///
  /// - Parameter list: the packages in force; nil if nothing is published.
  package func packages(
    holding id: PersonalID, in list: PackageList?
  ) throws(Stop) -> [PackageList.Row] {
    let asked = try askedInForce()
    try audit(.lookedUp, person: id, run: asked.run.id, detail: ["of": "packages"])
    let store = try storeInForce()
    guard let serving = try store.card(personalID: id.text) else { return [] }
    let others = serving.graceUntil == nil ? try store.cards(of: id.text).filter { $0 != serving.card } : []
    let day = CalendarDate(iso: asked.run.asOf) ?? .none
    let names = pipeline.publish.recipients(
      ofPersonWith: ([serving.card] + others).map(\.row),
      (try? pipeline.facilities(on: day)) ?? Facilities(), on: day)
    let rows = Dictionary((list?.rows ?? []).map { ($0.recipient, $0) }) { first, _ in first }
    return names.map { rows[$0] ?? PackageList.Row(recipient: $0, name: "", package: nil, standing: nil) }
  }
}
