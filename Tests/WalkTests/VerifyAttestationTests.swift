// The commands for attestations that need no pipeline: keys, their set, and the check of a presentation.

import Attest
import Foundation
import Support
import Testing
import Values

@Suite("Attestations on the command line")
struct VerifyAttestationTests {
  @Test("keys are made, shown as a set, and check what they signed", arguments: [[], ["--ed25519"]])
  func commands(kind: [String]) throws {
    let workshop = try Workshop()
    let path = workshop.path + "/attest.key"
    let made = try Cardlink.run(["keys", "attestation", path] + kind)
    let key = try AttestationKey(file: path)
    #expect(made.exit == 0 && made.output.contains(key.jwk.thumbprint))
    #expect(try Cardlink.run(["keys", "attestation", path]).exit == 73)
    let set = try Cardlink.run(["keys", "jwks", path + ".pub"])
    #expect(set.exit == 0 && PublicJWK.keys(in: set.output) == [key.jwk])
    let keys = try workshop.file(set.output.utf8, named: "jwks.json")

    var content = AttestationContent()
    content.attributes = [("full_name", "NGUYỄN VĂN AN"), ("sex", "male")]
    let noon = 1_795_000_000
    (content.issuedAt, content.expires, content.asOf) = (noon, noon + 86_400, "2026-11-23")
    var writer = AttestationWriter(key: key, issuer: "https://issuer.example")
    var text: [UInt8] = []
    try writer.append(content, to: &text)
    let file = try workshop.file(text, named: "card.sdjwt")
    let command = ["verify-attestation", file, "--key", keys, "--output", "csv", "--at"]
    let good = try Cardlink.run(command + ["2026-11-18T22:00:00Z"])
    #expect(good.exit == 0, "\(good.errors)")
    #expect(good.output.contains("full_name,NGUYỄN VĂN AN") && good.errors.contains("bound to no key"))
    let late = try Cardlink.run(command + ["2026-11-30T22:00:00Z"])
    #expect(late.exit == 65 && late.output.contains("\nexpired,"))
    let missing = try Cardlink.run(["verify-attestation", file, "--key", workshop.path + "/none"])
    #expect(missing.exit == 66)
    let typeText = try Cardlink.run(["keys", "attestation-type"])
    #expect(typeText.output.contains("\"vct\": \"\(AttestationType.vct)\""))
  }
}
