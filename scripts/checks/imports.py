#!/usr/bin/env python3
"""Checks every import against the layers (C, Platform, Domain with Chat first, adapters and Gateway, Host, jetbridge) and
against the dependencies in Package.swift."""

import json
import re
import subprocess
import sys

from swift_files import ROOT, code_only, files, name

IMPORT = re.compile(
    r"^[ \t]*(?:@\w+(?:\([^)]*\))?[ \t]+)*(?:(?:public|package|internal|fileprivate|private)[ \t]+)?"
    r"import[ \t]+(?:(?:struct|class|enum|protocol|func|var|let|typealias|actor)[ \t]+)?(\w+)", re.MULTILINE)

TURN_WORKER = re.compile(r"\b(?:struct|class|actor|enum|extension)\s+[\w.]+[^{]*:[^{]*\bTurnWorker\b[^{]*\{")

# Modules of the toolchain. Full Foundation would add ICU: 45 MB that a server does not need.
SYSTEM = {"Glibc", "Swift", "Synchronization", "FoundationEssentials", "Builtin"}
TESTING = "Testing"  # only for what helps tests


def modules_of(folder):
    return {path.name for path in (ROOT / folder).iterdir() if path.is_dir()}


C = modules_of("Sources/C")
PLATFORM = modules_of("Sources/Platform")
DOMAIN = modules_of("Sources/Domain")
ADAPTERS = modules_of("adapters")
KIT = "Kit"  # what every adapter needs; it knows none of them
# What each Domain target may import of the others. Chat comes first: it imports no target at all.
ARROWS = {
    "Chat": set(),
    "Words": set(),
    "Models": {"Chat"},  # no provider of its own, least of all Copilot
    "Copilot": {"Models"},
    "Repositories": {"Chat"},
    "GitHub": {"Chat", "Copilot", "Models", "Repositories", "Store"},
    "SpecDocuments": {"Chat", "Repositories"},
    "Specs": {"Chat", "Models", "Repositories", "SpecDocuments"},
    "Documents": {"Chat", "People", "Posts", "Repositories", "Sessions", "SpecDocuments", "Specs", "Store", "Threads"},
    "Analytics": {"Chat", "Store"},
    "Audit": {"Chat"},
    "Backup": {"Audit"},
    "Store": {"Audit", "Chat", "Words"},  # no feature
    "Cluster": {"Chat", "Metrics", "Store"},
    "Jail": {"Chat"},
    "Work": {"Audit", "Chat", "Jail", "Repositories", "Store"},
    "Web": {"Models"},
    "Agent": {"Audit", "Chat", "Jail", "Models", "Repositories", "Store", "Web", "Work"},
    "People": {"Audit", "Chat", "Store"},  # nothing of threads
    "Files": {"Chat", "People", "Store"},
    "Reading": {"Chat", "Files", "Jail"},
    "Speech": {"Chat", "Files", "Models"},
    "Memory": {"Chat", "Models", "People", "Store", "Words"},
    "Metrics": set(),
    "Push": {"People", "Store"},
    "Extensions": {"Jail", "Store"},
    "Threads": {"Analytics", "Audit", "Chat", "Files", "Metrics", "People", "Store", "Words"},  # nothing that decides
    "Delivery": {"Chat", "Files", "Metrics", "Store", "Threads"},
    "Etiquette": {"Chat", "Store", "Threads"},
    "Attention": {"Chat", "Delivery", "People", "Store", "Threads", "Words"},
    "Surroundings": {"Chat", "Models", "Store", "Threads"},
    "Posts": {"Analytics", "Attention", "Chat", "Delivery", "Files", "People", "Schedules", "Store", "Threads", "Words"},
    "Joining": {"Chat", "Etiquette", "Store", "Threads"},
    "Schedules": {"Chat", "Store", "Threads", "Words"},
    "Sessions": {"Analytics", "Attention", "Audit", "Chat", "Delivery", "Etiquette", "Extensions", "Files", "Joining", "Memory",
                 "Metrics", "Models", "People", "Posts", "Schedules", "Store", "Surroundings", "Threads", "Words"},
    "Tasks": {"Analytics", "Audit", "Chat", "Delivery", "People", "Posts", "Repositories", "Sessions", "Store", "Threads"},
    "SignIn": {"Chat", "Copilot", "GitHub", "Models", "People", "Store"},
    "Turns": DOMAIN - {"Backup", "Turns"},  # has many parents, so that no other target needs them; imported by Host alone
}
BELOW_HOST = PLATFORM | DOMAIN | ADAPTERS | {"Gateway", "Proxy"}


