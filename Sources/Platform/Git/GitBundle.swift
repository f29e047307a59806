internal import CGit2
internal import Glibc
internal import Primitives

/// Writes and reads bundles: commits with all that they refer to in one file, which `git clone` and `git fetch` read too
/// (gitformat-bundle(5), version 2).
///
/// Uses the library only. Blocks a thread that all bundles share, because packing a large repository takes minutes.
package actor GitBundle {
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe Self.executor.asUnownedSerialExecutor()
    }

    private static let executor = ThreadExecutor(name: "bundles")
    /// Larger objects are stored whole.
    private static let largeObject: Int64 = 16 << 20
    /// Bytes of memory for objects that are compared, and for their differences.
    private static let memory: Int64 = 64 << 20

    private let store: String

    /// - Parameter store: A bare repository that only the host writes.
    package init(store: String) {
        self.store = store
    }

    /// Writes a bundle into a file without a name in `folder`.
    ///
    /// - Parameters:
    ///   - references: Commits with their names: `HEAD`, or full names such as `refs/heads/main`.
    ///   - known: Commits that whoever reads the bundle has. What they refer to, and their history, is left out.
    package func make(
        _ references: [(name: String, id: GitObjectID)], without known: [GitObjectID] = [], in folder: String
    ) throws(GitError) -> OpenFile {
        let path = "\(folder)/bundle-\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
        let number = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard number >= 0 else { throw GitError(system: errno, "write", "the bundle") }
        let file = FileDescriptor(owning: number)
        unsafe unlink(path)
        let head =
            known.map { "-\($0.hex) \n" }.joined() + references.map { "\($0.id.hex) \($0.name)\n" }.joined()
        let status = FileDescriptor.write(Array("# v2 git bundle\n\(head)\n".utf8), to: number)
        guard status == 0 else { throw GitError(system: status, "write", "the bundle") }
        try self.pack(references.map(\.id), without: known, to: number)
        guard let bundle = OpenFile(file) else { throw GitError(.failed, "the bundle can't be read: check the disk") }
        return bundle
    }

    private func pack(_ ids: [GitObjectID], without known: [GitObjectID], to number: Int32) throws(GitError) {
        let store = try GitObjects(path: self.store)
        try Self.limitMemory(of: store)
        let walk = try unsafe store.walk(from: ids, without: known, of: "the bundle")
        defer { unsafe git_revwalk_free(walk) }
        var check = PackCheck(store, of: "the bundle")
        try check.check(ids, without: known)
        let builder = try unsafe store.packBuilder("the bundle")
        defer { unsafe git_packbuilder_free(builder) }
        try unsafe GitLibrary.check(git_packbuilder_insert_walk(builder, walk), "the bundle")
        let output = PackOutput(number)
        let payload = unsafe Unmanaged.passUnretained(output).toOpaque()
        let status = unsafe git_packbuilder_foreach(
            builder,
            { bytes, count, payload in
                guard let bytes = unsafe bytes, let payload = unsafe payload else { return GIT_EUSER.rawValue }
                return unsafe Unmanaged<PackOutput>.fromOpaque(payload).takeUnretainedValue().write(
                    UnsafeRawBufferPointer(start: bytes, count: count))
            }, payload)
        guard output.status == 0 else { throw GitError(system: output.status, "write", "the bundle") }
        try GitLibrary.check(status, "the bundle")
    }

    // MARK: Reading

    private static let mark = "# v2 git bundle\n"
    private static let largestHead = 1 << 20
    private static let pieceSize = 256 << 10

    /// Reads a bundle's objects into the store. Returns its references.
    ///
    /// Throws ``GitError/Code/notFound`` if the store lacks a commit that the bundle continues, and
    /// ``GitError/Code/corrupt`` if it is damaged.
    package func read(_ path: String) throws(GitError) -> [(name: String, id: GitObjectID)] {
        let number = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard number >= 0 else { throw GitError(system: errno, "read", "the bundle") }
        guard let file = OpenFile(FileDescriptor(owning: number)) else { throw Self.damage("it is not a regular file") }
        guard let head = file.read(at: 0, upTo: Self.largestHead), head.starts(with: Self.mark.utf8),
            let end = head.firstRange(of: Array("\n\n".utf8))
        else { throw Self.damage("it has no head") }
        let store = try GitObjects(path: self.store)
        var references: [(name: String, id: GitObjectID)] = []
        for line in head[..<end.lowerBound].split(separator: UInt8(ascii: "\n")).dropFirst() {
            let isKnown = line.first == UInt8(ascii: "-")
            let parts = (isKnown ? line.dropFirst() : line).split(separator: UInt8(ascii: " "), maxSplits: 1)
            guard let id = parts.first.flatMap({ GitObjectID(String(decoding: $0, as: UTF8.self)) }) else {
                throw Self.damage("its head")
            }
            if isKnown {
                guard store.has(ObjectKey(id)) else {
                    throw GitError(.notFound, "the commit \(id.short), which the bundle continues, was not found")
                }
            } else {
                guard parts.count == 2 else { throw Self.damage("its head") }
                references.append((StreamSafeText.of(String(decoding: parts[1], as: UTF8.self)), id))
            }
        }
        try self.index(file, from: end.upperBound, store)
        let found = try GitObjects(path: self.store)
        for reference in references where !found.has(ObjectKey(reference.id)) {
            throw Self.damage("it lacks the commit \(reference.id.short)")
        }
        return references
    }

    private func index(_ file: OpenFile, from start: Int, _ store: GitObjects) throws(GitError) {
        let folder = "\(self.store)/objects/pack"
        _ = unsafe mkdir(folder, 0o755)
        let indexer = try unsafe GitLibrary.make("the bundle") {
            unsafe git_indexer_new($0, folder, 0, store.database, nil)
        }
        defer { unsafe git_indexer_free(indexer) }
        var progress = git_indexer_progress()
        var position = start
        while true {
            guard let piece = file.read(at: position, upTo: Self.pieceSize) else {
                throw GitError(system: errno, "read", "the bundle")
            }
            if piece.isEmpty { break }
            let status = unsafe piece.withUnsafeBytes {
                unsafe git_indexer_append(indexer, $0.baseAddress, $0.count, &progress)
            }
            guard status >= 0 else { throw Self.damage(GitLibrary.lastMessage) }
            position += piece.count
        }
        guard unsafe git_indexer_commit(indexer, &progress) >= 0 else { throw Self.damage(GitLibrary.lastMessage) }
    }

    private static func damage(_ what: String) -> GitError {
        GitError(.corrupt, "the bundle is damaged: \(what)")
    }

    /// The library reads these limits only from the repository's configuration.
    private static func limitMemory(of store: GitObjects) throws(GitError) {
        for (name, value) in [
            ("core.bigFileThreshold", Self.largeObject), ("pack.windowMemory", Self.memory),
            ("pack.deltaCacheSize", Self.memory),
        ] {
            try store.configure(name, value)
        }
    }
}

/// Writes a pack to a file.
private final class PackOutput {
    private let number: Int32
    private(set) var status: Int32 = 0

    init(_ number: Int32) {
        self.number = number
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> Int32 {
        self.status = unsafe FileDescriptor.write(Array(bytes), to: self.number)
        return self.status == 0 && !Task.isCancelled ? 0 : GIT_EUSER.rawValue
    }
}
