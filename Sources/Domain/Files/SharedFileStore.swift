internal import EventLoop
internal import Objects

/// Files in the object store that all hosts share. A host's folder has copies of those that it has written or read, and
/// files from before there was an object store.
struct SharedFileStore: FileStore {
    let folder: FolderFileStore
    let objects: any ObjectStore

    private static let top = "files/"

    private static func key(_ name: String, _ session: String) -> String { "\(Self.top)\(session)/\(name)" }

    /// Whether another file of this name may come: then a copy here could be of an older one.
    private static func isReplaceable(_ name: String) -> Bool {
        name.hasPrefix(UploadName.waiting) || name.hasPrefix(UploadName.export)
    }

    func writer(_ name: String, in session: String, limit: Int, draft: String?) -> FileWriter {
        self.folder.writer(name, in: session, limit: limit, draft: draft) { path in
            try await Self.reporting {
                try await self.objects.put(ObjectContent(file: path), at: Self.key(name, session))
            }
            if Self.isReplaceable(name) { await self.folder.remove(name, in: session) }
        }
    }

    func bytes(of name: String, in session: String) async throws -> [UInt8] {
        try await self.withCopy(of: name, in: session) { try await self.folder.bytes(of: $0, in: session) }
    }

    func pass(
        _ name: String, in session: String, to write: @Sendable ([UInt8]) async throws -> Void
    ) async throws -> Bool {
        try await self.withCopy(of: name, in: session) { try await self.folder.pass($0, in: session, to: write) }
    }

    /// Runs `body` with the name of a file's copy on this host, fetched where it is missing. A file that does not exist has
    /// no copy.
    private func withCopy<Value>(
        of name: String, in session: String, _ body: (String) async throws -> Value
    ) async throws -> Value {
        guard Self.isReplaceable(name) else {
            if await !self.folder.has(name, in: session) { try await self.fetch(name, session, to: name) }
            return try await body(name)
        }
        let copy = UploadName.draft + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        do {
            try await self.fetch(name, session, to: copy)
            let value = try await body(copy)
            await self.folder.remove(copy, in: session)
            return value
        } catch {
            await self.folder.remove(copy, in: session)
            throw error
        }
    }

    private func fetch(_ name: String, _ session: String, to copy: String) async throws {
        try await Self.reporting {
            guard let bytes = try await self.objects.get(Self.key(name, session)) else { return }
            _ = try await bytes.save(to: await self.folder.path(of: copy, in: session))
        }
    }

    func files(prefix: String, in session: String) async throws -> [(name: String, size: Int)] {
        try await self.entries(prefix, session).map { ($0.name, $0.size) }
    }

    private func entries(_ prefix: String, _ session: String) async throws -> [FolderFileStore.Entry] {
        var found: [String: FolderFileStore.Entry] = [:]
        let start = Self.key("", session)
        try await Self.reporting {
            for try await object in self.objects.objects(below: start + prefix) {
                let name = String(object.key.dropFirst(start.count))
                found[name] = FolderFileStore.Entry(name: name, size: object.size, at: object.modified * 1_000_000)
            }
        }
        // Their times are exact; a bucket may know only seconds.
        for entry in await self.folder.entries(prefix, session) where !entry.name.hasPrefix(UploadName.draft) {
            found[entry.name] = entry
        }
        return found.values.sorted { ($0.at, $0.name) < ($1.at, $1.name) }
    }

    func rename(_ name: String, to other: String, in session: String) async throws {
        try await Self.reporting {
            if try await self.objects.copy(Self.key(name, session), to: Self.key(other, session)) {
                try await self.objects.delete(Self.key(name, session))
            } else {
                // From before there was an object store.
                let content = try await ObjectContent(file: self.folder.path(of: name, in: session))
                try await self.objects.put(content, at: Self.key(other, session))
            }
        }
        await self.folder.remove(name, in: session)
    }

    func owners() async throws -> Set<String> {
        var owners = await self.folder.owners()
        try await Self.reporting {
            guard let bytes = try await self.objects.get(Self.top + FolderFileStore.ownerName) else { return }
            owners.insert(String(decoding: try await bytes.collect(upTo: 64), as: UTF8.self))
        }
        return owners
    }

    func claim(for owner: String) async throws {
        try await self.folder.claim(for: owner)
        try await Self.reporting {
            try await self.objects.put(ObjectContent(Array(owner.utf8)), at: Self.top + FolderFileStore.ownerName)
        }
    }

    func sizes() async throws -> [String: Int] {
        var sizes: [String: Int] = [:]
        // A file that is also an object counts once.
        var copies: [String: [String: Int]] = [:]
        for session in await self.folder.sessions() {
            let files = await self.folder.entries("", session).map { ($0.name, $0.size) }
            copies[session] = Dictionary(files) { first, _ in first }
            sizes[session] = files.reduce(0) { $0 + $1.1 }
        }
        try await Self.reporting {
            for try await object in self.objects.objects(below: Self.top) {
                guard let (session, name) = Self.parts(of: object.key) else { continue }
                sizes[session, default: 0] += object.size - (copies[session]?.removeValue(forKey: name) ?? 0)
            }
        }
        return sizes
    }

    func remove(_ session: String) async throws {
        // First, because what is left is found by it.
        try await Self.reporting { try await self.objects.deleteAll(below: Self.key("", session)) }
        await self.folder.remove(session)
    }

    func remove(before limit: @Sendable (String) -> Int64?) async throws {
        await self.folder.remove(before: limit)
        try await Self.reporting {
            for try await object in self.objects.objects(below: Self.top) {
                guard let (_, name) = Self.parts(of: object.key), let time = limit(name), object.modified < time else {
                    continue
                }
                try await self.objects.delete(object.key)
            }
        }
    }

    private static func parts(of key: String) -> (session: String, name: String)? {
        let parts = key.dropFirst(Self.top.count).split(separator: "/", maxSplits: 1).map(String.init)
        return parts.count == 2 ? (parts[0], parts[1]) : nil
    }

    private static func reporting<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as ObjectStoreError {
            throw FileFailure(reason: error.message)
        } catch let error as SystemError {
            throw FileFailure(reason: FileTexts.notStored(error.message))
        }
    }
}
