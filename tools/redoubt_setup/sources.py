# SPDX-License-Identifier: MIT
"""apt's own list of mirrors, read so that another suite of the same mirror can be named."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from redoubt_setup.apt import SetupError


@dataclasses.dataclass(frozen=True)
class Source:
    """One mirror: where it is, which suites are taken from it, and with which key."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str = ""


def parse_one_line(text: str) -> list[Source]:
    """The `deb [options] uri suite components...` form."""
    found = []
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.+?)\s*(?:#.*)?$", line)
        if match:
            options, uri, suite, components = match.groups()
            key = re.search(r"signed-by=(\S+)", options or "")
            found.append(Source(uri, (suite,), tuple(components.split()), key.group(1) if key else ""))
    return found


def parse_deb822(text: str) -> list[Source]:
    """The `Types: deb` paragraphs form."""
    found = []
    for paragraph in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        for line in paragraph.splitlines():
            name, colon, value = line.partition(":")
            if colon and not line.startswith(("#", " ")):
                fields[name.lower()] = value.strip()
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() == "no":
            continue
        key = fields.get("signed-by", "")
        for uri in fields.get("uris", "").split():
            suites, components = fields.get("suites", "").split(), fields.get("components", "").split()
            found.append(Source(uri, tuple(suites), tuple(components), key if key.startswith("/") else ""))
    return found


def system_sources(etc: Path = Path("/etc/apt")) -> list[Source]:
    found = []
    for file in [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]:
        if file.is_file() and file.suffix == ".list":
            found += parse_one_line(file.read_text(errors="replace"))
        elif file.is_file() and file.suffix == ".sources":
            found += parse_deb822(file.read_text(errors="replace"))
    return found


def with_suite(known: list[Source], codename: str, suite: str) -> str:
    """A source list with everything known of this release, and `suite` of the same mirror."""
    lines = []
    for source in known:
        option = f"[signed-by={source.signed_by}] " if source.signed_by else ""
        for name in source.suites:
            if name == codename or name.startswith(f"{codename}-"):
                lines.append(f"deb {option}{source.uri} {name} main")
            if name == codename:
                lines.append(f"deb {option}{source.uri} {suite} main")
    if not any(f" {suite} " in line for line in lines):
        raise SetupError(f"apt's sources name no mirror of {codename}")
    return "\n".join(dict.fromkeys(lines)) + "\n"


def for_source_packages(known: list[Source], codename: str) -> str:
    """A source list with the source packages of this release, its updates and security fixes."""
    lines = []
    for source in known:
        option = f"[signed-by={source.signed_by}] " if source.signed_by else ""
        for name in source.suites:
            if name == codename or name.startswith(f"{codename}-"):
                lines.append(f"deb-src {option}{source.uri} {name} main")
    if not lines:
        raise SetupError(f"apt's sources name no mirror of {codename}")
    return "\n".join(dict.fromkeys(lines)) + "\n"
