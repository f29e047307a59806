internal import JSON
internal import Primitives

/// The last member of a backup: what it is, and the digest of each file, in their order.
package struct BackupManifest: Sendable, Equatable {
    struct File: Sendable, Equatable {
        /// In UTF-8; other bytes are replaced. Runs of marks are broken, as they are where the manifest is read.
        let path: String
        let size: Int
        /// SHA-256 in hexadecimal.
        let digest: String

        init(path: String, size: Int, digest: String) {
            self.path = StreamSafeText.of(path)
            self.size = size
            self.digest = digest
        }

        init(path: [UInt8], size: Int, digest: String) {
            self.init(path: String(decoding: path, as: UTF8.self), size: size, digest: digest)
        }

        /// Bytes of this file's entry in the manifest, at most.
        var listedBytes: Int { JSON.string(self.path).text.utf8.count + 120 }
    }

    static let format = "jetbridge-backup"
    static let version = 1

    /// RFC 3339.
    package var created: String
    package var release: String
    /// The last step of the store's schema; 0 where it could not be read, and in backups of earlier releases with a
    /// database of PostgreSQL.
    package var schema: Int
    /// Where the store was: `jetbridge.sqlite`, or the URL of a database that is not in the backup.
    package var store: String
    package var hasStore: Bool
    package var directory: String
    package var hasSecrets: Bool
    /// Where the repositories outside of the data directory were, by their names.
    package var repositories: [String: String]
    /// What could not be read.
    package var skipped: [String]
    var files: [File]

    /// Of all files.
    package var bytes: Int { self.files.reduce(0) { $0 + $1.size } }
    package var count: Int { self.files.count }

    /// Its JSON, with the files one by one: as a tree, they would take several times as much memory.
    var encoded: [UInt8] {
        let facts: JSON = [
            "format": .string(Self.format), "version": JSON(Self.version), "created": .string(self.created),
            "release": .string(self.release), "schema": JSON(self.schema), "store": .string(self.store),
            "has_store": .bool(self.hasStore), "data_directory": .string(self.directory),
            "has_secrets": .bool(self.hasSecrets),
            "repositories": .array(
                self.repositories.sorted { $0.key < $1.key }.map {
                    ["name": .string($0.key), "path": .string($0.value)]
                }
            ),
            "skipped": .array(self.skipped.map(JSON.string)),
        ]
        var writer = JSONWriter()
        writer.beginObject()
        for (key, value) in facts.objectValue ?? JSONObject() {
            writer.key(key)
            writer.write(value)
        }
        writer.key("files")
        writer.beginArray()
        for file in self.files {
            writer.write(["path": .string(file.path), "size": JSON(file.size), "sha256": .string(file.digest)])
        }
        writer.endArray()
        writer.endObject()
        return writer.output
    }
}

extension BackupManifest {
    /// Throws ``BackupError`` for a manifest of a later format.
    init(_ json: JSON, of path: String) throws {
        guard json["format"]?.stringValue == Self.format, let version = json["version"]?.intValue else {
            throw BackupError.foreign(path)
        }
        let release = json["release"]?.stringValue ?? "unknown"
        guard version <= Self.version else {
            throw BackupError("\(path) was made by a newer release (\(release)): install that release, then restore it")
        }
        guard let created = json["created"]?.stringValue, let schema = json["schema"]?.intValue,
            let store = json["store"]?.stringValue, let directory = json["data_directory"]?.stringValue
        else { throw BackupError.damaged(path, "its manifest is incomplete") }
        self.init(
            created: created, release: release, schema: schema, store: store,
            hasStore: json["has_store"]?.boolValue ?? false, directory: directory,
            hasSecrets: json["has_secrets"]?.boolValue ?? false,
            repositories: Dictionary(
                (json["repositories"]?.arrayValue ?? []).compactMap { entry in
                    guard let name = entry["name"]?.stringValue, let path = entry["path"]?.stringValue else {
                        return nil
                    }
                    return (name, path)
                }, uniquingKeysWith: { $1 }),
            skipped: (json["skipped"]?.arrayValue ?? []).compactMap(\.stringValue),
            files: (json["files"]?.arrayValue ?? []).map {
                File(
                    path: $0["path"]?.stringValue ?? "", size: $0["size"]?.intValue ?? -1,
                    digest: $0["sha256"]?.stringValue ?? "")
            })
    }
}
