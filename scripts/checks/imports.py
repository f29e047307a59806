#!/usr/bin/env python3
"""Holds every import against the layers: C, Platform, Domain (Chat first), adapters and Gateway, Host, jetbridge."""

import re
import sys

from swift_files import ROOT, code_only, files, name

IMPORT = re.compile(
    r"^[ \t]*(?:@\w+(?:\([^)]*\))?[ \t]+)*(?:(?:public|package|internal|fileprivate|private)[ \t]+)?"
    r"import[ \t]+(?:(?:struct|class|enum|protocol|func|var|let|typealias|actor)[ \t]+)?(\w+)", re.MULTILINE)

# Modules of the toolchain. Full Foundation would bring ICU: 45 MB for things that a server does not need.
SYSTEM = {"Glibc", "Swift", "Synchronization", "FoundationEssentials", "Builtin"}


def modules_of(folder):
    return {path.name for path in (ROOT / folder).iterdir() if path.is_dir()}


C = modules_of("Sources/C")
PLATFORM = modules_of("Sources/Platform")
DOMAIN = modules_of("Sources/Domain")
ADAPTERS = modules_of("adapters")
BELOW_HOST = PLATFORM | DOMAIN | ADAPTERS | {"Gateway", "Proxy"}


def allowed(parts):
    """What a file at these path parts may import of ours."""
    match parts:
        case ["Sources", "Platform", *_]:
            return C | PLATFORM
        case ["Sources", "Domain", "Chat", *_]:
            return set()
        case ["Sources", "Domain", *_]:
            return PLATFORM | DOMAIN
        case ["adapters", *_]:
            return PLATFORM | {"Chat"}
        case ["Sources", "Gateway" | "Proxy", *_]:
            return PLATFORM | DOMAIN
        case ["Sources", "Host", *_]:
            return BELOW_HOST
        case ["Sources", "jetbridge", *_]:
            return BELOW_HOST | {"Host"}
        case ["Sources", "JetbridgeTesting", *_]:
            return BELOW_HOST | {"CSystem"}
        case ["Sources", "jetbridge-bench", *_]:
            return BELOW_HOST | {"Host", "JetbridgeTesting", "CMarkGFM"}  # CMarkGFM: a peer to measure against
    return None


def main():
    ours = C | BELOW_HOST | {"Host", "jetbridge", "JetbridgeTesting"}
    mistakes = []
    for path in files("Sources", "adapters"):
        permitted = allowed(list(path.relative_to(ROOT).parts))
        if permitted is None:
            mistakes.append(f"{name(path)}: in no known layer")
            continue
        code = code_only(path.read_text())
        for match in IMPORT.finditer(code):
            module = match.group(1)
            where = f"{name(path)}:{code.count(chr(10), 0, match.start(1)) + 1}"
            if module in ours:
                if module not in permitted:
                    mistakes.append(f"{where}: may not import {module} (layers: docs/design.md)")
            elif module not in SYSTEM:
                hint = "; FoundationEssentials at most" if module == "Foundation" else ""
                mistakes.append(f"{where}: may not import {module}{hint}")
    for mistake in mistakes:
        print(mistake, file=sys.stderr)
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
