# SPDX-License-Identifier: MIT
"""The signature inside a kernel image: is this file, byte for byte, one that Debian signed?

What is anchored: the certificate "Debian Secure Boot CA", by the SHA-256 of its DER form. The file comes
from Debian's package shim-unsigned; shim, which Microsoft signs, has the same certificate inside. The
signer's certificate travels in the image and is accepted because that authority has signed it.

Formats: Microsoft, "Windows Authenticode Portable Executable Signature Format" (2008); PE specification,
"Attribute Certificate Table". As firmware does, dates are not looked at: a kernel does not go bad with age.
"""

from __future__ import annotations

import hashlib
import struct
import subprocess
import tempfile
from pathlib import Path

from redoubt_manifest.der import DerError, Element
from redoubt_manifest.refused import Refused

CA_FILE = Path("/usr/share/shim/debian-uefi-ca.der")
CA_SHA256 = "079646974bce09b1f04da67bd722d1fb0947ae4c4010bccdbba52d5b23cbf1a2"

SECURITY_DIRECTORY = 4
PKCS_SIGNED_DATA = 2
OID_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
OID_SPC_INDIRECT_DATA = bytes.fromhex("2b060104018237020104")
OID_SHA256 = bytes.fromhex("608648016503040201")


class _Pe:
    """Where the fields lie that a signature leaves out, and the signature itself."""

    def __init__(self, name: str, data: bytes) -> None:
        try:
            (header,) = struct.unpack_from("<I", data, 0x3C)
            signature, magic = data[header : header + 4], struct.unpack_from("<H", data, header + 24)[0]
            if data[:2] != b"MZ" or signature != b"PE\0\0" or magic != 0x20B:
                raise Refused(f"{name}: not a 64-bit PE image")
            optional = header + 24
            (directory_count,) = struct.unpack_from("<I", data, optional + 108)
            if directory_count <= SECURITY_DIRECTORY:
                raise Refused(f"{name}: not signed")
            self.checksum = optional + 64
            self.directory = optional + 112 + 8 * SECURITY_DIRECTORY
            self.table, size = struct.unpack_from("<II", data, self.directory)
            if not size:
                raise Refused(f"{name}: not signed")
            if self.table < self.directory + 8 or self.table + size != len(data):
                raise Refused(f"{name}: truncated, or something follows the signature")
            length, _, kind = struct.unpack_from("<IHH", data, self.table)
            if kind != PKCS_SIGNED_DATA or not 8 < length <= size or (length + 7) // 8 * 8 != size:
                raise Refused(f"{name}: not one PKCS #7 signature")
            self.pkcs7 = data[self.table + 8 : self.table + length]
        except struct.error as error:
            raise Refused(f"{name}: truncated") from error

    def digest(self, data: bytes) -> bytes:
        parts = (data[: self.checksum], data[self.checksum + 4 : self.directory], data[self.directory + 8 : self.table])
        return hashlib.sha256(b"".join(parts)).digest()


def _signed_content(name: str, pkcs7: bytes) -> tuple[bytes, bytes]:
    """What the signature is over: SpcIndirectDataContent without its own tag and length; the digest in it."""
    try:
        content_type, signed_data = Element.parse(pkcs7).children()
        _, _, content_info, *_ = signed_data.children()[0].children()
        inner_type, explicit = content_info.children()
        indirect = explicit.children()[0]
        _, digest_info = indirect.children()
        algorithm, digest = digest_info.children()
        known = (content_type.value, inner_type.value, algorithm.children()[0].value)
    except (DerError, ValueError, IndexError) as error:
        raise Refused(f"{name}: its signature cannot be read") from error
    if known != (OID_SIGNED_DATA, OID_SPC_INDIRECT_DATA, OID_SHA256):
        raise Refused(f"{name}: its signature is not an Authenticode one with SHA-256")
    return indirect.value, digest.value


def _authority(path: Path) -> bytes:
    """The authority's certificate as PEM, after comparison with the pinned digest."""
    try:
        der = path.read_bytes()
    except OSError as error:
        raise Refused(f"{path}: not there; package shim-unsigned has it") from error
    if hashlib.sha256(der).hexdigest() != CA_SHA256:
        raise Refused(f"{path}: not the Debian Secure Boot CA that this tool knows")
    return subprocess.run(["openssl", "x509", "-inform", "DER"], input=der, capture_output=True, check=True).stdout


def verify(name: str, data: bytes, ca_file: Path = CA_FILE) -> None:
    """Refuses an image that Debian did not sign, or that was changed since.

    @param name what messages call it
    """
    pe = _Pe(name, data)
    content, digest = _signed_content(name, pe.pkcs7)
    if digest != pe.digest(data):
        raise Refused(f"{name}: changed after it was signed (its digest is not the signed one)")
    with tempfile.TemporaryDirectory() as folder:
        files = {"ca.pem": _authority(ca_file), "pkcs7.der": pe.pkcs7, "content": content}
        for file, text in files.items():
            Path(folder, file).write_bytes(text)
        command = ["openssl", "smime", "-verify", "-inform", "DER", "-in", "pkcs7.der", "-content", "content",
                   "-CAfile", "ca.pem", "-no-CApath", "-no-CAstore", "-purpose", "any", "-no_check_time", "-out", "/dev/null"]
        answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise Refused(f"{name}: not signed by Debian's Secure Boot CA")
