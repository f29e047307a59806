import Chat
import Glibc
import Metrics
import Objects
import Primitives
import Store
import TestSupport
import Testing

@testable import Files
@testable import Sessions
@testable import Threads

/// Runs on the thread of the folder and of files that arrive.
@globalActor private actor FileThread {
    static let shared = FileThread()
    nonisolated var unownedExecutor: UnownedSerialExecutor { FileWriter.thread.asUnownedSerialExecutor() }
}

@Suite("Files that hosts share", .timeLimit(.minutes(1)))
struct SharedFileTests {
    private let directory: TemporaryDirectory
    private let objects: DirectoryObjectStore

    init() throws {
        self.directory = try TemporaryDirectory()
        self.objects = DirectoryObjectStore(self.directory.path + "/objects")
    }

    private func store(_ host: String) -> any FileStore {
        FileStores.make(directory: "\(self.directory.path)/\(host)", objects: self.objects)
    }

    private func uploads(_ host: String) -> Uploads {
        Uploads(directory: "\(self.directory.path)/\(host)", objects: self.objects, limit: 1 << 20)
    }

    private static func body(_ text: String) -> AsyncStream<[UInt8]> {
        AsyncStream { feed in
            feed.yield(Array(text.utf8))
            feed.finish()
        }
    }

    private static func write(_ text: String, _ name: String, to store: any FileStore) async throws {
        let writer = store.writer(name, in: "s_1", limit: 1_000)
        try await writer.open()
        try await writer.write(Array(text.utf8))
        _ = try await writer.finish()
    }

    private func text(_ name: String, _ store: any FileStore) async throws -> String {
        String(decoding: try await store.bytes(of: name, in: "s_1"), as: UTF8.self)
    }

    private func keys() async throws -> [String] {
        var keys: [String] = []
        for try await object in self.objects.objects(below: "") { keys.append(object.key) }
        return keys
    }

    @discardableResult
    private func shell(_ command: String) throws -> String { try RealGit(self.directory.path).shell(command) }

    @Test("a file is read on every host, and a host keeps a copy")
    func read() async throws {
        let (a, b) = (self.store("a"), self.store("b"))
        try await Self.write("text", "1-1-x.txt", to: a)
        try await expectEqual(self.keys(), ["files/s_1/1-1-x.txt"])
        try await expectEqual(self.text("1-1-x.txt", b), "text")
        try expectEqual(self.shell("ls a/s_1 b/s_1"), "a/s_1:\n1-1-x.txt\n\nb/s_1:\n1-1-x.txt")
        // Also without the object store from then on.
        try self.shell("mv objects away")
        try await expectEqual(self.text("1-1-x.txt", b), "text")
        try self.shell("mv away objects")
        try await expectEqual(b.sizes(), ["s_1": 4])
        await #expect(throws: FileFailure.self) { _ = try await b.bytes(of: "none", in: "s_1") }
        try await expectEqual(b.pass("none", in: "s_1") { _ in }, false)
    }

    @Test("a file may have any time", arguments: [-62_135_596_800, -9_300_000_000, 9_300_000_000, 253_402_300_799])
    func absurdTimes(_ seconds: Int64) async throws {
        let store = FolderFileStore("\(self.directory.path)/a")
        try await Self.write("text", "1-1-x.txt", to: store)
        try self.shell("touch -d @\(seconds) a/s_1/1-1-x.txt")
        await expectEqual(store.files(prefix: "1", in: "s_1").map(\.name), ["1-1-x.txt"])
        await store.remove { _ in 0 }
        await expectEqual(store.has("1-1-x.txt", in: "s_1"), seconds > 0)
        try await Self.write("text", "1-1-x.txt", to: self.store("b"))
        try self.shell("rm -r b && touch -d @\(seconds) objects/files/s_1/1-1-x.txt")
        try await expectEqual(self.store("b").files(prefix: "1", in: "s_1").map(\.name), ["1-1-x.txt"])
    }

