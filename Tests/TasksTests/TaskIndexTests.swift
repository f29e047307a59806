import Database
import Store
import TestSupport
import Testing

@testable import Tasks

/// What older releases have stored.
@Suite("The index of tasks", .timeLimit(.minutes(1)))
struct TaskIndexTests {
    private let directory: TemporaryDirectory
    private let store: SessionStore

    init() throws {
        self.directory = try TemporaryDirectory()
        self.store = SessionStore(
            database: try TestDatabase.open(path: self.directory.path + "/store", migrations: StoreSchema.migrations))
    }

    private static func task(_ id: String, line: Int = 1, words: String, body: String = "{}") -> TaskRecord {
        TaskRecord(
            repository: "notes", id: id, text: "", state: .open, owner: nil, labels: [], priority: nil, due: nil,
            links: [], notes: [], section: nil, line: line, session: nil, updatedAt: 1, commit: "a", words: words,
            body: body)
    }

    private static let list = TaskListRow(branch: "main", hash: "a", blob: "b")

    @Test("of a task's words, of which older releases stored all, only the beginning is searched, by short words")
    func words() async throws {
        let tasks = ["walrus", "otter"].enumerated().map { index, word in
            Self.task(word, line: index + 1, words: word + String(repeating: " x", count: 5_000) + " penguin")
        }
        try await self.store.write { ledger in
            _ = try ledger.setTasks(tasks, of: "notes", Self.list, at: 1)
            let wanted: [(words: String, ids: [String])] = [
                ("WALRUS", ["walrus"]), ("penguin", []), ("otter x", ["otter"]),
            ]
            for (words, ids) in wanted {
                let found = try ledger.tasks(of: "notes", TaskFilter(search: words), limit: 9)
                expectEqual(found.map(\.id), ids)
            }
        }
        let long = TaskFilter(search: "a \(String(repeating: "é", count: 300))")
        expectEqual(long.words, ["a", String(repeating: "é", count: 32)])
        await self.store.database.close()
    }

    @Test("a task has the first 240 bytes of its heading, also from a row that has all of it")
    func section() async throws {
        let heading = String(repeating: "é", count: 25_000)
        let old = Self.task("T2", words: "t2 b", body: #"{"text": "b", "section": "\#(heading)"}"#)
        try await self.store.write { ledger in
            _ = try ledger.setTasks([old], of: "notes", Self.list, at: 1)
            let task = try #require(try ledger.task("T2", in: "notes"))
            #expect(task.section == String(repeating: "é", count: 120) && task.text == "b")
        }
        await self.store.database.close()
    }
}
