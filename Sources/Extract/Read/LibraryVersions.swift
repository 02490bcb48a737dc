// The versions of libxml2 and zlib of this process and of the build, which doctor compares.

internal import CLibXML2
import CZlib

/// A C library: the version it was built for, and the one it runs with.
package struct LibraryVersion: Hashable, Sendable {
  package var name: String
  package var built: String
  package var running: String

  package init(name: String, built: String, running: String) {
    self.name = name
    self.built = built
    self.running = running
  }
}

package enum ExtractLibraries {
  package static var versions: [LibraryVersion] {
    // 20914, followed by letters in some builds.
    let text = unsafe cardlink_xml_version().map { unsafe String(cString: $0) } ?? ""
    let number = Int(text.prefix { $0.isNumber }) ?? 0
    let xml = "\(number / 10_000).\(number / 100 % 100).\(number % 100)"
    return [
      LibraryVersion(name: "libxml2", built: LIBXML_DOTTED_VERSION, running: xml),
      LibraryVersion(name: "zlib", built: ZLIB_VERSION, running: unsafe String(cString: zlibVersion())),
    ]
  }
}
