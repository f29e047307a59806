import Chat
import Database
import Git
import Logging
import Primitives
import Repositories
import Sessions
import TestSupport
import Testing

@testable import Tasks

/// A repository with a list, a colleague's clone, and the desk.
private struct Office {
    let directory: TemporaryDirectory
    let database: Database
    let store: SessionStore
    let desk: TaskDesk
    let git: RealGit
    let colleague: RealGit

    static let alice = Sender(id: "web:a", identities: [Identity("web:a")], displayName: "Alice")

    init(_ text: String? = "# Tasks\n\n- [ ] T1 One\n- [ ] Two\n") async throws {
        self.directory = try TemporaryDirectory()
        let path = self.directory.path + "/notes"
        let catalog = RepositoryCatalog(
            [RepositorySetting(name: "notes", place: .local(path: path), branch: "main")],
            now: { 1_700_000_000 }, logger: Logger(label: "test"))
        await catalog.prepare()
        self.git = RealGit(path)
        if let text {
            try self.git.shell(
                "mkdir -p docs && printf '%s' '\(text)' > docs/TASKS.md && git add . && git commit -qm list")
        }
        try self.git.shell("git clone -q . ../colleague")
        self.colleague = RealGit(self.directory.path + "/colleague")
        self.database = try TestDatabase.open(path: self.directory.path + "/store", migrations: Schema.migrations)
        self.store = SessionStore(database: self.database)
        self.desk = TaskDesk(
            store: self.store, repositories: catalog, pages: RepositoryPages(viewer: "http://host"),
            now: { 1_700_000_000_000 })
    }

    func change(
        _ task: String?, _ changes: TaskWish.Change..., base: String? = nil, turn: String? = nil
    ) async throws -> TaskDesk.Outcome {
        try await self.desk.change(
            TaskWish(task, changes, base: base), in: nil,
            by: .init(Self.alice, turn: turn ?? Identifier.make("t"), isNew: turn == nil))
    }

    var text: String { get throws { try self.git.shell("cat docs/TASKS.md") } }
    var changes: Int64 { get async throws { try await self.store.read { try $0.lastChange() } } }
}

