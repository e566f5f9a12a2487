#!/usr/bin/env python3
"""Verifies a ledger folder with Python's standard library and openssl, sharing no code with the application.

usage: verify_ledger.py DIR LOG_NAME LOG_KEY.pem

Checks journal.jsonl (leaf hash, canonical JSON of the ledger's profile, sequence, chain), the RFC 6962 root at every
stored checkpoint, each checkpoint's C2SP note form, ECDSA key id and signature. Prints the size and root, exit 0; or
one line saying what is wrong, exit 1. Clocks, event schemas and disclosures are not checked.

PLANT=leaf-hash|chain|root|signature leaves that check out: a planted bug, to show that the tests would notice.
"""
import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile

PLANT = os.environ.get("PLANT", "")


class Wrong(Exception):
    pass


def check(name, good, message):
    if not good and PLANT != name:
        raise Wrong(message)


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def root(hashes):
    """The recursive definition of RFC 6962 section 2.1."""
    if not hashes:
        return sha(b"")
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return sha(b"\x01", root(hashes[:k]), root(hashes[k:]))


def no_duplicates(pairs):
    if len({key for key, _ in pairs}) != len(pairs):
        raise Wrong("duplicate key")
    return dict(pairs)


def whole(text):
    raise Wrong("a number that is not an integer")


def canonical(leaf):
    """RFC 8785 for the ledger's profile, in which numbers are integers and keys are ASCII."""
    value = json.loads(leaf, object_pairs_hook=no_duplicates, parse_float=whole, parse_constant=whole)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if text.encode() != leaf:
        raise Wrong("not canonical")
    return value


def journal(path):
    data = open(path, "rb").read()
    if data and not data.endswith(b"\n"):
        raise Wrong("torn last line")
    hashes = []
    previous = "0" * 64
    for n, line in enumerate(data.split(b"\n")[:-1]):
        stored, space, leaf = line[:64], line[64:65], line[65:]
        if space != b" ":
            raise Wrong(f"line {n}: form")
        digest = sha(b"\x00", leaf)
        check("leaf-hash", stored == digest.hex().encode(), f"line {n}: leaf hash")
        try:
            entry = canonical(leaf)
        except (ValueError, Wrong) as error:
            raise Wrong(f"line {n}: {error}") from None
        if entry.get("v") != 1 or entry.get("seq") != n:
            raise Wrong(f"line {n}: sequence")
        check("chain", entry.get("prev") == previous, f"line {n}: chain")
        previous = digest.hex()
        hashes.append(digest)
    return hashes


def signature_valid(text, signature, pem):
    with tempfile.TemporaryDirectory() as folder:
        message, sig = os.path.join(folder, "text"), os.path.join(folder, "sig")
        open(message, "wb").write(text)
        open(sig, "wb").write(signature)
        command = ["openssl", "dgst", "-sha256", "-verify", pem, "-signature", sig, message]
        return subprocess.run(command, capture_output=True).returncode == 0


def checkpoint(path, hashes, name, pem):
    note = open(path, "rb").read()
    text, _, signatures = note.rpartition(b"\n\n")
    text += b"\n"
    found = re.fullmatch(rb"([^\n]+)\n(0|[1-9][0-9]*)\n([A-Za-z0-9+/]{43}=)\n", text)
    if not found or found[1] != name.encode():
        raise Wrong(f"{path}: not a checkpoint of this log")
    size = int(found[2])
    if os.path.basename(path) != f"{size}.note":
        raise Wrong(f"{path}: name")
    if size > len(hashes):
        raise Wrong(f"{path}: covers {size} entries of {len(hashes)}")
    check("root", base64.b64decode(found[3]) == root(hashes[:size]), f"{path}: root")
    spki = subprocess.run(["openssl", "pkey", "-pubin", "-in", pem, "-outform", "DER"], capture_output=True, check=True)
    key_id = sha(spki.stdout)[:4]
    prefix = "\u2014 ".encode() + name.encode() + b" "
    ours = [base64.b64decode(line[len(prefix) :]) for line in signatures.split(b"\n") if line.startswith(prefix)]
    ours = [one[4:] for one in ours if one[:4] == key_id]
    check("signature", bool(ours) and all(signature_valid(text, one, pem) for one in ours), f"{path}: signature")


def main():
    folder, name, pem = sys.argv[1:]
    try:
        hashes = journal(os.path.join(folder, "journal.jsonl"))
        notes = os.path.join(folder, "checkpoints")
        for file in sorted(os.listdir(notes)):
            checkpoint(os.path.join(notes, file), hashes, name, pem)
    except Wrong as wrong:
        print(f"WRONG {wrong}")
        return 1
    print(f"OK {len(hashes)} {root(hashes).hex()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
