# SPDX-License-Identifier: MIT
"""Commands of tools/manifest."""

from __future__ import annotations

import argparse
import bisect
import sys
from collections import Counter
from pathlib import Path

from redoubt_manifest import authenticode, build, check, dump, extras, file, image, kallsyms, release, signing, wire
from redoubt_manifest.refused import Refused

POLICIES = {"text": wire.POLICY_TEXT, "registers": wire.POLICY_REGISTERS, "patching": wire.POLICY_PATCHING,
            "data": wire.POLICY_DATA, "modules": wire.POLICY_MODULES}
MODES = {"off": wire.MODE_OFF, "audit": wire.MODE_AUDIT, "enforce": wire.MODE_ENFORCE}
MOST_FINDINGS_SHOWN = 20


def _minimum(text: str) -> tuple[int, int]:
    policy, _, mode = text.partition("=")
    if policy not in POLICIES or mode not in MODES:
        raise argparse.ArgumentTypeError(f"one of {', '.join(POLICIES)} = one of {', '.join(MODES)}")
    return POLICIES[policy], MODES[mode]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tools/manifest", description=__doc__)
    commands = parser.add_subparsers(dest="what", required=True)
    make = commands.add_parser("make", help="from an unpacked kernel package, signed")
    make.add_argument("kernel", type=Path, metavar="DIR", help="with vmlinuz and release, as build/kernels/NAME")
    make.add_argument("--out", type=Path, required=True, metavar="FILE")
    make.add_argument("--key", type=Path, required=True, metavar="FILE", help="the operator's private key")
    make.add_argument("--minimum", type=_minimum, action="append", default=[], metavar="POLICY=MODE",
                      help="a mode that VTL1 must not go below (off)")
    keygen = commands.add_parser("keygen", help="the operator's key pair, unless it is there")
    keygen.add_argument("folder", type=Path, metavar="DIR")
    show = commands.add_parser("show", help="header, sizes and counts")
    show.add_argument("manifest", type=Path, metavar="FILE")
    show.add_argument("--key", type=Path, metavar="FILE", help="also verify the signature with this public key")
    names = commands.add_parser("symbol", help="the function at an offset from _text")
    names.add_argument("manifest", type=Path, metavar="FILE")
    names.add_argument("offset", nargs="+", type=lambda text: int(text, 0), metavar="OFFSET")
    take = commands.add_parser("dump", help="the kernel's memory in a virtual machine")
    dump.add_options(take)
    against = commands.add_parser("check", help="a dump against a manifest, as VTL1 does at seal")
    against.add_argument("manifest", type=Path, metavar="FILE")
    against.add_argument("--dump", type=Path, required=True, metavar="DIR")
    return parser.parse_args()


def make(options: argparse.Namespace) -> int:
    path = options.kernel / "vmlinuz"
    name, vmlinuz = str(path), path.read_bytes()
    authenticode.verify(name, vmlinuz)
    about, expected = release.of(name, vmlinuz), (options.kernel / "release").read_text().strip()
    if about.name != expected:
        raise Refused(f"{name}: another kernel: {about.name}, not {expected}")
    kernel = image.parse(name, image.unpack(name, vmlinuz))
    signed, body = file.unsigned(build.content(about, kernel, kallsyms.decode(kernel)), dict(options.minimum))
    partial = options.out.with_suffix(".partial")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    partial.write_bytes(signed + signing.sign(signed, options.key) + body)
    partial.rename(options.out)
    return 0


def show(options: argparse.Namespace) -> int:
    manifest = file.read(options.manifest)
    if options.key and not signing.verify(manifest.signed, manifest.signature, options.key):
        raise Refused(f"{options.manifest}: not signed with {options.key}")
    print(f"release {manifest.release}, version {manifest.version}, image of {manifest.image_bytes} bytes")
    for kind, data in manifest.sections.items():
        print(f"  {wire.SECTION_TITLES.get(kind, str(kind)):12} {len(data):9} bytes")
    print(f"  for VTL1     {sum(len(data) for kind, data in manifest.sections.items() if kind < wire.SECTION_TOOLS):9} bytes")
    counts = Counter(kind for _, kind, *_ in manifest.rows(wire.SECTION_SITES, wire.SITE))
    for kind, count in sorted(counts.items()):
        print(f"  {wire.SITE_TITLES[kind]:12} {count:9} sites")
    return 0


def symbol(options: argparse.Namespace) -> int:
    known = extras.read_names(file.read(options.manifest).sections[wire.SECTION_NAMES])
    for offset in options.offset:
        number = bisect.bisect_right(known, (offset, chr(0x10FFFF))) - 1
        print(f"{offset:#x} {known[number][1]}+{offset - known[number][0]:#x}" if number >= 0 else f"{offset:#x} ?")
    return 0


def compare(options: argparse.Namespace) -> int:
    manifest, taken = file.read(options.manifest), dump.Dump.read(options.dump)
    if taken.release != manifest.release:
        raise Refused(f"{options.dump}: another kernel: {taken.release}, not {manifest.release}")
    disorder = check.disorder(manifest)
    checker = check.Checker(manifest, taken.data, taken.slide)
    findings = checker.run()
    for problem in disorder[:MOST_FINDINGS_SHOWN]:
        print(f"manifest: {problem}")
    for finding in findings[:MOST_FINDINGS_SHOWN]:
        print(f"{finding.kind} at {finding.offset:#x}: {finding.found.hex()}")
    totals: Counter[str] = Counter()
    for finding in findings:
        totals[finding.kind] += finding.length
    for kind, count in sorted(checker.checked.items()):
        print(f"{kind}: {count} checked, {totals[kind]} bytes unexplained")
    print(f"{sum(totals.values())} bytes unexplained")
    return 1 if findings or disorder else 0


def main() -> int:
    options = parse_arguments()
    try:
        if options.what == "make":
            return make(options)
        if options.what == "show":
            return show(options)
        if options.what == "check":
            return compare(options)
        if options.what == "symbol":
            return symbol(options)
        if options.what == "dump":
            dump.take(options.machine, options.before).write(options.out)
        else:
            signing.generate(options.folder)
    except (Refused, OSError) as error:
        print(f"manifest: {error}", file=sys.stderr)
        return 1
    return 0


sys.exit(main())
