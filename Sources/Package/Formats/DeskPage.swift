// The page of the desk: one HTML file with its style and program in it.
// Invariant: the same bytes in every package of a version, so that a facility can compare its digest with the published one.
// Its content security policy allows this style and this program by their digests, and no network.

import Seal

package enum DeskPage {
  static let program = "\"use strict\";\n" + parts.map(text).joined()

  private static let parts = [
    PackageResources.names_js, PackageResources.rules_js, PackageResources.data_js, PackageResources.page_js,
  ]

  /// Its elements, with places for what goes into it.
  static let template = text(PackageResources.desk_html)

  package static let html: String = {
    let style = text(PackageResources.desk_css)
    let policy = """
      default-src 'none'; script-src 'sha256-\(Digest.base64(of: program))'; \
      style-src 'sha256-\(Digest.base64(of: style))'; base-uri 'none'; form-action 'none'
      """
    return template.replacing("{policy}", with: policy).replacing("{style}", with: style)
      .replacing("{script}", with: program)
  }()

  /// The SHA-256 of its bytes.
  package static let digest = Digest.text(of: html)

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