def allowed(parts):
    """Our modules that a file at these path parts may import."""
    match parts:
        case ["Sources", "Platform", *_]:
            return C | PLATFORM
        case ["Sources", "Domain", target, *_] if target in ARROWS:
            return ARROWS[target] | (set() if target == "Chat" else PLATFORM)
        case ["adapters", "Kit", *_]:
            return PLATFORM | {"Chat"}
        case ["adapters", *_]:
            return PLATFORM | {"Chat", KIT}
        case ["Sources", "Gateway", *_]:
            return PLATFORM | {"Analytics", "Audit", "Chat", "Delivery", "Documents", "Etiquette", "Files", "Memory",
                               "Metrics", "Models",
                               "People", "Posts", "Push", "Repositories", "Schedules", "Sessions", "SignIn", "Specs", "Store", "Tasks", "Threads", "Words"}
        case ["Sources", "Proxy", *_]:
            return PLATFORM | {"Copilot"}  # a sign-in's tokens, and nothing of what models are asked
        case ["Sources", "Host", *_]:
            return BELOW_HOST
        case ["Sources", "jetbridge", *_]:
            return BELOW_HOST - {"Turns"} | {"Host"}
        case ["TestSupport", *_]:
            return BELOW_HOST | {"CSystem", TESTING}
        case ["Sources", "jetbridge-bench", *_]:
            return BELOW_HOST | {"Host", "TestSupport", "CMarkGFM"}  # CMarkGFM: a peer for comparison
    return None


def edges(code):
    return {match.group(1) for match in IMPORT.finditer(code)}


def package_mistakes():
    """Dependencies in Package.swift that no file of their target imports, and imports that it does not declare."""
    # In a folder of its own: a build holds a lock on its folder.
    dump = subprocess.run(["swift", "package", "--scratch-path", ".build/manifest", "dump-package"], cwd=ROOT,
                          capture_output=True, text=True)
    if dump.returncode != 0:
        yield f"Package.swift: cannot be read: {dump.stderr.strip()}"
        return
    targets = json.loads(dump.stdout)["targets"]
    names = {target["name"] for target in targets}
    for target in targets:
        if target["type"] in ("plugin", "system") or not target.get("path"):
            continue
        declared = {dependency["byName"][0] for dependency in target["dependencies"] if "byName" in dependency}
        skipped = [ROOT / target["path"] / each for each in target.get("exclude", [])]
        imported = set()
        for path in files(target["path"]):
            if not any(path.is_relative_to(each) for each in skipped):
                imported |= edges(code_only(path.read_text())) & names
        # Programs are started, not imported.
        declared -= {each["name"] for each in targets if each["type"] == "executable"} - imported
        for name in sorted(declared - imported):
            yield f"Package.swift: {target['name']} depends on {name}, which none of its files imports: remove it"
        for name in sorted(imported - declared - {target["name"]}):
            yield f"Package.swift: {target['name']} imports {name}, which it does not declare: add it"


def main():
    ours = C | BELOW_HOST | {"Host", "jetbridge", "TestSupport", TESTING}
    mistakes = []
    for path in files("Sources", "adapters", "TestSupport"):
        permitted = allowed(list(path.relative_to(ROOT).parts))
        if permitted is None:
            mistakes.append(f"{name(path)}: not in any known layer")
            continue
        code = code_only(path.read_text())
        if path.is_relative_to(ROOT / "Sources" / "Host"):
            for match in TURN_WORKER.finditer(code):
                line = code.count("\n", 0, match.start()) + 1
                mistakes.append(f"{name(path)}:{line}: a turn worker belongs to Sources/Domain/Turns: Host composes")
        for match in IMPORT.finditer(code):
            module = match.group(1)
            where = f"{name(path)}:{code.count(chr(10), 0, match.start(1)) + 1}"
            if module in ours:
                if module not in permitted:
                    mistakes.append(f"{where}: may not import {module} (layers: docs/design.md)")
            elif module not in SYSTEM:
                hint = "; use FoundationEssentials" if module == "Foundation" else ""
                mistakes.append(f"{where}: may not import {module}{hint}")
    mistakes += package_mistakes()
    for mistake in mistakes:
        print(mistake, file=sys.stderr)
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
