#!/usr/bin/env python3
"""Builds the Debian package from the release binary, and checks it and the files of deploy/.

    scripts/checks/deployment.py [BINARY]      default: .build/release/jetbridge

lintian, groff and promtool are asked where they are installed (`scripts/setup package`).
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
# The version of what is built here, which must not replace a real package.
VERSION = "0~check"
# In tenths, as `systemd-analyze security --threshold` counts.
MOST_EXPOSURE = 40
# Without these there is no jail.
CALLS_OF_JAILS = {
    "clone", "clone3", "mount", "openat2", "pivot_root", "prctl", "seccomp", "sethostname", "setns", "umount2", "unshare",
}
FILES = """
    etc/jetbridge/jetbridge.yaml usr/bin/jetbridge usr/lib/systemd/system/jetbridge.service
    usr/lib/systemd/system/jetbridge.socket usr/lib/sysusers.d/jetbridge.conf usr/lib/tmpfiles.d/jetbridge.conf
    usr/share/bash-completion/completions/jetbridge usr/share/doc/jetbridge/README.md
    usr/share/doc/jetbridge/changelog.gz usr/share/doc/jetbridge/copyright usr/share/doc/jetbridge/LICENSE
    usr/share/doc/jetbridge/docs/install.md
    usr/share/fish/vendor_completions.d/jetbridge.fish usr/share/man/man1/jetbridge.1.gz
    usr/share/man/man1/jetbridge-serve.1.gz usr/share/man/man1/jetbridge-pair.1.gz
    usr/share/man/man5/jetbridge.yaml.5.gz usr/share/zsh/vendor-completions/_jetbridge
