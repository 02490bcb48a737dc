// Who gets which people, in which form and with which attributes: the pipeline file's section `publish`.
// Invariant: a copying rule puts the people whom it selects into an additional package. Of the other rules,
// the first one that selects a facility decides. A recipient sees the attributes of its rule and no others.

package import Package

package struct PublishPolicy: Hashable, Sendable {
  /// Whom a facility asks about its package, such as an office and a telephone number.
  package var contact = ""
  /// How many days after the business date a package may be used.
  package var validDays = 3
  /// The file of the signing key; nil leaves packages unsigned.
  package var signingKey: String?
  package var rules = [PackageRule()]
  /// Every n-th package of a recipient is full, the others hold the changes; 1: all are full.
  package var checkpointEvery = 1
  /// Whether a package to be encrypted without a key is left out; otherwise nothing is published.
  package var leavesOutWithoutKey = false
  package var fhir = FHIRNames()
  /// Groups of the armed forces besides ``ArmedForces/known``, which a recipient's card checks need.
  package var armedForces: [String] = []

  package init() {}

  /// Whether a package shows 15 characters for card numbers of 17.
  var showsFifteen: Bool { rules.contains { $0.cardNumber == .fifteen } }
}

/// The form of card numbers in a package.
package enum CardNumberForm: Hashable, Sendable {
  case asSent
  /// A number of 17 characters gets the person's insurance number of 10 digits instead of the personal ID number; it is
  /// empty if none is known.
  case fifteen
}

/// Selects facilities and says what they get.
package struct PackageRule: Hashable, Sendable {
  package enum Selection: Hashable, Sendable {
    case all
    /// By code; `*` matches any characters, `?` matches one.
    case facility(String)
    /// By the first two characters of the code, which are the province as of before July 2025.
    case province(String)
    /// By the province of today to which the first two characters of the code belong.
    case province2025(Int)
  }

  package var selection = Selection.all
  /// The name of one package for all of them together; nil makes one package per facility.
  package var name: String?
  /// Whether later rules select as if this one were absent.
  ///
  /// Such a rule has a name.
  package var isCopy = false
  /// In ascending order.
  package var formats = [PackageFormat.csv]
  /// In ascending order.
  package var attributes = Attribute.ofEveryPackage
  package var cardNumber = CardNumberForm.asSent
  /// Recipients of the encryption, by absolute path or key: public keys `age1…`, key files, and folders of
  /// key files.
  ///
  /// If empty, packages are plain.
  package var encryptTo: [String] = []
  /// The folder with the keys of the desks' passphrases, by absolute path, or ``plainDesk``; nil without a desk.
  package var passphrases: String?
  /// A desk whose data file is not encrypted.
  package static let plainDesk = "plain"

  package init() {}

  package init(
    _ selection: Selection, name: String? = nil, isCopy: Bool = false, formats: [PackageFormat] = [.csv],
    attributes: [Attribute] = Attribute.ofEveryPackage, encryptTo: [String] = [], passphrases: String? = nil
  ) {
    self.selection = selection
    self.name = name
    self.isCopy = isCopy && name != nil
    self.formats = PackageFormat.allCases.filter { formats.contains($0) }
    self.attributes = Attribute.allCases.filter { attributes.contains($0) }
    self.encryptTo = encryptTo
    self.passphrases = passphrases
  }

  /// The key file of a package's desk; nil without a desk, or with a plain one.
  func deskKeyFile(of name: String) -> String? {
    guard formats.contains(.desk), let passphrases, passphrases != Self.plainDesk else { return nil }
    return passphrases + "/" + name + ".desk"
  }
}
