// Whether the packages of the next publication can be encrypted: what doctor asks of the keys that the rules name.
// Invariant: nothing is written, and what is found holds names of files and packages, never a key.
// Load: 13,000 facilities, each with a file of its own; once in a while.

import Files
import Glibc
package import Values

/// What the keys are good for.
package struct KeyStanding: Sendable, Hashable {
  /// Packages that are to be encrypted: those of the publication in force, by the rules of now, and those with a name.
  package var packages = 0
  /// Those of them without a key, ascending.
  package var missing: [String] = []
  /// Whether the facilities that have packages are known: after the first publication.
  package var knowsFacilities = false
  /// Files of keys that were read.
  package var files = 0
  /// A file or folder of keys that others may change, and so have packages encrypted to a key of theirs.
  package var changeableByOthers: String?
}

extension PublishPolicy {
  package var encrypts: Bool { rules.contains { !$0.encryptTo.isEmpty } }

  /// Looks at all keys that the rules name.
  ///
  /// - Parameter folder: where the packages are published.
  /// - Throws: ``Stop`` with ``Exit/pipelineWrong`` if a file of keys is missing or holds something else.
  package func keyStanding(packagesIn folder: String) throws(Stop) -> KeyStanding {
    var standing = KeyStanding()
    let keys = try PackageKeys(self)
    for source in Set(rules.flatMap(\.encryptTo)).sorted() where !source.hasPrefix("age1") {
      let isFolder = Folder.isFolder(source + "/.")
      let files =
        isFolder
        ? Folder.names(in: source).filter { $0.hasSuffix(".pub") }.map { source + "/" + $0 } : [source]
      // Those of a folder are read when a package asks for them; here also the others.
      if isFolder { for file in files { try PackageKeys.check(file: file) } }
      standing.files += files.count
      for path in [source] + files where standing.changeableByOthers == nil && Self.othersMayChange(path) {
        standing.changeableByOthers = path
      }
    }
    var recipients = Recipients(rules)
    var packages = Set(recipients.keysOfNamedPackages)
    if let manifest = try RunManifest.inForce(in: folder) {
      standing.knowsFacilities = true
      for name in manifest.folders.map(\.recipient) + (manifest.leftOut ?? []) {
        // What is no code is the name of a package, of the rules of now or of then.
        guard let code = ShortCode(Array(name.utf8).span), code.namesAFile else { continue }
        let place = recipients.place(of: code)
        packages.formUnion(recipients.keys[place.packages])
      }
    }
    let found = try keys.lookUp(packages, recipients)
    (standing.packages, standing.missing) = (found.encrypted, found.missing.sorted())
    return standing
  }

  private static func othersMayChange(_ path: String) -> Bool {
    var info = stat()
    return unsafe stat(path, &info) == 0 && info.st_mode & 0o022 != 0
  }
}
