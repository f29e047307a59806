"""Finds Swift files and tells what in them is code, comment and string. Shared by the checks."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]

_TOKEN = re.compile(
    r'(?P<comment>//[^\n]*|/\*.*?\*/)'
    r'|(?P<string>(?P<hashes>\#*)(?:"""(?:.|\n)*?"""(?P=hashes)|"(?:\\(?P=hashes)(?:.)|[^"\\\n]|\\(?!(?P=hashes)).)*"(?P=hashes)))',
    re.DOTALL)


def files(*folders):
    """Every Swift file below the folders, without what tools leave there."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.swift")):
            if ".build" not in path.parts:
                yield path


def code_only(text):
    """The text with comments and the insides of strings blanked, line for line."""
    return _TOKEN.sub(lambda match: re.sub(r"[^\n]", " ", match.group(0)), text)


def name(path):
    return str(path.relative_to(ROOT))
