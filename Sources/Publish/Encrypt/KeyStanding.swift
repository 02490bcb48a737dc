// Checks for `doctor` whether the next publication's packages can be encrypted.
// Invariant: writes nothing; the result holds names of files and packages, never a key.

import Files
import Glibc
import Seal
package import Values

/// The result of the check.
package struct KeyStanding: Sendable, Hashable {
  /// Packages to encrypt: those of the publication in force under today's rules, and those with a name of
  /// their own.
  package var packages = 0
  /// The packages without a key, ascending.
  package var missing: [String] = []
  /// Whether the facilities with packages are known, which they are after the first publication.
  package var knowsFacilities = false
  /// Key files that were read.
  package var files = 0
  /// A file or folder of keys that other users can change: they could add a key of their own.
  package var changeableByOthers: String?
}

extension PublishPolicy {
  /// Looks at the keys that a publication needs, before hours of work: the one that signs, the files of keys, and a key for
  /// each package that is known to come.
  ///
  /// - Parameters:
  ///   - folder: where the packages are published; the publication in force there names the facilities.
  ///   - facilities: the table of facilities, whose successors need keys as well.
  /// - Throws: what publishing throws for want of a key.
  package func checkKeys(packagesIn folder: String, _ facilities: Facilities) throws(Stop) {
    if let signingKey { _ = try SigningKey(file: signingKey) }
    guard encrypts else { return }
    try PackageKeys(self).check(
      knownPackages(in: folder, facilities).packages, Recipients(rules, facilities))
  }

  /// The keys of the packages with a name, and of those of the facilities that the publication in force names.
  private func knownPackages(
    in folder: String, _ facilities: Facilities
  ) throws(Stop) -> (packages: Set<UInt64>, hasPublication: Bool) {
    var recipients = Recipients(rules, facilities)
    var packages = Set(recipients.keysOfNamedPackages)
    guard let manifest = try RunManifest.inForce(in: folder) else { return (packages, false) }
    for name in manifest.folders.map(\.recipient) + (manifest.leftOut ?? []) {
      // A name that is not a facility code belongs to a package of today's rules or of earlier ones.
      guard let code = ShortCode(Array(name.utf8).span), code.namesAFile else { continue }
      let place = recipients.place(of: code)
      packages.formUnion(recipients.keys[place.packages])
    }
    return (packages, true)
  }

  package var encrypts: Bool {
    rules.contains { !$0.encryptTo.isEmpty || $0.deskKeyFile(of: "") != nil }
  }

  /// Reads all keys that the rules name.
  ///
  /// - Parameters:
  ///   - folder: where the packages are published.
  ///   - facilities: the table of facilities, whose successors need keys as well.
  /// - Throws: ``Stop`` with ``Exit/pipelineWrong`` if a key file is missing or malformed.
  package func keyStanding(packagesIn folder: String, _ facilities: Facilities) throws(Stop) -> KeyStanding {
    var standing = KeyStanding()
    let keys = try PackageKeys(self)
    for source in Set(rules.flatMap(\.encryptTo)).sorted() where !source.hasPrefix("age1") {
      let isFolder = try Folder.isFolder(source + "/.")
      let files =
        isFolder
        ? try Folder.names(in: source).filter { $0.hasSuffix(".pub") }.map { source + "/" + $0 } : [source]
      // Publishing reads the files of a folder when a package needs them; this check reads all of them.
      if isFolder { for file in files { try PackageKeys.check(file: file) } }
      standing.files += files.count
      for path in [source] + files where standing.changeableByOthers == nil {
        if try Self.othersMayChange(path) { standing.changeableByOthers = path }
      }
    }
    let known = try knownPackages(in: folder, facilities)
    standing.knowsFacilities = known.hasPublication
    let found = try keys.lookUp(known.packages, Recipients(rules, facilities))
    (standing.packages, standing.missing) = (found.encrypted, found.missing.sorted())
    return standing
  }

  private static func othersMayChange(_ path: String) throws(Stop) -> Bool {
    try (FileAttributes(of: path)?.rights ?? 0) & 0o022 != 0
  }
}
