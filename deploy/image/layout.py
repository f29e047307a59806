#!/usr/bin/env python3
"""Writes a container image as a tar of an OCI layout, from the tar of its root. The same input gives the same bytes.

    deploy/image/layout.py ROOT.tar IMAGE.tar --user UID --version V --architecture ARCH [--revision COMMIT]

The layout has a `manifest.json` besides, by which `docker load` reads it as well.
"""

import argparse
import datetime
import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile

EPOCH = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
CREATED = datetime.datetime.fromtimestamp(EPOCH, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def digest_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def compress(source, target):
    with open(source, "rb") as plain, open(target, "wb") as file:
        with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=file, mtime=0) as packed:
            shutil.copyfileobj(plain, packed, 1 << 20)


def configuration(arguments, diff):
    """How the image runs; https://github.com/opencontainers/image-spec/blob/main/config.md"""
    labels = {
        "org.opencontainers.image.title": "Jetbridge",
        "org.opencontainers.image.description": "A coding partner in chat rooms",
        "org.opencontainers.image.version": arguments.version,
        "org.opencontainers.image.created": CREATED,
    }
    if arguments.revision:
        labels["org.opencontainers.image.revision"] = arguments.revision
    return {
        "created": CREATED,
        "architecture": arguments.architecture,
        "os": "linux",
        "config": {
            "User": f"{arguments.user}:{arguments.user}",
            "ExposedPorts": {"8787/tcp": {}},
            # Loopback of a container is reachable by nobody else.
            "Env": [
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/var/lib/jetbridge",
                "LANG=C.UTF-8", "JETBRIDGE_LISTEN=0.0.0.0:8787",
            ],
            "Entrypoint": ["/usr/bin/jetbridge"],
            "Cmd": ["serve"],
            "Volumes": {"/var/lib/jetbridge": {}},
            "WorkingDir": "/var/lib/jetbridge",
            "StopSignal": "SIGTERM",
            "Labels": labels,
            # Docker reads it, in nanoseconds; it is no part of OCI's format, and Kubernetes has probes of its own.
            "Healthcheck": {
                "Test": ["CMD", "/usr/bin/jetbridge", "doctor", "--serving"], "Interval": 30_000_000_000,
                "Timeout": 15_000_000_000, "StartPeriod": 60_000_000_000, "Retries": 3,
            },
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{diff}"]},
        "history": [{"created": CREATED, "created_by": "scripts/package --image"}],
    }


class Layout:
    def __init__(self, path):
        self.tar = tarfile.open(path, "w", format=tarfile.GNU_FORMAT)
        for folder in ("blobs", "blobs/sha256"):
            entry = self.entry(folder, 0)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            self.tar.addfile(entry)

    @staticmethod
    def entry(name, size):
        entry = tarfile.TarInfo(name)
        entry.size, entry.mtime, entry.mode = size, EPOCH, 0o644
        return entry

    def add(self, name, document):
        text = json.dumps(document, indent=1, sort_keys=True).encode()
        self.tar.addfile(self.entry(name, len(text)), io.BytesIO(text))

    def blob(self, document, kind):
        """Stores a document; returns its descriptor."""
        text = json.dumps(document, indent=1, sort_keys=True).encode()
        digest = hashlib.sha256(text).hexdigest()
        self.tar.addfile(self.entry(f"blobs/sha256/{digest}", len(text)), io.BytesIO(text))
        return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(text)}

    def file(self, path, kind):
        digest, size = digest_of(path), os.path.getsize(path)
        with open(path, "rb") as file:
            self.tar.addfile(self.entry(f"blobs/sha256/{digest}", size), file)
        return {"mediaType": kind, "digest": f"sha256:{digest}", "size": size}


def path_of(descriptor):
    return "blobs/sha256/" + descriptor["digest"].partition(":")[2]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("root")
    parser.add_argument("image")
    for name in ("user", "version", "architecture"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--revision", default="")
    arguments = parser.parse_args()
    kind = "application/vnd.oci.image"
    with tempfile.TemporaryDirectory(dir=os.path.dirname(os.path.abspath(arguments.root))) as folder:
        packed = os.path.join(folder, "layer.tar.gz")
        compress(arguments.root, packed)
        layout = Layout(arguments.image)
        layer = layout.file(packed, f"{kind}.layer.v1.tar+gzip")
        config = layout.blob(configuration(arguments, digest_of(arguments.root)), f"{kind}.config.v1+json")
        manifest = layout.blob(
            {"schemaVersion": 2, "mediaType": f"{kind}.manifest.v1+json", "config": config, "layers": [layer]},
            f"{kind}.manifest.v1+json")
        tag = arguments.version.replace("+", "-").replace("~", "-")
        manifest["platform"] = {"architecture": arguments.architecture, "os": "linux"}
        manifest["annotations"] = {
            "org.opencontainers.image.ref.name": tag, "io.containerd.image.name": f"docker.io/library/jetbridge:{tag}",
        }
        layout.add("index.json", {
            "schemaVersion": 2, "mediaType": f"{kind}.index.v1+json", "manifests": [manifest],
        })
        layout.add("oci-layout", {"imageLayoutVersion": "1.0.0"})
        layout.add("manifest.json", [
            {"Config": path_of(config), "RepoTags": [f"jetbridge:{tag}"], "Layers": [path_of(layer)]},
        ])
        layout.tar.close()


if __name__ == "__main__":
    main()
