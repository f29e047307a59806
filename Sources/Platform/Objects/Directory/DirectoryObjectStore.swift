internal import CSystem
internal import EventLoop
internal import Glibc
internal import Lifecycle
internal import Primitives

/// Keeps objects as files of a directory, which several machines may share. Blocking, so on a thread of its own kind.
///
/// Nothing in it follows a symbolic link, and no key leaves it.
package actor DirectoryObjectStore: ObjectStore {
    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe LocalFile.thread.asUnownedSerialExecutor() }

    private nonisolated let directory: String
    /// Objects in a page of a listing.
    private let pageSize: Int

    /// A folder that a deletion emptied is removed, perhaps just before something is stored in it.
    private static let attempts = 8

    /// - Parameter directory: Absolute; made at the first use, private to its owner.
    package init(_ directory: String) {
        self.init(directory, pageSize: 1_000)
    }

    init(_ directory: String, pageSize: Int) {
        self.directory = directory
        self.pageSize = pageSize
    }

    package nonisolated var name: String { self.directory }

    package nonisolated func place(of key: String) -> String { "\(self.directory)/\(key)" }

    package func put(_ content: ObjectContent, at key: String, ifAbsent: Bool) async throws -> Bool {
        let parts = try ObjectKeys.parts(of: key)
        return try await self.storing {
            for attempt in 1... {
                let folder = try self.folder(parts.dropLast(), isMade: true)
                do {
                    let draft = try await folder.draft(of: content)
                    return try folder.keep(draft, as: parts[parts.count - 1], ifAbsent: ifAbsent)
                } catch let error as SystemError where error.code == ENOENT && attempt < Self.attempts {}
            }
            return false
        }
    }

    package func get(_ key: String, range: Range<Int>?) async throws -> ObjectBytes? {
        let parts = try ObjectKeys.parts(of: key)
        return try await self.reading {
            guard let file = try self.folder(parts.dropLast())?.open(parts[parts.count - 1]) else { return nil }
            let size = try await file.size()
            let end = min(range?.upperBound ?? size, size)
            let position = Protected(min(range?.lowerBound ?? 0, end))
            return ObjectBytes(size: size) {
                let start = position.withLock { $0 }
                guard start < end else { return nil }
                let piece = try await file.read(at: start, upTo: min(ObjectContent.pieceSize, end - start))
                guard !piece.isEmpty else {
                    throw ObjectStoreError(.damaged, "the object \(key) became shorter while it was read")
                }
                position.withLock { $0 += piece.count }
                return piece
            }
        }
    }

    package func facts(of key: String) async throws -> ObjectFacts? {
        let parts = try ObjectKeys.parts(of: key)
        return try await self.reading { try self.folder(parts.dropLast())?.facts(of: parts[parts.count - 1], key: key) }
    }

    package func page(below prefix: String, after token: String?) async throws -> ObjectPage {
        try await self.reading {
            var listing = DirectoryListing(prefix: prefix, after: token, limit: self.pageSize)
            if let top = try self.folder([]) { try listing.add(top, path: "") }
            return listing.page
        }
    }

    package func copy(_ key: String, to other: String) async throws -> Bool {
        let parts = try ObjectKeys.parts(of: key)
        guard let folder = try await self.reading({ try self.folder(parts.dropLast()) }),
            let content = try await self.reading({ try await folder.content(parts[parts.count - 1]) })
        else { return false }
        return try await self.put(content, at: other, ifAbsent: false)
    }

    package func delete(_ key: String) async throws {
        let parts = try ObjectKeys.parts(of: key)
        try await self.storing {
            guard let folder = try self.folder(parts.dropLast()) else { return }
            try folder.remove(parts[parts.count - 1])
            for depth in stride(from: parts.count - 1, to: 0, by: -1) {
                // Fails where a folder has something else.
                guard try self.folder(parts[..<(depth - 1)])?.removeFolder(parts[depth - 1]) == true else { return }
            }
        }
    }

    /// The folder of some parts of a key; nil if it is missing and not to be made.
    private func folder(_ parts: ArraySlice<String>) throws(SystemError) -> ObjectFolder? {
        try ObjectFolder(self.directory)?.folder(parts)
    }

    private func folder(_ parts: ArraySlice<String>, isMade: Bool) throws(SystemError) -> ObjectFolder {
        try PrivateFile.makeFolder(self.directory)
        guard var folder = try ObjectFolder(self.directory) else { throw .last("open \(self.directory)") }
        for part in parts { folder = try folder.made(part) }
        return folder
    }

    private func storing<Value>(_ body: () async throws -> Value) async throws -> Value {
        try await self.mapping("Give this program's user write access to it, and free some space", body)
    }

    private func reading<Value>(_ body: () async throws -> Value) async throws -> Value {
        try await self.mapping("Give this program's user access to it", body)
    }

    private func mapping<Value>(_ remedy: String, _ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as SystemError {
            throw ObjectStoreError(.refused, "the directory \(self.directory) failed: \(error). \(remedy).")
        }
    }
}
