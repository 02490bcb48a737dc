"""Looks at every package below a folder with tools that know nothing of cardlink; see scripts/test-packages."""

import collections
import json
import logging
import pathlib
import subprocess
import sys

import bagit
from fhir.resources.R4B.coverage import Coverage
from fhir.resources.R4B.patient import Patient

# Findings are thrown, so they need not be logged.
logging.disable(logging.CRITICAL)
root = pathlib.Path(sys.argv[1])
seen = collections.Counter()


def kind(package):
    for line in (package / "bag-info.txt").read_text().splitlines():
        if line.startswith("Cardlink-Kind: "):
            return line.split(": ")[1]
    raise SystemExit(f"{package}: no kind")


def signed(folder):
    """Whether openssl finds the signature right, with the key that did not come in the package."""
    command = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", root / "publish.key.pub"]
    command += ["-in", folder / "tagmanifest-sha256.txt", "-sigfile", folder / "tagmanifest-sha256.txt.sig"]
    subprocess.run(command, check=True, capture_output=True)
    seen["signatures"] += 1


packages = sorted(path.parent for path in root.glob("var/packages/run-*/*/bagit.txt"))
encrypted = sorted(path.parent for path in root.glob("opened/run-*/*/bagit.txt"))
seen["encrypted"] = len(encrypted)
packages += encrypted + sorted(path.parent for path in root.glob("homes/*/current/bagit.txt"))
for package in packages:
    what = kind(package)
    seen[what] += 1
    bagit.Bag(str(package)).validate()
    signed(package / "proof" if what == "applied" else package)
    for table in ["people", "other-cards"]:
        xml = package / f"data/{table}.xml"
        if xml.exists():
            command = ["xmllint", "--noout", "--nonet", "--schema", package / f"data/{table}.xsd", xml]
            subprocess.run(command, check=True, capture_output=True)
            seen["XML files"] += 1
    for name, resource in [("Patient", Patient), ("Coverage", Coverage), ("OtherCoverage", Coverage)]:
        lines = package / "data/fhir" / f"{name}.ndjson"
        if lines.exists():
            for line in lines.read_text().splitlines():
                resource.model_validate(json.loads(line))
                seen[f"{name} lines"] += 1

# Prove that the tool refuses a change: flip one bit of one file.
victim = next(package for package in packages if kind(package) == "full") / "data/people.csv"
text = bytearray(victim.read_bytes())
text[-2] ^= 1
victim.write_bytes(text)
try:
    bagit.Bag(str(victim.parent.parent)).validate()
    raise SystemExit("bagit did not find the altered file")
except bagit.BagValidationError:
    pass

# `apply` gives the same from encrypted and from plain packages.
for name in ["people.csv", "people.xml", "fhir/Patient.ndjson"]:
    sealed, plain = (root / f"homes/{home}/current/data" / name for home in ["sealed-people", "all-people"])
    if sealed.read_bytes().replace(b"sealed-people", b"all-people") != plain.read_bytes():
        raise SystemExit(f"{name} differs between encrypted and plain packages")

for word in ["full", "delta", "applied", "encrypted", "XML files", "Patient lines", "Coverage lines"]:
    if not seen[word]:
        raise SystemExit(f"nothing to look at: {word}")
print(", ".join(f"{word}: {count}" for word, count in seen.items()))
