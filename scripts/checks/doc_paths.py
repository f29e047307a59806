#!/usr/bin/env python3
"""Finds paths in README.md and docs/ that do not exist."""

import re
import sys

from swift_files import ROOT

FOLDERS = "Sources|adapters|Tests|TestSupport|Bench|Plugins|config|deploy|docs|scripts"
PATH = re.compile(rf"(?:\./)?((?:{FOLDERS})/[\w+./-]*|Package\.swift)")
SPAN = re.compile(r"`([^`\n]+)`")


def missing_in(line):
    """The paths of a line that do not exist. In a table, a bare file name is in the folder of the path before it."""
    folder = None
    for span in SPAN.findall(line):
        if PATH.fullmatch(span):
            path = ROOT / span
            folder = path if span.endswith("/") else path.parent
        elif line.startswith("|") and folder and re.fullmatch(r"[\w+-]+\.\w+", span):
            path = folder / span
        else:
            continue
        if not path.exists():
            yield span


def missing_in_map(lines):
    """The folders of a map that do not exist. A line's folders are below those of the nearest less indented line."""
    above = []
    for number, line in lines:
        indent = len(line) - len(line.lstrip())
        names = re.findall(r"(?:^|(?<=\s))([\w./-]*\w)/(?=[\s:;,]|$)", line)
        if not names:
            continue
        while above and above[-1][0] >= indent:
            above.pop()
        parent = above[-1][1] if above else ROOT
        first = parent / names[0]
        for name in names:
            if not any((folder / name).is_dir() for folder in (parent, first)):
                yield number, f"{name}/"
        above.append((indent, first))


def mistakes_of(path):
    lines = list(enumerate(path.read_text().split("\n"), 1))
    in_block, heading, block = False, "", []
    for number, line in lines:
        if line.startswith("```"):
            in_block = not in_block
            if not in_block and heading == "## The map":
                for found, name in missing_in_map(block):
                    yield found, f"{name} does not exist"
            block = []
        elif in_block:
            block.append((number, line))
            if heading == "## The map" and (top := PATH.match(line)) and not (ROOT / top[1]).exists():
                yield number, f"{top[1]} does not exist"
        else:
            if line.startswith("#"):
                heading = line
            for name in missing_in(line):
                yield number, f"{name} does not exist"


def main():
    found = 0
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for line, mistake in mistakes_of(path):
            print(f"{path.relative_to(ROOT)}:{line}: {mistake}", file=sys.stderr)
            found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