    @Test("what waits for the thread of files comes between two sessions of a pass over all")
    func between() async throws {
        let store = FolderFileStore("\(self.directory.path)/a")
        try self.shell("mkdir -p a/s_1 a/s_2 a/s_3 && touch a/s_1/x a/s_2/x a/s_3/x")
        let order = Protected<[String]>([])
        await store.remove { name in
            let isFirst = order.withLock { order in
                order.append(name)
                return order.count == 1
            }
            // Is in the thread's queue at once.
            if isFirst { Task { @FileThread in order.withLock { $0.append("other") } } }
            return nil
        }
        expectEqual(order.withLock { $0 }, ["x", "other", "x", "x"])
        try expectEqual(self.shell("ls a"), "s_1\ns_2\ns_3")
    }

    @Test("the sizes of files count copies once, and those without an object")
    func sizes() async throws {
        try await Self.write("text", "1-1-x.txt", to: self.store("a"))
        try await Self.write("other", "1-1-y.txt", to: self.store("b"))
        try self.shell("mkdir a/s_2 a/s_3 && printf old > a/s_1/old && printf old > a/s_2/old")
        try await expectEqual(self.store("a").sizes(), ["s_1": 12, "s_2": 3, "s_3": 0])
    }

    @Test("a file that may be replaced is always the newest one")
    func replaced() async throws {
        let (a, b) = (self.store("a"), self.store("b"))
        for text in ["one", "two"] {
            try await Self.write(text, "sent-export-x.md", to: a)
            try await expectEqual(self.text("sent-export-x.md", b), text)
            try await expectEqual(self.text("sent-export-x.md", a), text)
        }
    }

    @Test("uploads on one host go with a message on another one, in order and once")
    func uploads() async throws {
        let (a, b) = (self.uploads("a"), self.uploads("b"))
        _ = try await a.receive(Self.body("one"), named: "b.txt", in: "s_1", from: "ada")
        _ = try await a.receive(Self.body("draft"), named: "a.txt", in: "s_1", from: "ada")
        _ = try await b.receive(Self.body("two"), named: "a.txt", in: "s_1", from: "ada")
        _ = try await b.receive(Self.body("bob's"), named: "c.txt", in: "s_1", from: "bob")
        let taken = try await b.take(from: "ada", in: "s_1", for: "e1")
        expectEqual(taken.map(\.name), ["b.txt", "a.txt"])
        try await expectEqual(a.take(from: "ada", in: "s_1", for: "e1").map(\.id).sorted(), taken.map(\.id).sorted())
        #expect(try await a.take(from: "ada", in: "s_1", for: "e2").isEmpty)
        await a.putBack(from: "ada", in: "s_1", for: "e1")
        let again = try await b.take(from: "ada", in: "s_1", for: "e3")
        expectEqual(again.count, 2)
        // A turn gives them names of their own, also when it begins a second time, on another host.
        for host in ["a", "b"] {
            let intake = FileIntake(files: self.store(host), session: "s_1")
            for file in again {
                let upload = try #require(Uploads.name(of: file, in: "s_1"))
                let received = try await intake.take(file, from: upload, number: "7-1")
                expectEqual(received.text, file.name == "a.txt" ? "two" : "one")
                expectEqual(received.stored, "7-1-\(file.name)")
            }
        }
        try await b.expire(at: .max / 2)
        try await expectEqual(self.keys().sorted(), ["files/s_1/7-1-a.txt", "files/s_1/7-1-b.txt"])
    }

