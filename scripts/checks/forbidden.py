#!/usr/bin/env python3
"""Finds what the code never has, and what it has only with a reason written beside it."""

import re
import sys

from swift_files import ROOT, code_only, files, name

NEVER = [
    (re.compile(r"\btry!"), "try! hides an error; handle it"),
    (re.compile(r"\bas!"), "as! hides a mistake; use as? and handle nil"),
    (re.compile(r"^\s*(?:@testable )?import XCTest\b", re.MULTILINE), "tests use Swift Testing"),
    (re.compile(r"\.disabled\(|\bXCTSkip\b"), "a test is fixed or removed, not switched off"),
    (re.compile(r"\bSynchronization\.Mutex\b|\bMutex<"), "Protected is the only lock (ThreadSanitizer misreads Mutex)"),
    (re.compile(r"(?<![.\w])(?<!func )(?:print|debugPrint)\("), "write through the logger or the command line's output"),
]
# (what, its name, the word by which a reason written elsewhere in the file is known)
NEEDS_REASON = [
    (re.compile(r"@unchecked Sendable"), "@unchecked Sendable", "@unchecked"),
    (re.compile(r"nonisolated\(unsafe\)"), "nonisolated(unsafe)", "nonisolated(unsafe)"),
    (re.compile(r"(?<![.\w])Task(?:\.detached)?(?:<[^>]*>)?\s*(?:\([^)]*\)\s*)?\{"), "a task outside any scope",
     "nstructured"),
]
# Split, so that this file does not find itself.
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX"]) + r")\b")


def has_reason(lines, number, word):
    """A comment on the line itself or on the one above, or one in the file that names the thing."""
    return ("//" in lines[number] or (number > 0 and lines[number - 1].lstrip().startswith("//"))
            or any("//" in line and word in line.split("//", 1)[1] for line in lines))


def mistakes_of(path):
    text = path.read_text()
    code, lines = code_only(text), text.split("\n")

    def line_of(match):
        return code.count("\n", 0, match.start())

    for pattern, why in NEVER:
        if "print" in pattern.pattern and path.is_relative_to(ROOT / "Tests"):
            continue
        for match in pattern.finditer(code):
            yield line_of(match), why
    for match in UNFINISHED.finditer(text):
        yield text.count("\n", 0, match.start()), f"unfinished by its own words: {match.group(1)}"
    if path.is_relative_to(ROOT / "Tests"):
        return
    for pattern, what, word in NEEDS_REASON:
        for match in pattern.finditer(code):
            if not has_reason(lines, line_of(match), word):
                yield line_of(match), f"{what} needs its reason in a comment"


def main():
    found = 0
    for path in files("Sources", "adapters", "Tests"):
        for line, why in sorted(mistakes_of(path)):
            print(f"{name(path)}:{line + 1}: {why}", file=sys.stderr)
            found += 1
    for path in (ROOT / "Sources" / "C").rglob("*.h"):
        if re.search(r"^\s*#\s*define\s+_GNU_SOURCE", path.read_text(), re.MULTILINE):
            print(f"{name(path)}: _GNU_SOURCE makes fd_set differ from the Glibc module's", file=sys.stderr)
            found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
