internal import Compression
internal import Crypto
internal import Glibc
internal import JSON
internal import Objects
internal import Primitives

/// Backups in pieces: a store keeps each piece once, so a backup adds what has changed since the one before. `NAME.json`
/// names the pieces of a backup in their order; `pieces/DIGEST.gz` is one, by the SHA-256 of its content.
extension Backup {
    static let pieces = "pieces/"
    private static let format = "jetbridge-backup-pieces"
    /// Of compressed bytes: these may be a thousand times as many.
    private static let readSize = 16 << 10
    /// A piece of a backup that is just being made is in no list yet.
    private static let youth: Int64 = 86_400_000

    /// Stores the backup `file` under `name`.
    func keep(_ file: String, as name: String, in store: any ObjectStore) async throws {
        var known: Set<String> = []
        for try await object in store.objects(below: Self.pieces) { known.insert(object.key) }
        var (cutter, digests) = (PieceCutter(), [String]())
        var gunzip = Gunzip()
        let input = BackupFolder.openedFile(file)
        var position = 0
        while case let bytes = Self.bytes(of: input.rawValue, at: position), !bytes.isEmpty {
            try Task.checkCancellation()
            position += bytes.count
            var content: [UInt8] = []
            try gunzip.decompress(bytes) { content += $0 }
            for piece in cutter.take(content) { digests.append(try await Self.put(piece, in: store, &known)) }
        }
        guard gunzip.isComplete else { throw BackupError.damaged(file, "it ends too early") }
        if !cutter.rest.isEmpty { digests.append(try await Self.put(cutter.rest, in: store, &known)) }
        let list: JSON = [
            "format": .string(Self.format), "version": 1, "pieces": .array(digests.map(JSON.string)),
        ]
        try await store.put(ObjectContent(Array("\(list.text)\n".utf8)), at: name)
    }

    private static func bytes(of file: Int32, at position: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: self.readSize) { buffer, count in
            count = max(0, pread(file, buffer.baseAddress, self.readSize, position))
        }
    }

    private static func put(_ piece: [UInt8], in store: any ObjectStore, _ known: inout Set<String>) async throws
        -> String
    {
        let digest = hex(sha256(piece))
        if known.insert("\(self.pieces)\(digest).gz").inserted {
            try await store.put(ObjectContent(Gzip.bytes(of: piece)), at: "\(self.pieces)\(digest).gz")
        }
        return digest
    }

    /// Deletes the pieces that are in none of the backups `names`.
    func sweep(keeping names: [String], in store: any ObjectStore, now: Int64) async throws {
        var used: Set<String> = []
        for name in names { used.formUnion(try await Self.list(name, in: store).map { "\(Self.pieces)\($0).gz" }) }
        for try await object in store.objects(below: Self.pieces)
        where !used.contains(object.key) && now - object.modified > Self.youth {
            try await store.delete(object.key)
        }
    }

    private static func list(_ name: String, in store: any ObjectStore) async throws -> [String] {
        guard let object = try await store.get(name) else {
            throw Self.missing(name, of: name, in: store)
        }
        guard let list = try? JSON.parse(try await object.collect(upTo: 64 << 20)),
            list["format"]?.stringValue == self.format, list["version"]?.intValue == 1,
            let digests = list["pieces"]?.arrayValue?.compactMap(\.stringValue)
        else { throw BackupError.damaged(store.place(of: name), "it is not a list of pieces") }
        return digests
    }

    /// Writes the backup `name` into the new file `file`, and verifies it.
    func fetch(_ name: String, from store: any ObjectStore, to file: String) async throws -> BackupManifest {
        let writer = try BackupWriter(file)
        do {
            if name.hasSuffix(BackupShelf.listSuffix) {
                for digest in try await Self.list(name, in: store) {
                    let key = "\(Self.pieces)\(digest).gz"
                    var content: [UInt8] = []
                    try await Self.read(key, of: name, in: store) { bytes in
                        content += bytes
                        guard content.count <= PieceCutter.sizes.upperBound else {
                            throw BackupError.damaged(store.place(of: key), "it is longer than a piece may be")
                        }
                    }
                    guard hex(sha256(content)) == digest else {
                        throw BackupError.damaged(store.place(of: key), "it differs from its digest")
                    }
                    try writer.append(content)
                }
            } else {
                try await Self.read(name, of: name, in: store) { try writer.append($0) }
            }
            try writer.finish()
            let manifest = try BackupReader.read(writer.draft)
            try writer.publish()
            return manifest
        } catch {
            writer.discard()
            throw error
        }
    }

    /// Passes on what the object `key` of the backup `name` has, decompressed.
    private static func read(
        _ key: String, of name: String, in store: any ObjectStore, _ take: ([UInt8]) throws -> Void
    ) async throws {
        guard let object = try await store.get(key) else { throw Self.missing(key, of: name, in: store) }
        var gunzip = Gunzip()
        do {
            for try await bytes in object { try gunzip.decompress(bytes, take) }
        } catch is Gunzip.Failure {
            throw BackupError.damaged(store.place(of: key), "its bytes were altered")
        }
        guard gunzip.isComplete else { throw BackupError.damaged(store.place(of: key), "it was cut off") }
    }

    private static func missing(_ key: String, of name: String, in store: any ObjectStore) -> BackupError {
        let place = store.place(of: key)
        guard key != name else {
            return BackupError("\(place) is missing: 'jetbridge backup list' shows what there is")
        }
        return BackupError(
            "\(place) is missing, a piece without which the backup \(name) cannot be put together; no file was written. "
                + "Fetch another one: 'jetbridge backup list' shows their names, and 'jetbridge backup fetch NAME FILE' "
                + "says whether all pieces are there and intact")
    }
}
