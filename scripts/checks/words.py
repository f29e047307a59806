#!/usr/bin/env python3
"""Checks that config/words has every phrase of the code, `worded("…")`, in every language, with the same interpolations
and the same code, and nothing else. --missing prints entries to translate."""

import re
import sys

from swift_files import ROOT

LANGUAGES = ["en", "de", "fr", "es", "ja"]
ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "0": "\0", "r": "\r", "'": "'"}


class Literal:
    """A string literal: what it is between `start` and `end`, its texts and the source of its interpolations."""

    def __init__(self, start):
        self.start, self.end, self.parts = start, start, [""]

    @property
    def key(self):
        """The text with `{}` for each interpolation; what only English has is left out."""
        return "".join(part if isinstance(part, str) else "" if part[0].startswith("english:") else "{}"
                       for part in self.parts)


def literals_of(code):
    """All string literals, also those in interpolations, and the places that are comments."""
    found, comments, i = [], [], 0

    def literal(i):
        hashes = 0
        while code[i] == "#":
            hashes, i = hashes + 1, i + 1
        quote = '"""' if code.startswith('"""', i) else '"'
        mark, close = "\\" + "#" * hashes, quote + "#" * hashes
        this = Literal(i - hashes)
        found.append(this)
        i += len(quote)
        while not code.startswith(close, i):
            if not code.startswith(mark, i):
                this.parts[-1] += code[i]
                i += 1
                continue
            i += len(mark)
            if code[i] == "(":
                begin = i + 1
                i = expression(begin)
                this.parts += [(code[begin:i - 1],), ""]
            elif code[i] == "u":
                end = code.index("}", i)
                this.parts[-1] += chr(int(code[i + 2:end], 16))
                i = end + 1
            elif code[i] in "\n ":
                i = code.index("\n", i) + 1
                this.parts[-1] += "\0joined"
            else:
                this.parts[-1] += ESCAPES[code[i]]
                i += 1
        this.end = i + len(close)
        if quote == '"""':
            indent = re.search(r"[ \t]*$", code[:i]).group()
            parts = [part.replace("\0joined" + indent, "").replace("\n" + indent, "\n")
                     if isinstance(part, str) else part for part in this.parts]
            parts[0] = parts[0].removeprefix("\n")
            parts[-1] = parts[-1].removesuffix("\n")
            this.parts = parts
        return this.end

    def expression(i):
        """Past the closing parenthesis of what begins at `i`."""
        depth = 1
        while depth:
            i, depth = step(i, depth)
        return i

    def step(i, depth):
        if code.startswith("//", i):
            end = code.find("\n", i)
            comments.append((i, len(code) if end < 0 else end))
            return comments[-1][1], depth
        if code.startswith("/*", i):
            end = code.index("*/", i) + 2
            comments.append((i, end))
            return end, depth
        if code[i] == '"' or re.match(r'#+"', code[i:i + 8]):
            return literal(i), depth
        return i + 1, depth + {"(": 1, ")": -1}.get(code[i], 0)

    while i < len(code):
        i, _ = step(i, 1)
    return sorted(found, key=lambda literal: literal.start), comments


def runs_of(code):
    """Literals joined by `+`, as (start, end, key)."""
    found, _ = literals_of(code)
    by_start = {literal.start: literal for literal in found}
    seen = set()
    for literal in found:
        if literal.start in seen:
            continue
        end, key = literal.end, literal.key
        while match := re.compile(r"\s*\+\s*(?=#*\")").match(code, end):
            following = by_start.get(match.end())
            if following is None:
                break
            seen.add(following.start)
            end, key = following.end, key + following.key
        yield literal.start, end, key


def phrases(path):
    """The keys of a file's phrases; a mistake for each that cannot be read."""
    code = path.read_text()
    if "worded(" not in code:
        return
    found, comments = literals_of(code)
    runs = {start: (end, key) for start, end, key in runs_of(code)}
    for match in re.finditer(r"\bworded\(\s*", code):
        if any(start <= match.start() < end for start, end in comments):
            continue
        # An interpolation is code; the text around it is prose.
        where = f"{path.relative_to(ROOT)}:{code.count(chr(10), 0, match.start()) + 1}"
        if code[:match.start()].endswith("func "):
            continue
        if match.end() not in runs:
            raise SystemExit(f"{where}: worded() takes a text, not an expression")
        end, key = runs[match.end()]
        if not code[end:].lstrip().startswith(")"):
            raise SystemExit(f"{where}: worded() takes one text")
        if re.search(r"static let [^\n]*=\s*$", code[:match.start()]):
            raise SystemExit(f"{where}: a static let would keep the first reader's language; make it a var")
        yield where, key


def catalogue():
    """(entries by key, mistakes)."""
    entries, mistakes = {}, []
    for path in sorted((ROOT / "config/words").glob("*.txt")):
        for block in re.split(r"\n\s*\n", path.read_text().strip()):
            lines = [line for line in block.split("\n") if not line.startswith("#")]
            if not lines:
                continue
            if [line[:3] for line in lines] != [f"{code} " for code in LANGUAGES]:
                mistakes.append(f"{path.relative_to(ROOT)}: not {', '.join(LANGUAGES)}: {lines[0]}")
                continue
            texts = dict((line[:2], line[3:].replace("\\n", "\n")) for line in lines)
            key = re.sub(r"\{\d+\}", "{}", texts["en"])
            if key in entries:
                mistakes.append(f"{path.relative_to(ROOT)}: twice: {lines[0]}")
            entries[key] = texts
    return entries, mistakes


def parts(text):
    """What a translation has to keep: interpolations and code."""
    return sorted(set(re.findall(r"\{\d+\}", text))), sorted(re.findall(r"`[^`]*`", text))


def main():
    entries, mistakes = catalogue()
    used = {}
    for path in sorted((ROOT / "Sources").rglob("*.swift")):
        for where, key in phrases(path):
            used.setdefault(key, where)
    if "--missing" in sys.argv:
        for key, where in used.items():
            if key not in entries:
                count = iter(range(1, 100))
                text = re.sub(r"\{\}", lambda _: "{%d}" % next(count), key).replace("\n", "\\n")
                print(f"{where}\nen {text}\n")
        return 0
    mistakes += [f"{where}: no translation of: {key}" for key, where in used.items() if key not in entries]
    mistakes += [f"config/words: no code has: {key}" for key in entries if key not in used]
    for texts in entries.values():
        mistakes += [f"config/words: {code} has other interpolations or code: {text}"
                     for code, text in texts.items() if parts(text) != parts(texts["en"])]
    print("\n".join(mistakes), end="\n" if mistakes else "")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