    @Test("a session takes only so many files")
    func full() async throws {
        let uploads = Uploads(directory: self.directory.path + "/plain", limit: 1 << 20)
        try self.shell("mkdir -p plain/s_1 && cd plain/s_1 && touch $(seq 1 \(Uploads.sessionCount - 1))")
        _ = try await uploads.receive(Self.body("one"), named: "a.txt", in: "s_1", from: "ada")
        let error = await #expect(throws: UploadFailure.self) {
            _ = try await uploads.receive(Self.body("two"), named: "b.txt", in: "s_1", from: "ada")
        }
        expectEqual(error, .sessionIsFull)
        _ = try await uploads.receive(Self.body("two"), named: "b.txt", in: "s_2", from: "ada")
    }

    @Test("what the object store does not take is refused, and leaves nothing on the host")
    func refused() async throws {
        try self.shell("touch objects")
        let error = await #expect(throws: UploadFailure.self) {
            _ = try await self.uploads("a").receive(Self.body("one"), named: "b.txt", in: "s_1", from: "ada")
        }
        guard case .notStored(let reason) = error else { throw FileFailure(reason: "\(error as Any)") }
        #expect(reason.contains("\(self.directory.path)/objects failed"))
        await #expect(throws: FileFailure.self) { try await Self.write("x", "1-1-x", to: self.store("a")) }
        #expect(try self.shell("find a -type f").isEmpty)
    }

    @Test("a session's deletion deletes the objects and the copies, and the janitor those of sessions that are gone")
    func deleted() async throws {
        let harness = try await BridgeHarness()
        _ = try await harness.ask("1")
        try await harness.settle()
        let page = try await harness.bridge.store.read { ledger in try ledger.sessions(after: nil, limit: 1) }
        let session = try #require(page.items.first)
        let folder = self.directory.path + "/a"
        for id in [session.id, "t_gone"] {
            let writer = self.store("a").writer("x", in: id, limit: 100)
            try await writer.open()
            try await writer.write([1])
            _ = try await writer.finish()
        }
        try await self.objects.put(ObjectContent([1]), at: "workspaces/\(session.id)/1-1.bundle")
        try await self.objects.put(ObjectContent([1]), at: "archives/x")
        var settings = BridgeSettings(publicURL: "http://127.0.0.1", filesDirectory: folder)
        settings.objects = self.objects
        let environment = BridgeEnvironment(
            settings: settings, logger: .silent, metrics: Metrics(), now: { Int64(time(nil)) * 1_000 })
        try await Janitor(store: harness.bridge.store, environment: environment).deleteFiles()
        let database = "files/\(FolderFileStore.ownerName)"
        try await expectEqual(
            self.keys(),
            [
                "archives/x", database, "files/\(session.id)/x", "workspaces/\(session.id)/1-1.bundle",
            ])
        let deletion = SessionDeletion(store: harness.bridge.store, filesDirectory: folder, objects: self.objects)
        try await expectEqual(deletion.delete(session.id), .deleted)
        try await expectEqual(self.keys(), ["archives/x", database])
        try expectEqual(self.shell("find a -type f"), "a/\(FolderFileStore.ownerName)")
    }

    @Test("a deletion that cannot reach the object store is completed later")
    func deletedLater() async throws {
        let harness = try await BridgeHarness()
        _ = try await harness.ask("1")
        try await harness.settle()
        let page = try await harness.bridge.store.read { ledger in try ledger.sessions(after: nil, limit: 1) }
        let session = try #require(page.items.first)
        try await self.objects.put(ObjectContent([1]), at: "files/\(session.id)/x")
        try self.shell("mv objects away && touch objects")
        let deletion = SessionDeletion(
            store: harness.bridge.store, filesDirectory: self.directory.path + "/a", objects: self.objects)
        try await expectEqual(deletion.delete(session.id), .deleted)
        try await expectEqual(
            harness.bridge.store.read { ledger in try ledger.deletedSessions(limit: 9) }, [session.id])
        try self.shell("rm objects && mv away objects")
        try await deletion.purge(session.id)
        #expect(try await self.keys().isEmpty)
        #expect(try await harness.bridge.store.read { ledger in try ledger.deletedSessions(limit: 9) }.isEmpty)
    }
}
