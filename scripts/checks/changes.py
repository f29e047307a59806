#!/usr/bin/env python3
"""Checks docs/design.md's table of changes against the comments `// Change: …` in the code, from which it is made.

    python3 scripts/checks/changes.py            fails if the table is out of date
    python3 scripts/checks/changes.py --write    renews the table

The comment is above the declaration to edit and its documentation. Places with the same text form a row.
"""

import difflib
import os
import re
import sys

from swift_files import ROOT, name

FOLDERS = ["Sources", "adapters", "TestSupport", "Tests", "config"]
COMMENTS = {".swift": "//", ".ts": "//", ".c": "//", ".h": "//", ".yaml": "#"}
CHANGE = re.compile(r"^[ \t]*(//|#) Change:(.*)$", re.MULTILINE)
PAGE = ROOT / "docs" / "design.md"
BEGIN, END = "<!-- changes: made by scripts/checks/changes.py -->", "<!-- changes: end -->"
COMMAND = "python3 scripts/checks/changes.py --write"
# A longer table is not read. Join rows that belong together.
MOST_ROWS = 40


def sources():
    """The files that may have such a comment, in the order of their paths."""
    for folder in FOLDERS:
        for parent, folders, files in os.walk(ROOT / folder):
            folders[:] = sorted(each for each in folders if each not in (".build", "node_modules"))
            for file in sorted(files):
                path = ROOT / parent / file
                if path.suffix in COMMENTS:
                    yield path


def comments():
    """(text, path) of each comment; a mistake has no path."""
    for path in sources():
        content = path.read_text()
        if " Change:" not in content:
            continue
        for match in CHANGE.finditer(content):
            where = f"{name(path)}:{content.count(chr(10), 0, match.start()) + 1}"
            text = match[2].strip()
            if match[1] != COMMENTS[path.suffix]:
                continue
            if not text or "|" in text:
                yield f"{where}: “Change:” needs a text without “|”", None
            elif not content[match.end() + 1:].split("\n", 1)[0].strip():
                yield f"{where}: “Change:” must be directly above the declaration to edit", None
            else:
                yield text, name(path)


def row(text, paths):
    """A row of the table. Files in the folder of the path before them have only their names."""
    cells, folder = [], None
    for path in paths:
        cells.append(f"`{path.rpartition('/')[2] if path.rpartition('/')[0] == folder else path}`")
        folder = path.rpartition("/")[0]
    return f"| {text} | {', '.join(cells)} |"


def table(found):
    places = {}
    for text, path in found:
        places.setdefault(text, set()).add(path)
    rows = sorted((sorted(paths), text) for text, paths in places.items())
    return ["| change | open first |", "|---|---|", *(row(text, paths) for paths, text in rows)]


def main():
    if sys.argv[1:] not in ([], ["--write"]):
        print(__doc__, file=sys.stderr)
        return 2
    found = list(comments())
    mistakes = [text for text, path in found if path is None]
    new = table([each for each in found if each[1] is not None])
    if len(new) - 2 > MOST_ROWS:
        mistakes.append(f"{name(PAGE)}: {len(new) - 2} rows of changes; {MOST_ROWS} are enough")
    page = PAGE.read_text()
    head, begin, rest = page.partition(f"{BEGIN}\n")
    old, end, tail = rest.partition(f"{END}\n")
    if not begin or not end:
        mistakes.append(f"{name(PAGE)}: the table of changes must be between “{BEGIN}” and “{END}”")
    elif sys.argv[1:] == ["--write"]:
        PAGE.write_text(f"{head}{begin}\n{chr(10).join(new)}\n\n{end}{tail}")
    elif old.strip().splitlines() != new:
        mistakes.append(f"{name(PAGE)}: the table of changes differs from the comments in the code; renew it: {COMMAND}")
        mistakes += list(difflib.unified_diff(old.strip().splitlines(), new, n=0, lineterm=""))[2:]
    for mistake in mistakes:
        print(mistake, file=sys.stderr)
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
