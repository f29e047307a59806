#!/usr/bin/env python3
"""Prints what a binary of Jetbridge is linked with, and the programs that it runs, as SPDX 2.3 in JSON."""

import hashlib
import json
import os
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

# Run by the program; the package depends on them.
PROGRAMS = ["bubblewrap", "ripgrep", "git"]


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def libraries(binary):
    """The Debian packages of the libraries that the binary itself names."""
    needed = [line.split("[")[1].rstrip("]") for line in output("readelf", "-d", binary).splitlines() if "(NEEDED)" in line]
    found = {line.split("=>")[0].strip(): line.split("=>")[1].split()[0]
             for line in output("ldd", binary).splitlines() if "=> /" in line}
    for name in needed:
        path = found.get(name)
        if path is None:
            continue
        # dpkg knows a file by one of its paths.
        for place in (path, os.path.realpath(path), path.removeprefix("/usr"), "/usr" + path):
            owner = subprocess.run(["dpkg", "-S", place], capture_output=True, text=True)
            if owner.returncode == 0:
                yield owner.stdout.split(": ")[0].split(",")[0]
                break


def package(name, relation):
    facts = subprocess.run(["dpkg-query", "-W", "-f", "${Package}\t${Version}\t${Architecture}", name],
                           capture_output=True, text=True)
    if facts.returncode != 0:
        return None
    short, version, architecture = facts.stdout.split("\t")
    return relation, {
        "SPDXID": f"SPDXRef-{short.replace('+', '-')}", "name": short, "versionInfo": version,
        "supplier": "Organization: Debian", "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION", "copyrightText": "NOASSERTION",
        "externalRefs": [{
            "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
            "referenceLocator": f"pkg:deb/debian/{short}@{version}?arch={architecture}"}],
    }


def main():
    binary, version = sys.argv[1], sys.argv[2]
    digest = hashlib.sha256(Path(binary).read_bytes()).hexdigest()
    time = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), timezone.utc)
    own = {
        "SPDXID": "SPDXRef-jetbridge", "name": "jetbridge", "versionInfo": version, "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False, "licenseConcluded": "Apache-2.0", "copyrightText": "2026 The Jetbridge authors",
        "checksums": [{"algorithm": "SHA256", "checksumValue": digest}],
    }
    runtime = {
        "SPDXID": "SPDXRef-swift-runtime", "name": "swift-runtime", "downloadLocation": "https://www.swift.org",
        "versionInfo": output("swift", "--version").split("Swift version ")[1].split()[0], "filesAnalyzed": False,
        "licenseConcluded": "Apache-2.0 WITH Swift-exception", "copyrightText": "NOASSERTION",
    }
    parts = [("STATIC_LINK", runtime)]
    parts += [package(name, "DYNAMIC_LINK") for name in sorted(set(libraries(binary)))]
    parts += [package(name, "DEPENDS_ON") for name in PROGRAMS]
    parts = [part for part in parts if part]
    json.dump({
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"jetbridge-{version}",
        "documentNamespace": f"https://jetbridge.invalid/spdx/{version}/{digest}",
        "creationInfo": {"created": time.strftime("%Y-%m-%dT%H:%M:%SZ"), "creators": ["Tool: scripts/release"]},
        "packages": [own] + [facts for _, facts in parts],
        "relationships": [
            {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-jetbridge"}
        ] + [
            {"spdxElementId": "SPDXRef-jetbridge", "relationshipType": relation, "relatedSpdxElement": facts["SPDXID"]}
            for relation, facts in parts],
    }, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
