// Who gets which people, in which form, and how much of them: what the pipeline file says under `publish`.
// Invariant: values only. Rules that copy put the people whom they select into a package in addition; of all others the
// first that selects a facility is the only one that does. A recipient sees the attributes of its rule and no others.

package import Package

package struct PublishPolicy: Hashable, Sendable {
  /// How many days after the business date a package may be used.
  package var validDays = 3
  /// The file of the key that signs; nil leaves packages unsigned.
  package var signingKey: String?
  package var rules = [PackageRule()]
  /// Every so-many-th package of a recipient is full, those between hold what has changed; 1: all are full.
  package var checkpointEvery = 1
  /// Whether a package that should be encrypted and for which there is no key is left out; else nothing is published.
  package var leavesOutWithoutKey = false
  package var fhir = FHIRNames()

  package init() {}
}

/// Which facilities, and what they get.
package struct PackageRule: Hashable, Sendable {
  package enum Selection: Hashable, Sendable {
    case all
    /// By code; `*` stands for any characters, `?` for one.
    case facility(String)
    /// By the first two characters of the code, the province as it was before July 2025.
    case province(String)
  }

  package var selection = Selection.all
  /// One package of this name for all of them together; nil makes one for each facility.
  package var name: String?
  /// Whether the rules after it select as if it were absent.
  ///
  /// Such a rule has a name.
  package var isCopy = false
  /// In ascending order.
  package var formats = [PackageFormat.csv]
  /// In ascending order.
  package var attributes = Attribute.ofEveryPackage
  /// To whom its packages are encrypted: public keys, `age1…`, files of them and folders of such files, by their absolute
  /// paths; none leaves them plain.
  package var encryptTo: [String] = []

  package init() {}

  package init(
    _ selection: Selection, name: String? = nil, isCopy: Bool = false, formats: [PackageFormat] = [.csv],
    attributes: [Attribute] = Attribute.ofEveryPackage, encryptTo: [String] = []
  ) {
    self.selection = selection
    self.name = name
    self.isCopy = isCopy && name != nil
    self.formats = PackageFormat.allCases.filter { formats.contains($0) }
    self.attributes = Attribute.allCases.filter { attributes.contains($0) }
    self.encryptTo = encryptTo
  }
}
