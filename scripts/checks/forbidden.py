#!/usr/bin/env python3
"""Finds constructs that are forbidden, and those that need a comment with their reason."""

import re
import sys

from swift_files import ROOT, code_only, comments_only, files, name

NEVER = [
    (re.compile(r"\btry!"), "try! hides an error: handle it"),
    (re.compile(r"\bas!"), "as! hides a mistake: use as? and handle nil"),
    (re.compile(r"^\s*(?:@testable )?import XCTest\b", re.MULTILINE), "tests use Swift Testing"),
    (re.compile(r"\.disabled\(|\bXCTSkip\b"), "fix or remove a test instead of disabling it"),
    (re.compile(r"\bSynchronization\.Mutex\b|\bMutex<"), "Protected is the only lock (ThreadSanitizer misreads Mutex)"),
    (re.compile(r"(?<![.\w])(?<!func )(?:print|debugPrint)\("), "use the logger or the command line's output instead"),
    (re.compile(r"(?<!bounded\()\bgit_commit_time\("), "a commit may have any time: use GitSignature.bounded"),
    (re.compile(r"flatMap\(\{ ?Double\(\$0\)|flatMap\(Double\.init"),
     "a text from outside may be `nan`: use Double(untrusted:)"),
]
# (pattern, what it is, the word by which a documentation comment is known to give the reason)
NEEDS_REASON = [
    (re.compile(r"@unchecked Sendable"), "@unchecked Sendable", "unchecked"),
    (re.compile(r"nonisolated\(unsafe\)"), "nonisolated(unsafe)", "nonisolated(unsafe)"),
    (re.compile(r"(?<![.\w])(?<!-> )Task(?:\.detached)?(?:<[^>]*>)?\s*(?:\([^)]*\)\s*)?\{"), "an unstructured task",
     "nstructured"),
]
# libwebsockets calls back into this file. Its comment at `handle` says why only these may end a connection.
CALLBACKS = ROOT / "Sources" / "Platform" / "WebSockets" / "WebSocketService+Callbacks.swift"
ENDING_FUNCTIONS = {"addHeaders", "write"}
ENDING_REASONS = re.compile(r"LWS_CALLBACK_(?:CLIENT_WRITEABLE|SERVER_WRITEABLE|CLIENT_APPEND_HANDSHAKE_HEADER)")
BODY = re.compile(r"\b(?:func|init|deinit|subscript)\b|\bvar\b.*\{$")
# Split, so that this file does not match itself.
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX"]) + r")\b")


def indent_of(line):
    return len(line) - len(line.lstrip())


def comment_above(comments, code, number):
    """The lines of the comment directly above a line, attributes aside."""
    while number > 0 and re.fullmatch(r"\s*@[^{]*", code[number - 1]):
        number -= 1
    last = number
    while number > 0 and comments[number - 1].strip() and not code[number - 1].strip():
        number -= 1
    return [line.strip() for line in comments[number:last]]


def explains(comment, word):
    """A `//` comment is there for its reason; a documentation comment must name the thing."""
    others = ("// MARK", "// Change:")
    return any(word in line if line.startswith("///") else not line.startswith(others) for line in comment)


def has_reason(comments, code, number, word):
    """Whether a comment on the line, directly above it, or above the function or property that it is in explains it."""
    if comments[number].strip() or explains(comment_above(comments, code, number), word):
        return True
    indent = indent_of(code[number])
    for above in range(number - 1, -1, -1):
        line = code[above]
        if not line.strip() or indent_of(line) >= indent:
            continue
        if BODY.search(line.rstrip()):
            return any(word in each for each in comment_above(comments, code, above))
        # The closing line of a declaration's parameters has the declaration's indent.
        indent = indent_of(line) + (1 if line.lstrip().startswith(")") else 0)
    return False


def mistakes_of(path):
    text = path.read_text()
    code = code_only(text)

    def line_of(match):
        return code.count("\n", 0, match.start())

    for pattern, why in NEVER:
        if "print" in pattern.pattern and path.is_relative_to(ROOT / "Tests"):
            continue
        for match in pattern.finditer(code):
            yield line_of(match), why
    for match in UNFINISHED.finditer(text):
        yield text.count("\n", 0, match.start()), f"unfinished, as marked: {match.group(1)}"
    if path.is_relative_to(ROOT / "Tests"):
        return
    lines, comments = code.split("\n"), comments_only(text).split("\n")
    for pattern, what, word in NEEDS_REASON:
        for match in pattern.finditer(code):
            if not has_reason(comments, lines, line_of(match), word):
                yield line_of(match), f"{what} needs a comment with its reason, here or directly above"


def ends_of_callbacks(code):
    """Where a callback of libwebsockets returns something other than 0 and must not."""
    why = "only WRITEABLE and the handshake's callbacks may end a connection"
    function, reasons = "", []
    for number, line in enumerate(code.split("\n")):
        if match := re.search(r"\bfunc (\w+)", line):
            function, reasons = match.group(1), []
        if re.search(r"\bcase\b", line):
            reasons = re.findall(r"LWS_CALLBACK_\w+", line)
        if re.search(r"-\s*1\b", line) and function not in ENDING_FUNCTIONS:
            yield number, f"-1 in {function}: {why}"
        elif function == "handle" and re.search(r"\breturn\b(?!\s*0\b)", line):
            if not reasons or not all(ENDING_REASONS.fullmatch(reason) for reason in reasons):
                yield number, f"a result other than 0: {why}"


def main():
    found = 0
    for path in files("Sources", "adapters", "TestSupport", "Tests"):
        for line, why in sorted(mistakes_of(path)):
            print(f"{name(path)}:{line + 1}: {why}", file=sys.stderr)
            found += 1
    for line, why in ends_of_callbacks(code_only(CALLBACKS.read_text())):
        print(f"{name(CALLBACKS)}:{line + 1}: {why}", file=sys.stderr)
        found += 1
    for path in (ROOT / "Sources" / "C").rglob("*.h"):
        if re.search(r"^\s*#\s*define\s+_GNU_SOURCE", path.read_text(), re.MULTILINE):
            print(f"{name(path)}: _GNU_SOURCE makes fd_set differ from the one in the Glibc module", file=sys.stderr)
            found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
