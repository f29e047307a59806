#!/usr/bin/env python3
"""Prints the test targets that a filter can match, or that a change concerns, with commas between; nothing for all of them.

    test_targets.py filter REGEX     those named in it, or with a suite or function that is
    test_targets.py since REVISION   those of the targets that have changed since then, and of what imports these
"""

import json
import re
import subprocess
import sys

from swift_files import ROOT, code_only, files


def targets():
    dump = subprocess.run(["swift", "package", "--scratch-path", ".build/manifest", "dump-package"], cwd=ROOT,
                          capture_output=True, text=True, check=True)
    return [target for target in json.loads(dump.stdout)["targets"] if target["type"] != "plugin"]


def dependencies(target):
    return {each["byName"][0] for each in target["dependencies"] if "byName" in each}


def of_filter(regex):
    tests = {target["name"]: target["path"] for target in targets() if target["type"] == "test"}
    # A pattern like ^(Git|Work)Tests\. names the targets in parts.
    words = set(re.findall(r"\w+", regex))
    found = {name for name in tests if name in words or name.removesuffix("Tests") in words}
    if found:
        return found
    declared = re.compile(r"\b(?:struct|class|enum|actor|extension|func)\s+(\w+)")
    for name, path in tests.items():
        if any(words & set(declared.findall(code_only(file.read_text()))) for file in files(path)):
            found.add(name)
    return found


def since(revision):
    changed = subprocess.run(["git", "diff", "--name-only", revision, "--"], cwd=ROOT, capture_output=True, text=True)
    if changed.returncode != 0:
        sys.exit(f"test: cannot compare with '{revision}': {changed.stderr.strip()}")
    new = subprocess.run(["git", "ls-files", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    paths = changed.stdout.splitlines() + new.stdout.splitlines()
    known = targets()
    own = {target["name"] for target in known if target.get("path")
           and any(path.startswith(target["path"] + "/") for path in paths)}
    # What is bundled into targets by plugins, and what decides how all of them are built.
    if any(path.startswith(("config/", "Plugins/")) for path in paths):
        own |= {"Models", "Specs", "Analytics", "Host"}
    if "Package.swift" in paths or "TestSupport" in own:
        return {target["name"] for target in known if target["type"] == "test"}
    near = own | {target["name"] for target in known if dependencies(target) & own}
    return {target["name"] for target in known if target["type"] == "test"
            and {target["name"], target["name"].removesuffix("Tests")} & near}


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("filter", "since"):
        sys.exit(__doc__)
    found = of_filter(sys.argv[2]) if sys.argv[1] == "filter" else since(sys.argv[2])
    print(",".join(sorted(found)))


if __name__ == "__main__":
    main()
