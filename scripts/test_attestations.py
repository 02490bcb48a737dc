"""Checks attestations with other people's programs; see scripts/test-attestations."""

import base64
import csv
import hashlib
import json
import shutil
import subprocess
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

import jwt
from jwcrypto.jwk import JWK
from openvc.keys import Ed25519SigningKey, P256SigningKey
from openvc.proof.sd_jwt import SdJwtVcProofSuite
from openvc.status.token_status_list import check_token_status
from sd_jwt.verifier import SDJWTVerifier

program, folder = Path(sys.argv[1]), Path(sys.argv[2])
pipeline, issuer = folder / "pipeline.yaml", "https://attest.example.vn"
now = int(time.time())
passed = 0


def check(is_right, what):
    global passed
    if not is_right:
        sys.exit(f"test-attestations: {what}")
    passed += 1


def cardlink(*arguments, exit=0):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    check(done.returncode == exit, f"{arguments} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def refused(action):
    try:
        action()
    except Exception:  # each library has its own
        return True
    return False


def day(moment):
    """The day in Việt Nam."""
    return datetime.fromtimestamp(moment + 7 * 3600, timezone.utc).strftime("%Y-%m-%d")


def text(moment):
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


# Three persons with cards; each has a key of its own.
persons = {"001090000017": "NGUYỄN VĂN AN", "001090000024": "TRẦN THỊ BÌNH", "001090000031": "LÊ HÒA"}


def exports(with_cards):
    rows = [f"{number},{name},1990-03-05,1" for number, name in persons.items()]
    (folder / "p.csv").write_text("A,B,C,D\n" + "\n".join(rows) + "\n")
    rows = [f"{n},{n},{persons[n]},1990-03-05,1,01028,2020-01-01,2099-12-31" for n in with_cards]
    (folder / "i.csv").write_text("N,A,B,C,D,F,V,W\n" + "\n".join(rows) + "\n")


def configure(key):
    fields = "{ personal_id: A, full_name: B, birth_date: C, sex: D"
    pipeline.write_text(f"""
name: attestations
workspace: var
exports:
  population:
    {{ format: csv, files: [p.csv], fields: {fields} }}, values: {{ sex: {{ "1": male }} }}, dates: [yyyy-MM-dd] }}
  insurance:
    format: csv
    files: [i.csv]
    fields: {fields}, insurance_number: N, facility_code: F, valid_from: V, valid_to: W }}
    values: {{ sex: {{ "1": male }} }}
    dates: [yyyy-MM-dd]
store: {{ sqlite: var/s.sqlite }}
publish:
  attestations: {{ key: {key}, issuer: "{issuer}", places: 1024 }}
  consumers:
    - consumer: wallet-a
      purpose: {{ vi: Ví điện tử, en: Electronic wallet }}
      basis: agreement
      until: 2099-12-31
      attest: true
      identifier: number
      release: [{{ attribute: full_name, as: exact }}, {{ attribute: facility_code, as: exact }}]
      retention_days: 1
      requests:
        format: csv
        fields: {{ personal_id: So, reference: Ma, holder_jwk: Khoa, proof: BangChung }}
        dates: [yyyy-MM-dd]
""")


def attest(holders, moment):
    """Requests an attestation for each holder, and returns the lines of the answer."""
    with open(folder / "in.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["So", "Ma", "Khoa", "BangChung"])
        for number, holder in holders.items():
            public = holder.public_jwk()
            proof = jwt.encode(
                {"aud": issuer, "iat": moment - 5},
                holder._sk,
                algorithm="ES256" if public["kty"] == "EC" else "EdDSA",
                headers={"typ": "openid4vci-proof+jwt", "jwk": public},
            )
            writer.writerow([number, f"r-{number}", json.dumps(public), proof])
    out = folder / f"out-{len(list(folder.glob('out-*')))}"
    cardlink("attest", pipeline, "--consumer", "wallet-a", "--requests", folder / "in.csv", "--to", out, "--at", text(moment))
    (package,) = out.iterdir()
    cardlink("verify", package, "--on", day(moment))
    with open(package / "data" / "answers.csv", newline="") as file:
        lines = list(csv.DictReader(file))
    check(all(line["result"] == "issued" for line in lines), f"results: {[line['result'] for line in lines]}")
    return [line["attestation"] for line in lines]


def presented(attestation, names, holder, moment=None, nonce="n-1"):
    """What a wallet shows: the disclosures with some names, bound to the checker."""
    jws, *disclosures, _ = attestation.split("~")
    chosen = [d for d in disclosures if json.loads(base64.urlsafe_b64decode(d + "=="))[1] in names]
    shown = "".join(part + "~" for part in [jws, *chosen])
    if moment is None:
        return SdJwtVcProofSuite().create_presentation(shown, holder_key=holder, audience="facility:01028", nonce=nonce)
    digest = base64.urlsafe_b64encode(hashlib.sha256(shown.encode()).digest()).rstrip(b"=").decode()
    claims = {"iat": moment, "aud": "facility:01028", "nonce": nonce, "sd_hash": digest}
    algorithm = "ES256" if holder.public_jwk()["kty"] == "EC" else "EdDSA"
    return shown + jwt.encode(claims, holder._sk, algorithm=algorithm, headers={"typ": "kb+jwt"})


class Verifier(SDJWTVerifier):
    """The reference implementation, which looks for ES256 alone in key bindings unless it is told the algorithm."""

    def _verify_key_binding_jwt(self, audience, nonce):
        is_p256 = self._holder_public_key_payload["jwk"]["kty"] == "EC"
        super()._verify_key_binding_jwt(audience, nonce, "ES256" if is_p256 else "EdDSA")


def by_reference(shown, key):
    """The reference implementation of SD-JWT: structure and signatures."""
    return Verifier(shown, lambda _issuer, _header: JWK(**key), "facility:01028", "n-1").get_verified_payload()


def by_openvc(shown, key, nonce="n-1"):
    return SdJwtVcProofSuite().verify(
        shown, public_key_jwk=key, audience="facility:01028", nonce=nonce, require_key_binding=True,
        expected_vct="urn:x-cardlink:health-insurance-card:1",
    )


def by_us(shown, *more, exit=0):
    (folder / "shown").write_text(shown)
    asked = ["--key", folder / "jwks.json", "--audience", "facility:01028", "--nonce", "n-1", "--output", "json"]
    return json.loads(cardlink("verify-attestation", folder / "shown", *asked, *more, exit=exit))


def answer(shown, *more):
    return by_us(shown, *more, exit=65)[0]["fault"]


def lists():
    return ["--status", folder / "var" / "attestations" / "published"]


for kind, make in ((None, P256SigningKey), ("--ed25519", Ed25519SigningKey)):
    key_file = folder / f"attest{kind or ''}.key"
    cardlink("keys", "attestation", key_file, *([kind] if kind else []))
    (folder / "jwks.json").write_text(cardlink("keys", "jwks", f"{key_file}.pub"))
    key = json.loads((folder / "jwks.json").read_text())["keys"][0]
    check(key["kid"] == JWK(**key).thumbprint(), "kid is the thumbprint of RFC 7638")
    shutil.rmtree(folder / "var", ignore_errors=True)
    exports(persons)
    configure(key_file)
    cardlink("run", pipeline, "--as-of", day(now - 2 * 86_400))
    cardlink("policy", "approve", "wallet-a", pipeline)
    holders = {number: make.generate("holder") for number in persons}
    (an, binh, _) = holders.values()

    # The first of all: what is right in all but its time. The reference implementation takes it, we don't.
    old = attest({next(iter(persons)): an}, now - 60 * 86_400)[0]
    late = presented(old, ["full_name"], an)
    check(by_reference(late, key)["full_name"] == "NGUYỄN VĂN AN", "sd-jwt takes an expired attestation")
    check(refused(lambda: by_openvc(late, key)), "openvc refuses an expired attestation")
    check(answer(late) == "expired", "an expired attestation is refused")

    issued = attest(holders, now)
    cardlink("run", pipeline, "--as-of", day(now - 86_400))
    shown = presented(issued[0], ["full_name", "facility_code"], an)
    for claims in (by_reference(shown, key), by_openvc(shown, key).claims):
        check(claims["full_name"] == "NGUYỄN VĂN AN" and claims["facility_code"] == "01028", "what is disclosed is read")
        check("personal_id" not in claims, "what is not disclosed stays hidden")
    ours = {row["claim"]: row["value"] for row in by_us(shown, *lists())}
    check(ours["full_name"] == "NGUYỄN VĂN AN" and "personal_id" not in ours, "our own check reads the same")

    # A binding of two hours ago, which the reference implementation takes too.
    stale = presented(issued[0], ["full_name"], an, moment=now - 7200)
    by_reference(stale, key)
    check(refused(lambda: by_openvc(stale, key)) and answer(stale) == "key_binding_old", "an old key binding is refused")
    foreign = presented(issued[0], ["full_name"], binh)
    check(refused(lambda: by_openvc(foreign, key)) and answer(foreign) == "key_binding_signature", "another holder's key")
    again = presented(issued[0], ["full_name"], an, nonce="n-0")
    check(refused(lambda: by_openvc(again, key)) and answer(again) == "wrong_nonce", "another nonce")
    changed = shown.replace(shown[200], "A" if shown[200] != "A" else "B", 1)
    check(refused(lambda: by_openvc(changed, key)) and refused(lambda: by_reference(changed, key)), "a changed letter")
    answer(changed)

    # A card is removed: the next run's list says so, to everybody.
    exports(list(persons)[1:])
    cardlink("run", pipeline, "--as-of", day(now))
    published = next((folder / "var" / "attestations" / "published").glob("*.jwt")).read_text()
    public = jwt.PyJWK(key | {"alg": "ES256" if key["kty"] == "EC" else "EdDSA"}).key
    algorithms = ["ES256"] if key["kty"] == "EC" else ["EdDSA", "Ed25519"]
    if key["kty"] == "EC":
        token = jwt.decode(published, public, algorithms=algorithms)
    else:
        head, body, signature = published.split(".")
        public.verify(base64.urlsafe_b64decode(signature + "=="), f"{head}.{body}".encode())
        token = json.loads(base64.urlsafe_b64decode(body + "=="))
    statuses = [
        check_token_status(by_openvc(presented(one, [], holder), key).claims, resolve_status_list_token=lambda _uri: token).status
        for one, holder in zip(issued, holders.values())
    ]
    check(statuses == [1, 0, 0], f"openvc reads our list: {statuses}")
    check(answer(presented(issued[0], [], an), *lists()) == "revoked", "a removed card is revoked")
    by_us(presented(issued[1], [], binh), *lists())

print(f"attestations: {passed} checks passed")
