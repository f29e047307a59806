import Analytics
import Audit
import Chat
import Database
import Git
import Glibc
import JSON
import Logging
import Metrics
import Primitives
import Repositories
import Store
import TestSupport
import Testing

@testable import Delivery
@testable import People
@testable import Sessions
@testable import Tasks
@testable import Threads

@Suite("Commands about tasks")
struct TaskCommandTests {
    @Test(
        "wrong words are refused with the reason and how it is written",
        arguments: [
            ("done", "`task done` needs ID: write `task done ID`"),
            ("assign", "`task assign` needs ID and WHO: write `task assign ID WHO`"),
            ("assign T1", "`task assign` needs WHO: write `task assign ID WHO`"),
            ("done T1 T2", "`task done` takes only ID: write `task done ID`"),
            ("link T1 a b", "`task link` takes only ID URL: write `task link ID URL`"),
            ("T1 due yesterdayish", "`task T1 due yesterdayish` is unknown. Write `task`, `task ID`, `task add TEXT`"),
        ])
    func wrong(words: String, reason: String) {
        do {
            Issue.record("read as \(try TaskCommand(words))")
        } catch {
            #expect("\(error)".hasPrefix(reason), "\(error)")
        }
    }
}

@Suite("The desk with tasks", .timeLimit(.minutes(2))) struct TaskDeskTests {
    @Test(
        "a commit with an absurd date brings its tasks, dated within the calendar",
        arguments: [
            "18446744073709551 +0000", "9223372036854775807 +9999", "9223372036854775 -2400",
            "-9223372036854775808 +0000", "-1 -0000",
        ])
    func absurdDates(_ date: String) async throws {
        let office = try await Office()
        try office.git.redate(date)
        try await office.desk.refresh(nil)
        let times = try await office.store.read { ledger in
            try ledger.tasks(of: "notes", limit: 9).map(\.updatedAt)
        }
        expectEqual(times.count, 2)
        #expect(times.allSatisfy { (0...253_402_300_799_999).contains($0) }, "\(times)")
    }

    @Test("what becomes done is counted for whoever did it, once, but not what was done before")
    func counted() async throws {
        let office = try await Office("# Tasks\n\n- [x] T1 One\n- [ ] T2 Two\n- [ ] T3 Three\n")
        try await office.desk.refresh(nil)
        try await expectEqual(office.done, [:])
        _ = try await office.change("T2", .state(.done))
        try await expectEqual(office.done, ["web:a": 1])
        _ = try await office.change("T2", .note("really"))
        try office.colleague("pull -q")
        try office.colleague.shell("sed -i 's/\\[ \\] T3/[x] T3/' docs/TASKS.md && git commit -qam T3")
        try office.git("fetch -q ../colleague && git reset -q --hard FETCH_HEAD")
        try await office.desk.refresh(nil)
        try await expectEqual(office.done, ["web:a": 1, "": 1])
        let entries = office.audited.withLock { $0 }
        #expect(entries.map(\.kind) == [.commit, .commit] && entries.allSatisfy { $0.actor == "web:a" })
        expectEqual(entries.first?.details["subject"], "Finish T2: Two")
    }

    @Test("a change is a commit by the person, and a clean checkout follows")
    func change() async throws {
        let office = try await Office()
        let done = try await office.change("T1", .state(.done))
        #expect(done.commit?.subject == "Finish T1: One" && done.task.state == .done)
        expectEqual(done.task.commit, done.commit?.id.hex)
        try expectEqual(office.git("log -1 --format=%an,%cn"), "Alice,Jetbridge")
        try expectEqual(office.git("status --porcelain"), "")
        let claimed = try await office.change("~" + TaskFile.hash(of: "Two").prefix(6), .owner("alice"))
        #expect(claimed.task.id == "T2" && claimed.task.owner == "alice")
        try expectEqual(office.text, "# Tasks\n\n- [x] T1 One\n- [ ] T2 Two @alice")
        let same = try await office.change("T1", .state(.done))
        #expect(same.commit == nil && same.task.state == .done)
    }

    @Test("a repository without a list gets one")
    func first() async throws {
        let office = try await Office(nil)
        let added = try await office.change(nil, .text("Buy milk"), .owner("bob"), .labels(["home"]))
        #expect(added.task.id == "T1" && added.task.owner == "bob" && added.task.labels == ["home"])
        try expectEqual(office.text, "# Tasks\n\n- [ ] T1 Buy milk @bob #home")
        let dated = try await office.change("T1", .due("2026-12-01"), .priority("!high"))
        #expect(dated.task.due == "2026-12-01" && dated.task.priority == "high")
        try expectEqual(office.text, "# Tasks\n\n- [ ] T1 Buy milk @bob #home !high (due 2026-12-01)")
        _ = try await office.change("T1", .due(nil), .priority(nil))
        try expectEqual(office.text, "# Tasks\n\n- [ ] T1 Buy milk @bob #home")
        for change in [TaskWish.Change.due("tomorrow"), .due("2026-02-30"), .priority("very high"), .priority("")] {
            await #expect(throws: TaskError.self) { try await office.change("T1", change) }
        }
    }

    @Test("the same operation again gives the same commit")
    func again() async throws {
        let office = try await Office()
        let first = try await office.change(nil, .text("Once"), turn: "o_1")
        let second = try await office.change(nil, .text("Once"), turn: "o_1")
        #expect(first.commit?.id == second.commit?.id && first.task.id == second.task.id)
        try expectEqual(office.text.components("Once"), 1)
    }

    @Test("what has changed since a base is a conflict, and what has not is no matter")
    func base() async throws {
        let office = try await Office()
        let base = try await office.desk.task("T1", in: nil).commit
        _ = try await office.change(nil, .text("Other"))
        let free = try await office.change("T1", .state(.started), base: base)
        expectEqual(free.task.state, .started)
        await #expect(throws: TaskError.self) { try await office.change("T1", .state(.done), base: base) }
        await #expect(throws: TaskError.self) { try await office.change("T1", .owner("bob"), base: base) }
        await #expect(throws: TaskError.self) { try await office.change("T1", .owner("bob"), base: "0123456789") }
        try await expectEqual(office.change("T1", .state(.done), base: free.task.commit).task.state, .done)
    }

    @Test("a dirty checkout of the list is not overwritten")
    func dirty() async throws {
        let office = try await Office()
        try office.git.shell("echo '- [ ] Mine' >> docs/TASKS.md")
        await #expect(throws: RepositoryError.self) { try await office.change("T1", .state(.done)) }
        try office.git("checkout -q .")
        try await expectEqual(office.change("T1", .state(.done)).task.state, .done)
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
        expectEqual(found.items.map(\.id), ["T7"])
        try await expectEqual(office.changes, before + 1)
        _ = try await office.change("T7", .state(.done))
        try await expectEqual(office.changes, before + 2)
        try await expectEqual(office.desk.list(TaskFilter(state: "done"), in: nil, limit: 10).items.map(\.id), ["T7"])
        let first = try await office.desk.list(TaskFilter(), in: nil, limit: 2)
        let rest = try await office.desk.list(TaskFilter(), in: nil, after: try #require(first.next), limit: 2)
        #expect(first.items.count == 2 && rest.items.map(\.id) == ["T7"] && rest.next == nil)
        try office.git.shell("git rm -q docs/TASKS.md && git commit -qm gone")
        #expect(try await office.desk.list(TaskFilter(), in: nil, limit: 10).items.isEmpty)
    }

    @Test("a commit that another program makes is in the index before the next look, though nobody asks for it")
    func watched() async throws {
        let office = try await Office()
        try await eventually("the branch has been at rest for a moment") {
            try await office.desk.refresh(nil)
            return !office.desk.hasMoved
        }
        let watch = TaskWatch(desk: office.desk, pause: .seconds(3600))
        let running = Task { try await watch.run() }
        try office.colleague.shell("echo '- [ ] T7 Seven' >> docs/TASKS.md && git commit -qam T7")
        try office.git("fetch -q ../colleague && git reset -q --hard FETCH_HEAD")
        try await eventually("it is in the index") {
            try await office.store.read { ledger in try ledger.task("T7", in: "notes") } != nil
        }
        await watch.stop()
        try await running.value
    }

    @Test("what somebody's reading has brought from a server is in the index without another question")
    func mirror() async throws {
        let office = try await Office()
        let server = office.directory.path + "/notes"
        let setting = RepositorySetting(
            name: "notes", place: .mirror(path: office.directory.path + "/mirror"), branch: "main")
        let catalog = RepositoryCatalog(
            [setting],
            upstreams: ["notes": RemoteUpstream(name: "notes") { _ in GitRemote(url: try GitRemoteURL(server)) }],
            now: { 1_700_000_000 }, logger: Logger(label: "test"))
        await catalog.prepare()
        let pages = RepositoryPages(viewer: "http://host")
        let desk = TaskDesk(store: office.store, repositories: catalog, pages: pages, now: { 1_700_000_000_000 })
        try await expectEqual(desk.list(TaskFilter(), in: nil, limit: 9).items.count, 2)
        try office.git.shell("printf -- '\\n- [ ] T7 Pushed\\n' >> docs/TASKS.md && git commit -qam push")
        try await catalog.repository(nil).refresh(hasMoved: true)
        await desk.look(at: "notes", withServers: false)
        #expect(try await office.store.read { try $0.task("T7", in: "notes") } != nil)
    }

    @Test(
        "a task that the index does not have is looked for in the list as it was last read, not in Git for each question"
    )
    func unknown() async throws {
        let office = try await Office()
        try await office.desk.refresh(nil)
        // As after a restart: it has the index, and has read nothing.
        let restarted = TaskDesk(
            store: office.store, repositories: office.desk.repositories, pages: RepositoryPages(viewer: "http://host"),
            now: { 1_700_000_000_000 })
        await #expect(throws: TaskError.unknown("T9")) { try await restarted.task("T9", in: nil) }
        let blob = try office.git.shell("git rev-parse HEAD:docs/TASKS.md").filter(\.isHexDigit)
        try office.git.shell("rm -f .git/objects/\(blob.prefix(2))/\(blob.dropFirst(2))")
        for desk in [office.desk, restarted] {
            await #expect(throws: TaskError.unknown("T9")) { try await desk.task("T9", in: nil) }
            try await expectEqual(desk.task("t1", in: nil).id, "T1")
            let address = "~" + TaskFile.hash(of: "Two").prefix(12)
            try await expectEqual(desk.task(address, in: nil).text, "Two")
        }
    }

    @Test(
        "of a feature's tasks the first 200 are shown and all are counted, and a list is read once while it is the same"
    )
    func features() async throws {
        let office = try await Office()
        func write(_ done: Int) throws {
            let lines = (1...300).map { "- [\($0 > done ? " " : "x")] T\($0) a\n" }.joined()
            for name in ["001-a", "002-b", "003-c"] {
                try office.git.shell("mkdir -p specs/\(name)")
                let text = name == "003-c" ? "# Nothing\n" : lines
                try TestFile.write(text, to: office.git.path + "/specs/\(name)/tasks.md")
            }
            try office.git.shell("git add . && git commit -qm features")
        }
        for done in [250, 300] {
            try write(done)
            for _ in 1...2 {
                let features = try await office.desk.features(of: nil)
                #expect(features.map(\.name) == ["002-b", "001-a"] && features.allSatisfy { $0.url.contains($0.name) })
                for feature in features {
                    #expect(feature.total == 300 && feature.done == done && feature.items.count == 200)
                    expectEqual(feature.next?.id, done == 250 ? "T251" : nil)
                }
                // Two features have one list, and older ones are forgotten.
                expectEqual(office.desk.featureLists.withLock { $0["notes"]?.count }, 2)
            }
        }
        office.desk.featureLists.withLock {
            $0["notes"] = $0["notes"]?.mapValues { _ in TaskFeature(TaskFile([]), of: "") }
        }
        #expect(try await office.desk.features(of: nil).isEmpty, "it was read again")
    }

    @Test("what another host has indexed in between is replaced as a whole")
    func otherHost() async throws {
        let office = try await Office()
        try await office.desk.refresh(nil)
        let list = try await office.store.read { try $0.taskList(of: "notes") }
        try await office.store.write { ledger in
            let other = TaskFile(Array("# Tasks\n\n- [ ] T8 Other\n- [ ] T9 More\n".utf8))
            _ = try ledger.setTasks(
                other.items.map { $0.record(in: "notes", at: "other", time: 0) }, of: "notes",
                TaskListRow(branch: "main", hash: "other", blob: "other"), at: 0)
        }
        try office.git.shell("printf -- '\\n- [ ] T3 Three\\n' >> docs/TASKS.md && git commit -qam three")
        let repository = try office.desk.repositories.repository(nil)
        let base = try await repository.knownBase()
        let file = try await repository.file(TaskFile.path, at: base.branch, limit: TaskFile.sizeLimit)
        try await office.desk.index(file, repository, known: list)
        let rows = try await office.store.read { try $0.tasks(of: "notes", limit: 9) }
        try expectEqual(rows.map(\.id), TaskFile(Array(office.text.utf8)).items.map(\.address))
        let now = try await office.store.read { try $0.taskList(of: "notes") }
        expectEqual(now?.hash, file.commit.hex)
    }

    @Test("a change of one task of 5,000 writes few rows, also where it moves the others")
    func large() async throws {
        let lines = (1...5_000).map { "- [ ] T\($0) Task number \($0) @ada #web\n" }.joined()
        let office = try await Office("# Tasks\n\n" + lines)
        try await office.desk.refresh(nil)
        let before = try await office.changes
        let start = ContinuousClock.now
        _ = try await office.change("T2500", .note("Half"))
        _ = try await office.change("T4", .state(.done))
        _ = try await office.change(nil, .text("Last"))
        print("three changes among 5,000 tasks: \(ContinuousClock.now - start)")
        try await expectEqual(office.changes, before + 3)
        let rows = try await office.store.read { try $0.tasks(of: "notes", limit: 6_000) }
        let file = TaskFile(Array(try office.text.utf8))
        #expect(rows.map(\.id) == file.items.map(\.address) && rows.map(\.line) == file.items.map(\.line))
        expectEqual(rows.map(\.body), file.items.map { $0.record(in: "notes", at: "", time: 0).body })
    }

    @Test("a list of more than 10,000 tasks is refused without a change of the index, also if a change makes it")
    func tooMany() async throws {
        let lines = (1...10_000).map { "- [ ] T\($0) A\n" }.joined()
        let office = try await Office(lines)
        _ = try await office.change("T5", .state(.done))
        let excess = "docs/TASKS.md has more than 10000 tasks (remove the old ones)"
        await #expect(throws: TaskError.invalid(excess)) { try await office.change(nil, .text("One more")) }
        try expectEqual(office.git.shell("wc -l < docs/TASKS.md"), "10000")
        try office.colleague.shell("git pull -q && echo '- [ ] T10001 A' >> docs/TASKS.md && git commit -qam more")
        try office.colleague.shell("git push -q origin HEAD:pushed")
        try office.git.shell("git merge -q pushed")
        for _ in 1...2 {
            let error = await #expect(throws: RepositoryError.self) { try await office.desk.refresh(nil) }
            expectEqual(error?.message, "the tasks of notes can't be followed: \(excess).")
        }
        try await expectEqual(office.store.read { try $0.tasks(of: "notes", limit: 30_000).count }, 10_000)
        try office.git.shell("head -n 3 docs/TASKS.md > new && mv new docs/TASKS.md && git commit -qam fewer")
        try await office.desk.refresh(nil)
        try await expectEqual(office.store.read { try $0.tasks(of: "notes", limit: 30_000).count }, 3)
    }

    @Test("of the words of commits that look like ids, 50 are looked up")
    func namedTasks() async throws {
        let office = try await Office((1...200).map { "- [ ] T\($0 + 100) A\n" }.joined())
        func commit(_ message: String) async throws -> GitCommit {
            try TestFile.write(message, to: office.directory.path + "/message")
            let id = try office.git.shell("git commit -q --allow-empty -F ../message && git rev-parse HEAD")
            let repository = try office.desk.repositories.repository("notes")
            return try await repository.commitPage(id.filter(\.isHexDigit), limits: GitDiffLimits(lines: 1)).commit
        }
        let some = [
            try await commit("T102, T101: A, as X9 says"), try await commit("A\n\nMore.\n\nJetbridge-Task: T103"),
        ]
        let found = try await office.desk.tasks(namedBy: some, except: ["T102"], in: "notes")
        expectEqual(found.map(\.id), ["T101", "T103"])
        let many = try await commit((1...200).map { "T\($0 + 100)" }.joined(separator: " "))
        try await expectEqual(office.desk.tasks(namedBy: [many], except: [], in: "notes").count, 50)
    }

    @Test("what changed between two lists is what the index gets", arguments: 0..<8)
    func part(seed: Int) async throws {
        var random = SeededGenerator(state: UInt64(seed))
        var lines = (0..<12).map { "- [ ] T\($0) Task \($0)" }
        func file() -> TaskFile { TaskFile(Array(("# A\n" + lines.map { $0 + "\n" }.joined()).utf8)) }
        let office = try await Office(nil)
        var old: TaskFile?
        for round in 0..<12 {
            let (new, before) = (file(), old)
            try await office.store.write { ledger in
                let change = TaskListChange(from: before, to: new)
                _ = try ledger.setTasks(
                    change.items.map { $0.record(in: "notes", at: "", time: 0) }, of: "notes",
                    TaskListRow(branch: "main", hash: "\(round)", blob: "\(round)"), in: change.part, at: 0)
            }
            let rows = try await office.store.read { try $0.tasks(of: "notes", limit: 100) }
            #expect(rows.map(\.id) == new.items.map(\.address) && rows.map(\.line) == new.items.map(\.line))
            expectEqual(rows.map(\.body), new.items.map { $0.record(in: "notes", at: "", time: 0).body })
            old = new
            let place = Int.random(in: 0...lines.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: lines.insert("- [ ] New \(round)", at: place)
            case 1 where place < lines.count: lines.remove(at: place)
            case 2 where place < lines.count: lines[place] += "\n  - note (a, 2026-11-26): x"
            case 3 where place < lines.count: lines[place] = lines[place].replacing("[ ]", with: "[x]")
            case 4: lines.insert("## Section \(round)", at: place)
            default: lines.shuffle(using: &random)
            }
        }
    }

    @Test("whoever is assigned hears it once, in a direct message, but not of their own claim")
    func assigned() async throws {
        let office = try await Office()
        let bob = try await office.meet("account:bob", "Bob B.")
        _ = try await office.meet("account:eve", "Eve")
        _ = try await office.change("T1", .owner("bob-b."))
        var messages = try await office.messages
        #expect(messages.count == 1 && messages[0].contains("Assigned to you by Alice in [`notes`]"), "\(messages)")
        #expect(messages[0].contains("- `T1` One"))
        // By hand, with git push: nobody knows who.
        try office.git.shell("sed -i 's/Two/Two @eve/' docs/TASKS.md && git commit -qam hand")
        try await office.desk.refresh(nil)
        messages = try await office.messages
        #expect(messages.count == 2 && messages.contains { $0.hasPrefix("Assigned to you in [`notes`]") })
        // A claim is no news for whoever makes it; a name that somebody has chosen stays theirs.
        _ = try await office.desk.change(
            TaskWish(nil, [.text("Mine"), .owner("bob-b.")]), in: nil, by: .init(bob, turn: "t"))
        try await office.desk.call(bob, "bee")
        try await expectEqual(office.desk.handle(of: bob), "bee")
        _ = try await office.change("T1", .owner(nil))
        _ = try await office.change("T1", .owner("bob-b."))
        try await expectEqual(office.messages.count, 2)
        _ = try await office.change("T1", .owner("bee"))
        try await expectEqual(office.messages.count, 3)
        // Another start says nothing again.
        try await office.store.write { ledger in try ledger.moveTaskList(of: "notes", to: "0000000", at: 0) }
        try await office.desk.refresh(nil)
        try await expectEqual(office.messages.count, 3)
        await #expect(throws: TaskError.self) { try await office.desk.call(bob, "two words") }
    }

    @Test("texts and notes that name people wait for whoever tells these, once, but not what the first look finds")
    func names() async throws {
        let office = try await Office("# Tasks\n\n- [ ] T1 Ask @Ada about it\n- [ ] T2 Two @ada\n")
        try await office.desk.refresh(nil)
        func texts() async throws -> [NamedText] {
            try await office.store.write { ledger in try ledger.takeNamedTexts(limit: 10) }
        }
        try await expectEqual(texts(), [])
        _ = try await office.change("T1", .text("Ask @Ada or @Bob about it"))
        let edited = try await texts()
        expectEqual(edited.map(\.subject), ["T1"])
        expectEqual(edited.map(\.names), [["Ada or @Bob about it", "Bob about it"]])
        expectEqual(edited.map(\.known), [["Ada about it"]])
        #expect(edited[0].author == "web:a" && edited[0].repository == "notes" && edited[0].kind == .task)
        _ = try await office.change("T1", .note("@Ada: by hand"))
        let noted = try await texts()
        expectEqual(noted.map(\.names), [["Ada: by hand"]])
        _ = try await office.change("T1", .state(.started))
        _ = try await office.change("T2", .note("nobody"))
        try await expectEqual(texts(), [])
        try office.colleague("pull -q")
        try office.colleague.shell("sed -i 's/nobody/@Cleo/' docs/TASKS.md && git commit -qam note")
        try office.git("fetch -q ../colleague && git reset -q --hard FETCH_HEAD")
        try await office.desk.refresh(nil)
        try await expectEqual(texts().map { [$0.author] + $0.names }, [["", "Cleo"]])
    }

    @Test("who has only the web hears it there, in a thread of their own; who has a network, on the network")
    func web() async throws {
        let office = try await Office()
        _ = try await office.meet("account:eve", "Eve")
        let (ada, other) = (try await office.signIn("Ada", usedAt: 9), try await office.signIn("Ada", usedAt: 5))
        let (eve, guest) = (try await office.signIn("Eve"), try await office.signIn("Gus", role: .guest))
        for name in ["ada", "eve", "gus"] { _ = try await office.change("T1", .owner(name)) }
        for nobody in [other, eve, guest] { #expect(try await office.threads(of: nobody).isEmpty) }
        try await expectEqual(office.threads(of: "irc:local/account:eve").count, 1)
        var threads = try await office.threads(of: ada)
        #expect(threads.count == 1 && threads[0].title == "Tasks" && threads[0].messages.count == 1)
        #expect(threads[0].messages[0].contains("Assigned to you by Alice"))
        // What they put away comes back.
        let first = threads[0].id
        try await office.store.write { ledger in
            _ = try ledger.change(session: first, title: nil, isArchived: true)
        }
        _ = try await office.change("~" + TaskFile.hash(of: "Two").prefix(6), .owner("ada"))
        threads = try await office.threads(of: ada)
        #expect(threads.map(\.id) == [first] && threads[0].messages.count == 2)
        try await expectEqual(office.store.read { try $0.session(id: first)?.state }, .active)
    }

    @Test("a task that gets its id is the same one: nobody hears of it again, and it is not done twice")
    func named() async throws {
        let office = try await Office("# Tasks\n\n- [ ] One @eve\n- [x] Two @eve\n")
        _ = try await office.meet("account:eve", "Eve")
        try await office.desk.refresh(nil)
        _ = try await office.change("~" + TaskFile.hash(of: "One").prefix(6), .state(.started))
        _ = try await office.change("~" + TaskFile.hash(of: "Two").prefix(6), .note("Really"))
        #expect(try await office.messages.isEmpty)
        try await expectEqual(office.done, [:])
        _ = try await office.change("T1", .state(.done))
        try await expectEqual(office.done, ["web:a": 1])
    }

    /// Of all people together: JETBRIDGE_TEST_TASK_CHANGES=1000 is the whole run.
    private static let count = max(
        100, getenv("JETBRIDGE_TEST_TASK_CHANGES").flatMap { Int(String(cString: $0)) } ?? 100)

    @Test("ten people and somebody who pushes lose nothing, and change no other byte", .timeLimit(.minutes(5)))
    func many() async throws {
        let begin = "# Ours  \r\n\n- [ ] T1 One\n"
        let office = try await Office(begin + "\n<!-- - [ ] T9 no -->\n## Notes\n\ttab, blanks  \n")
        // Git itself leaves changed files behind if a checked-out branch moves during a push into it.
        try office.git.shell("git switch -q --detach")
        let (people, each) = (10, Self.count / 10)
        let hands = Self.count / 25
        try await withThrowingTaskGroup(of: Void.self) { group in
            for person in 0..<people {
                group.addTask {
                    let id = "web:p\(person)"
                    let sender = Sender(id: id, identities: [Identity(id)], displayName: "P\(person)")
                    func change(_ task: String?, _ changes: TaskWish.Change...) async throws -> String {
                        let author = TaskDesk.Author(sender, turn: Identifier.make("t"))
                        let outcome = try await office.desk.change(TaskWish(task, changes), in: nil, by: author)
                        expectEqual(outcome.commit?.id.hex, outcome.task.commit)
                        return outcome.task.id
                    }
                    // A task of their own, moved to and fro, with a note on everybody's task between.
                    let own = try await change(nil, .text("Of P\(person)"))
                    for number in 1..<each {
                        if number % 2 == 0 {
                            _ = try await change("T1", .note("Note \(person)-\(number)"))
                        } else {
                            _ = try await change(
                                own, .labels(["n\(number)"]), .state(number % 4 == 1 ? .started : .open))
                        }
                    }
                }
            }
            group.addTask {
                for number in 0..<hands {
                    try office.colleague.shell(
                        """
                        for i in $(seq 500); do git pull -q --rebase && printf -- '\\n## Hand %s\\n\\ttext  \\n' \(number) >> docs/TASKS.md &&
                        git commit -qam 'hand \(number)' && git push -q 2>/dev/null && exit 0; git reset -q --hard origin/main; done; exit 1
                        """)
                }
            }
            try await group.waitForAll()
        }
        let file = TaskFile(Array(try office.git.shell("git show main:docs/TASKS.md; echo .").utf8).dropLast(1))
        #expect(file.items.count == 11 && Set(file.items.compactMap(\.id)).count == 11)
        let notes = (0..<people).flatMap { person in
            stride(from: 2, to: each, by: 2).map { "Note \(person)-\($0)" }
        }
        expectEqual(file.items[0].notes.map(\.text).sorted(), notes.sorted())
        let last = each - 1 - (each % 2 == 0 ? 0 : 1)
        for item in file.items.dropFirst() {
            #expect(item.labels == ["n\(last)"] && item.state == (last % 4 == 1 ? .started : .open), "\(item.text)")
        }
        // Without what was added, every byte is as it was.
        let rest = String(decoding: file.bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .filter { !$0.hasPrefix("  - note (") && !$0.contains(" Of P") }.joined(separator: "\n")
        let added = (0..<hands).map { "\n## Hand \($0)\n\ttext  \n" }.joined()
        expectEqual(rest, begin + "\n<!-- - [ ] T9 no -->\n## Notes\n\ttab, blanks  \n" + added)
        try expectEqual(office.git("rev-list --count main"), "\(people * each + hands + 2)")
        try await expectEqual(office.store.read { try $0.tasks(of: "notes", limit: 99).count }, 11)
    }
}

extension String {
    fileprivate func components(_ word: String) -> Int { self.ranges(of: word).count }
}
