# SPDX-License-Identifier: MIT
"""The operator's key: ECDSA on P-384 with SHA-384, done by openssl. FIPS 186-5; SEC 1, 2.3.3 for the point."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from redoubt_manifest import wire
from redoubt_manifest.der import DerError, Element
from redoubt_manifest.refused import Refused

PRIVATE, PUBLIC, CONSTANT = "operator.pem", "operator.pub", "operator_key.h"
NUMBER_BYTES = wire.SIGNATURE_BYTES // 2
# The end of a public key in DER: an uncompressed point.
UNCOMPRESSED = b"\x04"
DER_INTEGER, DER_SEQUENCE = 0x02, 0x30
# A line before the key, which openssl skips (RFC 7468, 2): the operator's word that it is no key of the build's.
OWN_MARK = b"Redoubt: the operator's own key"


def _openssl(*words: str | Path, data: bytes = b"") -> bytes:
    answer = subprocess.run(["openssl", *map(str, words)], input=data, capture_output=True, check=False)
    if answer.returncode != 0:
        raise Refused(f"openssl {words[0]}: {answer.stderr.decode(errors='replace').strip()}")
    return answer.stdout


def public_bytes(private: Path) -> bytes:
    """X and Y, big endian."""
    der = _openssl("pkey", "-in", private, "-pubout", "-outform", "DER")
    if der[-wire.SIGNATURE_BYTES - 1 : -wire.SIGNATURE_BYTES] != UNCOMPRESSED:
        raise Refused(f"{private}: not a key of P-384")
    return der[-wire.SIGNATURE_BYTES :]


def is_own(private: Path) -> bool:
    """Whether the operator declares the key to be kept for this. All others are keys of development."""
    return OWN_MARK in (line.strip() for line in private.read_bytes().partition(b"-----BEGIN")[0].splitlines())


def generate(folder: Path) -> None:
    """A key pair in the folder, unless there is one; its public half for people and for VTL1's image."""
    folder.mkdir(parents=True, exist_ok=True)
    private = folder / PRIVATE
    if not private.exists():
        pem = _openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384")
        partial = folder / f"{PRIVATE}.{os.getpid()}"
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
        partial.rename(private)
    (folder / PUBLIC).write_bytes(_openssl("pkey", "-in", private, "-pubout"))
    numbers = [f"0x{byte:02x}," for byte in public_bytes(private)]
    lines = [" ".join(numbers[at : at + 12]) for at in range(0, len(numbers), 12)]
    head = "/* X and Y of the operator's public key on P-384, big endian. Made by tools/manifest keygen. */\n"
    kind = f"#define REDOUBT_OPERATOR_KEY_IS_OWN {int(is_own(private))}\n"
    (folder / CONSTANT).write_text(head + kind + "\n".join(lines) + "\n")


def sign(data: bytes, private: Path) -> bytes:
    """r and s, big endian."""
    der = _openssl("dgst", "-sha384", "-sign", private, "-binary", data=data)
    try:
        numbers = [int.from_bytes(part.value, "big") for part in Element.parse(der).children()]
    except DerError as error:
        raise Refused("openssl's signature cannot be read") from error
    return b"".join(number.to_bytes(NUMBER_BYTES, "big") for number in numbers)


def _integer(number: bytes) -> bytes:
    value = int.from_bytes(number, "big")
    text = value.to_bytes(value.bit_length() // 8 + 1, "big")
    return bytes([DER_INTEGER, len(text)]) + text


def verify(data: bytes, signature: bytes, public: Path) -> bool:
    """Whether the signature, r and s, is one over the data."""
    body = _integer(signature[:NUMBER_BYTES]) + _integer(signature[NUMBER_BYTES:])
    with tempfile.NamedTemporaryFile() as file:
        file.write(bytes([DER_SEQUENCE, len(body)]) + body)
        file.flush()
        command = ["openssl", "dgst", "-sha384", "-verify", str(public), "-signature", file.name]
        return subprocess.run(command, input=data, capture_output=True, check=False).returncode == 0