""".split()
PROGRAMS = ["bubblewrap", "ca-certificates", "git", "ripgrep", "libc6", "libsqlite3-0", "libseccomp2"]

mistakes = []


def say(place, mistake):
    mistakes.append(f"{place}: {mistake}")


def run(*words, **options):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, **options)


def check_program(place, *words, **options):
    result = run(*words, **options)
    if result.returncode:
        say(place, (result.stdout + result.stderr).strip())
    return result.stdout


# The package


def build(binary):
    package = check_program("scripts/package", ROOT / "scripts/package", "--quick", "--binary", binary, "--version", VERSION)
    if not package:
        sys.exit("\n".join(mistakes))
    return pathlib.Path(package.strip())


def check_package(package, folder):
    listing = check_program(package, "dpkg-deb", "--contents", package)
    for line in listing.splitlines():
        mode, owner, *_ = line.split()
        if owner != "root/root" or mode[8] == "w":
            say(package, f"must be root's alone: {line}")
    tree = folder / "tree"
    check_program(package, "dpkg-deb", "--raw-extract", package, tree)
    for name in FILES:
        if not (tree / name).is_file():
            say(package, f"{name} is missing")
    if (tree / "DEBIAN/conffiles").read_text() != "/etc/jetbridge/jetbridge.yaml\n":
        say(package, "the configuration is no conffile")
    depends = check_program(package, "dpkg-deb", "--field", package, "Depends")
    for name in PROGRAMS:
        if not re.search(rf"(^|, ){re.escape(name)}( \(|,|$)", depends.strip()):
            say(package, f"does not depend on {name}")
    for script in ("postinst", "prerm", "postrm"):
        check_program(script, "sh", "-n", tree / "DEBIAN" / script)
    if shutil.which("lintian"):
        check_program("lintian", "lintian", "--fail-on", "error,warning", "--suppress-tags", "no-manual-page", package)
    return tree


def check_unit(tree):
    unit = tree / "usr/lib/systemd/system/jetbridge.service"
    if not shutil.which("systemd-analyze"):
        return
    check_program(unit.name, "systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSURE}", unit)
    # It also looks for the programs.
    text = unit.read_text().replace("/usr/bin/jetbridge", str(tree / "usr/bin/jetbridge"))
    copy = tree / "jetbridge.service"
    copy.write_text(text)
    result = run("systemd-analyze", "verify", "--man=no", copy)
    if result.returncode or result.stderr:
        say(unit.name, result.stderr.strip())


def check_manuals(tree):
    if not shutil.which("groff"):
        return
    for page in sorted((tree / "usr/share/man").rglob("*.gz")):
        text = subprocess.run(["gzip", "-dc", page], capture_output=True, check=True).stdout
        result = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-z"], input=text, capture_output=True)
        if result.stderr:
            say(page.name, result.stderr.decode().strip())


# deploy/


def documents(path):
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def configurations(tree):
    """The texts of all configurations, by their place."""
    cluster = documents(DEPLOY / "compose.cluster.yaml")[0]["configs"]["jetbridge"]["content"]
    cluster = re.sub(r"\$\{\w+:-(\w+)\}", r"\1", cluster)
    return {
        "etc/jetbridge/jetbridge.yaml": (tree / "etc/jetbridge/jetbridge.yaml").read_text(),
        "deploy/jetbridge.yaml": (DEPLOY / "jetbridge.yaml").read_text(),
        "deploy/kubernetes/configuration.yaml":
            documents(DEPLOY / "kubernetes/configuration.yaml")[0]["data"]["jetbridge.yaml"],
        "deploy/compose.cluster.yaml": cluster,
    }


def check_configurations(tree, binary, folder):
    environment = {"HOME": str(folder), "PATH": os.environ["PATH"]}
    (folder / "secret").write_text("a-value-of-the-check-as-long-as-a-key")
    (folder / "secret").chmod(0o600)
    for place, text in configurations(tree).items():
        file = folder / "jetbridge.yaml"
        file.write_text(re.sub(r"/run/secrets/\w+", str(folder / "secret"), text))
        result = run(binary, "config", "check", "--config", file, env=environment)
        if result.stderr:
            say(place, result.stderr)


def check_kubernetes():
    names = set()
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml")):
        for document in documents(path):
            if not document.get("apiVersion") or not document.get("kind"):
                say(path.name, "a document without apiVersion or kind")
            names.add((document.get("kind"), document.get("metadata", {}).get("name")))
            if document["kind"] == "Kustomization":
                for resource in document["resources"]:
                    if not (path.parent / resource).exists():
                        say(path.name, f"{resource} does not exist")
            if document["kind"] == "StatefulSet":
                check_pod(path.name, document["spec"])
    if ("ConfigMap", "jetbridge") not in names or ("Service", "jetbridge") not in names:
        say("kubernetes", "the names do not fit together")


def check_pod(place, specification):
    pod = specification["template"]["spec"]
    container = pod["containers"][0]
    security = pod["securityContext"] | container["securityContext"]
    wanted = {
        "runAsNonRoot": True, "readOnlyRootFilesystem": True, "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]}, "procMount": "Unmasked",
    }
    for key, value in wanted.items():
        if security.get(key) != value:
            say(place, f"{key} is not {value}")
    claims = [claim["metadata"]["name"] for claim in specification["volumeClaimTemplates"]]
    volumes = claims + [volume["name"] for volume in pod["volumes"]]
    for mount in container["volumeMounts"]:
        if mount["name"] not in volumes:
            say(place, f"there is no volume {mount['name']}")
    for path in ("/tmp", "/var/tmp", "/var/lib/jetbridge"):
        if path not in [mount["mountPath"] for mount in container["volumeMounts"]]:
            say(place, f"{path} is not writable")


def check_compose():
    for name in ("compose.yaml", "compose.cluster.yaml"):
        document = documents(DEPLOY / name)[0]
        for service, content in document["services"].items():
            if "image" not in content:
                say(name, f"{service} has no image")
            for need in content.get("depends_on", []):
                if need not in document["services"]:
                    say(name, f"{service} depends on {need}, which is no service")
            for volume in content.get("volumes", []):
                source = volume.partition(":")[0]
                known = (DEPLOY / source).exists() if source.startswith(".") else source in document["volumes"]
                if not known:
                    say(name, f"{service} mounts {source}, which does not exist")
            for option in content.get("security_opt", []):
                if option.startswith("seccomp:") and not (DEPLOY / option.partition(":")[2]).exists():
                    say(name, f"{option} does not exist")
    denied = {
        call for rule in json.loads((DEPLOY / "seccomp.json").read_text())["syscalls"] for call in rule["names"]
    }
    for call in sorted(denied & CALLS_OF_JAILS):
        say("seccomp.json", f"{call} is needed for jails")


# Monitoring


def declared_metrics():
    """The names that the source declares, with the suffixes of their kinds."""
    text = (ROOT / "Sources/Domain/Metrics/MetricName.swift").read_text().partition("package var help")[0]
    names, suffixes = set(), [""]
    for line in text.splitlines():
        if line.strip().startswith("// "):
            suffixes = {"C": ["_total"], "G": [""], "H": ["_bucket", "_sum", "_count"]}[line.strip()[3]]
        elif match := re.match(r'    case (\w+)(?: = "(\w+)")?$', line):
            name = match[2] or match[1]
            prefix = "" if name.startswith("process_") else "jetbridge_"
            names |= {prefix + name + suffix for suffix in suffixes}
    return names


def offered_metrics(binary, folder):
    """The names at /metrics of a host that has just started."""
    host = subprocess.Popen(
        [binary, "serve", "--listen", "127.0.0.1:0", "--data-dir", folder / "data"], stdout=subprocess.PIPE, text=True,
        cwd=folder, env={"HOME": str(folder), "PATH": os.environ["PATH"]}, stderr=(folder / "log").open("w"))
    try:
        line = host.stdout.readline()
        if not line:
            sys.exit(f"the host did not start:\n{(folder / 'log').read_text()}")
        with urllib.request.urlopen(line.split()[1] + "/metrics") as answer:
            text = answer.read().decode()
    finally:
        host.terminate()
        host.wait()
    if shutil.which("promtool"):
        check_program("/metrics", "promtool", "check", "metrics", input=text)
    return set(re.findall(r"^(\w+)", text, re.M)) - {"#"}


def check_monitoring(binary, folder):
    known, offered = declared_metrics(), offered_metrics(binary, folder)
    for name in sorted(offered - known):
        say("/metrics", f"{name} is not declared")
    board = json.loads((DEPLOY / "grafana/jetbridge.json").read_text())
    identifiers = [panel["id"] for panel in board["panels"]]
    if len(identifiers) != len(set(identifiers)):
        say("grafana/jetbridge.json", "two panels have one id")
    used = {
        "grafana/jetbridge.json": [target["expr"] for panel in board["panels"] for target in panel["targets"]],
        "prometheus/alerts.yaml": [
            rule["expr"] for group in documents(DEPLOY / "prometheus/alerts.yaml")[0]["groups"] for rule in group["rules"]],
    }
    for place, expressions in used.items():
        for name in sorted(set(re.findall(r"\b(?:jetbridge|process)_\w+", " ".join(expressions))) - known):
            say(place, f"there is no metric {name}")
    if shutil.which("promtool"):
        check_program("alerts.yaml", "promtool", "check", "rules", DEPLOY / "prometheus/alerts.yaml")
        check_program("tests.yaml", "promtool", "test", "rules", "tests.yaml", cwd=DEPLOY / "prometheus")


def main():
    binary = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / ".build/release/jetbridge").resolve()
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        package = build(binary)
        try:
            tree = check_package(package, folder)
        finally:
            package.unlink()
        check_unit(tree)
        check_manuals(tree)
        check_configurations(tree, binary, folder)
        empty = folder / "host"
        empty.mkdir()
        check_monitoring(binary, empty)
    check_kubernetes()
    check_compose()
    for mistake in mistakes:
        print(mistake, file=sys.stderr)
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
