import Glibc
import Primitives
import Testing

@testable import Database

/// A directory for one test, removed with its contents.
final class TestDirectory: Sendable {
    let path: String
    private let isMounted: Bool

    /// With a size, it is a separate file system, which only root can mount.
    init(size: String? = nil) throws {
        var template = Array("/tmp/jetbridge-store-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        self.path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.isMounted = size != nil
        if let size { try #require(mount("tmpfs", self.path, "tmpfs", 0, "size=\(size)") == 0) }
    }

    deinit {
        for name in (try? self.names()) ?? [] { unlink("\(self.path)/\(name)") }
        if self.isMounted { umount2(self.path, 2) }
        rmdir(self.path)
    }

    static let canMount: Bool = (try? TestDirectory(size: "64k")) != nil

    var store: String { self.path + "/store.sqlite" }

    func makeReadOnly(_ isReadOnly: Bool) throws {
        let flags = UInt(32) | (isReadOnly ? 1 : 0)  // MS_REMOUNT, MS_RDONLY
        try #require(mount("tmpfs", self.path, "tmpfs", flags, nil) == 0)
    }

    func names() throws -> [String] {
        try #require(FileDescriptor.names(opendir(self.path))).map { String(decoding: $0, as: UTF8.self) }.sorted()
    }

    func mode(_ name: String) -> UInt32 {
        var status = stat()
        guard stat("\(self.path)/\(name)", &status) == 0 else { return 0 }
        return status.st_mode & 0o777
    }

    /// Overwrites bytes of the store's file directly.
    func damage(at offset: Int, count: Int) throws {
        let file = open(self.store, O_RDWR)
        try #require(file >= 0)
        defer { close(file) }
        let rubbish = [UInt8](repeating: 0xA5, count: count)
        try #require(pwrite(file, rubbish, count, off_t(offset)) == count)
    }
}

/// A store with one table of numbered texts.
struct TestStore {
    static let migrations = [
        Migration(
            number: 1, name: "notes", sql: "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE)")
    ]

    let directory: TestDirectory
    let database: Database

    init(_ directory: TestDirectory? = nil, settings: DatabaseSettings = DatabaseSettings()) throws {
        let directory = try directory ?? TestDirectory()
        self.directory = directory
        self.database = try Database(path: directory.store, migrations: Self.migrations, settings: settings)
    }

    func add(_ text: String) async throws { try await self.database.add(text) }
    func texts() async throws -> [String] { try await self.database.texts() }

    /// The code of the error that the body throws; records an issue if it throws none.
    func code(_ body: () async throws -> Void) async -> DatabaseError.Code? {
        do {
            try await body()
            Issue.record("no error")
            return nil
        } catch {
            return (error as? DatabaseError)?.code
        }
    }
}

extension Database {
    func add(_ text: String, key: String? = nil) async throws {
        try await self.write(key: key) { try $0.execute("INSERT INTO notes (text) VALUES ($1)", .text(text)) }
    }

    func texts() async throws -> [String] {
        try await self.read { try $0.query("SELECT text FROM notes ORDER BY id").map { try $0.text("text") } }
    }
}

struct Refusal: Error, Equatable {}

/// Opens once and stays open: for tests that block a thread of the store, or wait for one.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Protected(State())
    private let ends: (Int32, Int32)

    init() {
        var ends: [Int32] = [0, 0]
        pipe(&ends)
        self.ends = (ends[0], ends[1])
    }

    deinit {
        close(self.ends.0)
        close(self.ends.1)
    }

    func open() {
        write(self.ends.1, "x", 1)
        let waiting = self.state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Blocks the calling thread, which must be one of the store's.
    func block() {
        var descriptor = pollfd(fd: self.ends.0, events: Int16(POLLIN), revents: 0)
        while poll(&descriptor, 1, -1) < 1 {}
    }

    func opened() async {
        await withCheckedContinuation { continuation in
            let isOpen = self.state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }
}