@Suite("The desk with tasks", .timeLimit(.minutes(2))) struct TaskDeskTests {
    @Test("a change is a commit by the person, and a clean checkout follows")
    func change() async throws {
        let office = try await Office()
        let done = try await office.change("T1", .state(.done))
        #expect(done.commit?.subject == "Finish T1: One" && done.task.state == .done)
        #expect(done.task.commit == done.commit?.id.hex)
        #expect(try office.git("log -1 --format=%an,%cn") == "Alice,Jetbridge")
        #expect(try office.git("status --porcelain") == "")
        let claimed = try await office.change("~" + TaskFile.hash(of: "Two").prefix(6), .owner("alice"))
        #expect(claimed.task.id == "T2" && claimed.task.owner == "alice")
        #expect(try office.text == "# Tasks\n\n- [x] T1 One\n- [ ] T2 Two @alice")
        let same = try await office.change("T1", .state(.done))
        #expect(same.commit == nil && same.task.state == .done)
    }

    @Test("a repository without a list gets one")
    func first() async throws {
        let office = try await Office(nil)
        let added = try await office.change(nil, .text("Buy milk"), .owner("bob"), .labels(["home"]))
        #expect(added.task.id == "T1" && added.task.owner == "bob" && added.task.labels == ["home"])
        #expect(try office.text == "# Tasks\n\n- [ ] T1 Buy milk @bob #home")
    }

    @Test("the same operation again gives the same commit")
    func again() async throws {
        let office = try await Office()
        let first = try await office.change(nil, .text("Once"), turn: "o_1")
        let second = try await office.change(nil, .text("Once"), turn: "o_1")
        #expect(first.commit?.id == second.commit?.id && first.task.id == second.task.id)
        #expect(try office.text.components("Once") == 1)
    }

    @Test("what has changed since a base is a conflict, and what has not is no matter")
    func base() async throws {
        let office = try await Office()
        let base = try await office.desk.task("T1", in: nil).commit
        _ = try await office.change(nil, .text("Other"))
        let free = try await office.change("T1", .state(.started), base: base)
        #expect(free.task.state == .started)
        await #expect(throws: TaskError.self) { try await office.change("T1", .state(.done), base: base) }
        await #expect(throws: TaskError.self) { try await office.change("T1", .owner("bob"), base: base) }
        await #expect(throws: TaskError.self) { try await office.change("T1", .owner("bob"), base: "0123456789") }
        #expect(try await office.change("T1", .state(.done), base: free.task.commit).task.state == .done)
    }

    @Test("a dirty checkout of the list is not overwritten")
    func dirty() async throws {
        let office = try await Office()
        try office.git.shell("echo '- [ ] Mine' >> docs/TASKS.md")
        await #expect(throws: RepositoryError.self) { try await office.change("T1", .state(.done)) }
        try office.git("checkout -q .")
        #expect(try await office.change("T1", .state(.done)).task.state == .done)
    }

    @Test("the index follows the branch, and only what has changed is an event")
    func index() async throws {
        let office = try await Office()
        let (items, _, head) = try await office.desk.list(TaskFilter(), in: "notes", limit: 10)
        #expect(items.map(\.text) == ["One", "Two"] && head?.commit == items[0].commit)
        let before = try await office.changes
        try office.colleague.shell("printf -- '- [ ] T7 Pushed #bug\n' >> docs/TASKS.md && git commit -qam push")
        try office.git("config receive.denyCurrentBranch updateInstead")
        try office.colleague("push -q")
        let found = try await office.desk.list(TaskFilter(label: "BUG", search: "push"), in: nil, limit: 10)
        #expect(found.items.map(\.id) == ["T7"])
        #expect(try await office.changes == before + 1)
        _ = try await office.change("T7", .state(.done))
        #expect(try await office.changes == before + 2)
        #expect(try await office.desk.list(TaskFilter(state: "done"), in: nil, limit: 10).items.map(\.id) == ["T7"])
        let first = try await office.desk.list(TaskFilter(), in: nil, limit: 2)
        let rest = try await office.desk.list(TaskFilter(), in: nil, after: try #require(first.next), limit: 2)
        #expect(first.items.count == 2 && rest.items.map(\.id) == ["T7"] && rest.next == nil)
        try office.git.shell("git rm -q docs/TASKS.md && git commit -qm gone")
        #expect(try await office.desk.list(TaskFilter(), in: nil, limit: 10).items.isEmpty)
    }

    @Test("many people and somebody who pushes lose nothing, and change no other byte")
    func many() async throws {
        let office = try await Office("# Ours  \r\n\n- [ ] T1 One\n")
        // Git itself leaves changed files behind if a checked-out branch moves during a push into it.
        try office.git("switch -q --detach")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask {
                    _ = try await office.change(nil, .text("New \(number)"))
                    _ = try await office.change("T1", .note("Note \(number)"))
                }
            }
            group.addTask {
                for number in 0..<4 {
                    try office.colleague.shell(
                        """
                        for i in $(seq 200); do git pull -q --rebase && printf -- '\\n## Hand %s\\n\\ttext  \\n' \(number) >> docs/TASKS.md &&
                        git commit -qam 'hand \(number)' && git push -q 2>/dev/null && exit 0; git reset -q --hard origin/main; done; exit 1
                        """)
                }
            }
            try await group.waitForAll()
        }
        let file = TaskFile(Array(try office.git.shell("git show main:docs/TASKS.md; echo .").utf8).dropLast(1))
        #expect(file.items.count == 21 && Set(file.items.compactMap(\.id)).count == 21)
        #expect(file.items[0].notes.count == 20)
        let text = String(decoding: file.bytes, as: UTF8.self)
        #expect(text.hasPrefix("# Ours  \r\n\n- [ ] T1 One\n"))
        for number in 0..<4 { #expect(text.contains("\n## Hand \(number)\n\ttext  \n")) }
        #expect(try office.git("rev-list --count main") == "46")
    }
}

extension String {
    fileprivate func components(_ word: String) -> Int { self.ranges(of: word).count }
}
