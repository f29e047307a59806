#!/usr/bin/env python3
"""Checks that two folders of one target of Domain or of Gateway know each other at most one way: a file of A may name a type
that B declares, or the other way round. Types count where they are declared outside of others, folders below the target."""

import collections
import re
import sys

from swift_files import ROOT, code_only, files

DECLARATION = re.compile(
    r"^(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|final|indirect|nonisolated)\s+)*"
    r"(?:struct|class|enum|actor|protocol|typealias)\s+(\w+)", re.MULTILINE)
TYPE = re.compile(r"\b[A-Z]\w+")
TOP = "."  # the files that are in no folder of their target
# Pairs that know each other both ways, each with its reason.
EXCEPTIONS = {
    ("Gateway", TOP, "API"): "the front passes requests to routes, which need its settings and the web adapter",
    ("Gateway", TOP, "Viewer"): "the front answers what is no route with the viewer's pages, which it wraps",
    ("Gateway", TOP, "Webhooks"): "the settings list the webhooks, which read the rest of them",
    ("Gateway", "API", "Events"): "the table of routes has all; a route gets the context, which has the open streams",
    ("Gateway", "API", "GraphQL"): "the table of routes has GraphQL's, whose fields are answered by other routes",
    ("Gateway", "API", "Live"): "the table of routes has all; a route gets the context, which has the connections",
    ("Gateway", "API", "MCP"): "the table of routes has all; its tools call other routes, which ask what calls them",
    ("Gateway", "API", "Viewer"): "the table of routes has the viewer's, and a commit's route shows what the viewer does",
    ("Models", "Exchange", "OpenAI"): "an exchange makes the decoder of the answer's form, which fills its events",
    ("Models", "Exchange", "Responses"): "an exchange makes the decoder of the answer's form, which fills its events",
    ("People", "Access", "Accounts"): "an account's changes are those of its access, and `people` lists both",
    ("Repositories", TOP, "Remotes"): "a local repository may follow a mirror, which is one itself",
    ("Sessions", "Bridge", "Conversations"): "a message that fails is tried again by the recovery that gave it",
    ("Sessions", "Commands", "Conversations"): "a conversation's commands are answered from what it was made of",
    ("SignIn", TOP, "GitHub"): "the configured providers are made in one place",
    ("SignIn", TOP, "OpenID"): "the configured providers are made in one place",
    ("Store", TOP, "Places"): "every write of a place goes through the store, which knows what its host holds",
    ("Work", TOP, "Commands"): "the workbench runs commands, which work on its session",
    ("Work", TOP, "Turns"): "the workbench makes the turns of its commands, which call it",
    ("Work", "Bundles", "Files"): "a workspace reports each snapshot to its bundles, which read it",
}


def known(target):
    """By (folder, other folder): the types of the other that files of the first name, and where."""
    folder_of, code_of = {}, {}
    for path in files(target.relative_to(ROOT)):
        parts = path.relative_to(target).parts
        code_of[path] = (parts[0] if len(parts) > 1 else TOP, code_only(path.read_text()))
        for match in DECLARATION.finditer(code_of[path][1]):
            folder_of.setdefault(match.group(1), code_of[path][0])
    arrows = collections.defaultdict(set)
    for path, (folder, code) in code_of.items():
        for name in TYPE.findall(code):
            if folder_of.get(name, folder) != folder:
                arrows[folder, folder_of[name]].add(f"{path.name} names {name}")
    return arrows


def main():
    mistakes, unused = [], set(EXCEPTIONS)
    for target in [*sorted((ROOT / "Sources/Domain").iterdir()), ROOT / "Sources/Gateway"]:
        arrows = known(target)
        for one, other in sorted(arrows):
            pair = (target.name, one, other)
            if one > other or (other, one) not in arrows:
                continue
            if pair in EXCEPTIONS:
                unused.discard(pair)
                continue
            mistakes.append(f"{target.name}: {one} and {other} know each other: move a file, or name the reason")
            for here, there in ((one, other), (other, one)):
                mistakes += [f"  {here}: {each}, of {there}" for each in sorted(arrows[here, there])[:5]]
    mistakes += [f"scripts/checks/folders.py: remove the exception {pair}" for pair in sorted(unused)]
    for mistake in mistakes:
        print(mistake, file=sys.stderr)
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
