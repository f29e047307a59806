"""Finds Swift files, and separates code from comments and strings. Shared by the checks."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]

_TOKEN = re.compile(
    r'(?P<comment>//[^\n]*|/\*.*?\*/)'
    r'|(?P<string>(?P<hashes>\#*)(?:"""(?:.|\n)*?"""(?P=hashes)|"(?:\\(?P=hashes)(?:.)|[^"\\\n]|\\(?!(?P=hashes)).)*"(?P=hashes)))',
    re.DOTALL)


def files(*folders):
    """Every Swift file below the folders, without build products."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.swift")):
            if ".build" not in path.parts:
                yield path


def code_only(text):
    """The text with comments and strings blanked, line for line."""
    return _TOKEN.sub(lambda match: re.sub(r"[^\n]", " ", match.group(0)), text)


def comments_only(text):
    """The text with everything but comments blanked, line for line."""
    kept, end = [], 0
    for match in _TOKEN.finditer(text):
        kept.append(re.sub(r"[^\n]", " ", text[end:match.start()]))
        kept.append(match.group(0) if match.group("comment") else re.sub(r"[^\n]", " ", match.group(0)))
        end = match.end()
    return "".join(kept) + re.sub(r"[^\n]", " ", text[end:])


def name(path):
    return str(path.relative_to(ROOT))
