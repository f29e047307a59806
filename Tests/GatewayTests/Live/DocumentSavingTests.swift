import Chat
import Database
import Git
import Logging
import Primitives
import Repositories
import Store
import TestSupport
import Testing
import Threads

@testable import Documents

@Suite("Open documents whose server takes no commit", .timeLimit(.minutes(1)))
struct DocumentSavingTests {
    private final class RefusingUpstream: Upstream {
        /// Nil: it does not answer.
        private let refusal: GitError?
        private let count = Protected(0)

        init(_ refusal: GitError?) { self.refusal = refusal }

        var tries: Int { self.count.withLock { $0 } }

        func fetch(into mirror: GitRepository) async throws {}

        func publish(_ publication: Publication, from mirror: GitRepository) async throws -> GitObjectID {
            self.count.withLock { $0 += 1 }
            if let refusal { throw refusal }
            try await Task.sleep(for: .seconds(3_600))
            return publication.commit
        }
    }

    /// A repository `notes` on this machine, and a mirror `far`.
    private struct Scene {
        let directory: TemporaryDirectory
        let git: RealGit
        let server: RefusingUpstream
        let documents: OpenDocuments
        let store: SessionStore
        private let clock: Protected<Int64>

        init(_ refusal: GitError?, patience: Duration = .seconds(300)) async throws {
            self.directory = try TemporaryDirectory()
            let path = self.directory.path
            let notes = RepositorySetting(name: "notes", place: .local(path: path + "/notes"), branch: "main")
            let far = RepositorySetting(name: "far", place: .mirror(path: path + "/far"), branch: "main")
            let logger = Logger(label: "test", output: LogOutput(level: .error, format: .json) { _ in })
            await RepositoryCatalog([notes], now: { 1_700_000_000 }, logger: logger).prepare()
            self.git = RealGit(path + "/notes")
            try self.git.shell(
                "mkdir docs && echo text > docs/a.md && git add . && git commit -qm a && git clone -q --bare . ../far")
            let server = RefusingUpstream(refusal)
            self.server = server
            let catalog = RepositoryCatalog(
                [notes, far], upstreams: ["far": server], now: { 1_700_000_000 }, logger: logger)
            await catalog.prepare()
            let database = try TestDatabase.open(path: path + "/store", migrations: StoreSchema.migrations)
            let clock = Protected<Int64>(1_700_000_000_000)
            self.clock = clock
            self.store = SessionStore(database: database)
            self.documents = OpenDocuments(
                desk: DocumentDesk(catalog: catalog, now: { 1_700_000_000 }), store: self.store, logger: logger,
                now: { clock.withLock { $0 } }, patience: patience, link: { $0.sha },
                report: { _, _ in })
        }

        func join(_ repository: String, canEdit: Bool) async throws -> DocumentConnection {
            let sender = Sender(id: "web:a", identities: [Identity("web:a")], displayName: "Ada")
            return try await self.documents.join(
                "docs/a.md", of: DocumentThread(repository: repository, feature: nil), as: sender, in: "s",
                canEdit: canEdit, isOwner: true, epoch: nil)
        }

        /// Somebody writes a word and leaves.
        func edit(_ repository: String, as client: UInt64 = 77) async throws {
            let connection = try await self.join(repository, canEdit: true)
            var text = SharedText()
            let update = text.replace(with: "new ", as: client)
            await connection.receive(DocumentFrame.sync(2, try #require(update)))
            await connection.leave()
        }

        func tick(after milliseconds: Int64) async {
            self.clock.withLock { $0 += milliseconds }
            await self.documents.tick()
        }
    }

    @Test("what the server's rules forbid is tried again only when the text has changed")
    func refused() async throws {
        let scene = try await Scene(GitError(.rejected, "the branch is protected: open a pull request"))
        let reader = try await scene.join("far", canEdit: false)
        try await scene.edit("far")
        await scene.tick(after: 30_000)
        for _ in 0..<5 { await scene.tick(after: 1_000) }
        await scene.tick(after: 3_600_000)
        expectEqual(scene.server.tries, 1)
        try await scene.edit("far", as: 78)
        await scene.tick(after: 30_000)
        expectEqual(scene.server.tries, 2)
        await reader.leave()
    }

    @Test("a commit that fails is tried again after pauses that grow")
    func unreachable() async throws {
        let scene = try await Scene(GitError(.unreachable, "the server does not answer: try again later"))
        let reader = try await scene.join("far", canEdit: false)
        try await scene.edit("far")
        await scene.tick(after: 30_000)
        for _ in 0..<5 { await scene.tick(after: 1_000) }
        expectEqual(scene.server.tries, 1)
        var tries: [Int] = []
        for _ in 0..<4 {
            await scene.tick(after: 30_000)
            tries.append(scene.server.tries)
        }
        expectEqual(tries, [2, 2, 3, 3])
        await reader.leave()
    }

    @Test("one that waits for its server holds up no other document")
    func silent() async throws {
        let scene = try await Scene(nil)
        try await scene.edit("far")
        let first = Task { await scene.tick(after: 30_000) }
        try await eventually("the server has been asked") { scene.server.tries == 1 }
        try await scene.edit("notes")
        await scene.tick(after: 30_000)
        #expect(try scene.git.shell("git show main:docs/a.md").contains("new "))
        first.cancel()
        await first.value
    }

    @Test("a save ends when its server does not answer")
    func deadline() async throws {
        let scene = try await Scene(nil, patience: .milliseconds(500))
        try await scene.edit("far")
        await scene.tick(after: 30_000)
        expectEqual(scene.server.tries, 1)
    }

    @Test("all histories of committed documents that nobody has edited for 30 days are removed, and no others")
    func expired() async throws {
        let scene = try await Scene(nil)
        let day: Int64 = 24 * 3_600_000
        let sender = Sender(id: "web:a", identities: [Identity("web:a")], displayName: "Ada")
        @Sendable func place(_ name: String) -> DocumentPlace {
            DocumentPlace(repository: "notes", branch: "main", path: "docs/\(name).md")
        }
        try await scene.store.write { ledger in
            func add(_ name: String, days: Int64, by editors: [DocumentEditor] = []) throws {
                let record = DocumentRecord(
                    place: place(name), epoch: "e_\(name)", snapshot: SharedText().encode(), base: "",
                    editors: editors, editedAt: 1_700_000_000_000 - days * day)
                _ = try ledger.begin(record)
                try ledger.storeClients(of: record)
            }
            for number in 0..<130 { try add("\(number)", days: 31) }
            try add("new", days: 29)
            try add("unsaved", days: 400, by: [DocumentEditor(sender: sender, session: "s")])
        }
        await scene.documents.lookThroughStored()
        let (places, updates) = try await scene.store.read { ledger in
            (
                try ledger.documents(after: nil, limit: 200).map(\.place),
                try ledger.connection.query("SELECT epoch FROM document_updates", []).count
            )
        }
        expectEqual(places, [place("new"), place("unsaved")])
        expectEqual(updates, 2)
    }
}
