internal import CGit2
internal import Glibc
internal import Primitives

/// Writes bundles: commits with all that they refer to in one file, which `git clone` and `git fetch` read
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
    /// - Parameter references: Commits with their names: `HEAD`, or full names such as `refs/heads/main`.
    package func make(
        _ references: [(name: String, id: GitObjectID)], in folder: String
    ) throws(GitError) -> OpenFile {
        let path = "\(folder)/bundle-\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
        let number = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard number >= 0 else { throw GitError(system: errno, "write", "the bundle") }
        let file = FileDescriptor(owning: number)
        unsafe unlink(path)
        let head = references.map { "\($0.id.hex) \($0.name)\n" }.joined()
        let status = Folder.writeAll(Array("# v2 git bundle\n\(head)\n".utf8), to: number)
        guard status == 0 else { throw GitError(system: status, "write", "the bundle") }
        try self.pack(references.map(\.id), to: number)
        guard let bundle = OpenFile(file) else { throw GitError(.failed, "the bundle can't be read: check the disk") }
        return bundle
    }

    private func pack(_ ids: [GitObjectID], to number: Int32) throws(GitError) {
        let store = try ObjectStore(path: self.store)
        try Self.limitMemory(of: store)
        let walk = try unsafe GitLibrary.make("the bundle") { unsafe git_revwalk_new($0, store.repository) }
        defer { unsafe git_revwalk_free(walk) }
        for id in ids {
            var raw = id.raw
            try unsafe GitLibrary.check(git_revwalk_push(walk, &raw), "the commit \(id.short)")
        }
        let builder = try unsafe GitLibrary.make("the bundle") { unsafe git_packbuilder_new($0, store.repository) }
        defer { unsafe git_packbuilder_free(builder) }
        _ = unsafe git_packbuilder_set_threads(builder, 1)
        unsafe git_packbuilder_set_callbacks(builder, { _, _, _, _ in Task.isCancelled ? GIT_EUSER.rawValue : 0 }, nil)
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

    /// The library reads these limits only from the repository's configuration.
    private static func limitMemory(of store: ObjectStore) throws(GitError) {
        let configuration = try unsafe GitLibrary.make("the store's configuration") {
            unsafe git_repository_config($0, store.repository)
        }
        defer { unsafe git_config_free(configuration) }
        for (name, value) in [
            ("core.bigFileThreshold", Self.largeObject), ("pack.windowMemory", Self.memory),
            ("pack.deltaCacheSize", Self.memory),
        ] {
            var current: Int64 = 0
            if unsafe git_config_get_int64(&current, configuration, name) == 0, current == value { continue }
            try unsafe GitLibrary.check(
                git_config_set_int64(configuration, name, value), "the store's configuration")
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
        self.status = unsafe Folder.writeAll(Array(bytes), to: self.number)
        return self.status == 0 && !Task.isCancelled ? 0 : GIT_EUSER.rawValue
    }
}
