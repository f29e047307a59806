import Chat
import Database
import HTTP
import JSON
import Logging
import Repositories
import Store
import Tasks
import TestSupport
import Testing

@testable import Gateway

/// The routes of tasks over a real repository, which other people write to.
@Suite("Tasks over HTTP", .timeLimit(.minutes(1)))
struct TaskTests {
    private static let list = "# Tasks\n\n- [ ] T1 One @ada #web !high (due 2026-12-01)\n- [x] T2 Two\n- [ ] Three\n"

    private struct Place {
        let harness: GatewayHarness
        let git: RealGit
        let person: Caller

        func send(_ method: HTTPMethod, _ path: String, _ body: JSON? = nil, key: String? = nil) async throws
            -> Caller.Answer
        {
            try await self.person.send(
                method, "/api/v1/tasks\(path)", json: body, headers: key.map { ["Idempotency-Key": $0] } ?? [:])
        }
    }

    private static func run(_ body: (Place) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/notes"
        let catalog = RepositoryCatalog(
            [RepositorySetting(name: "notes", place: .local(path: path), branch: "main")], now: { 1_700_000_000 },
            logger: Logger(label: "test"))
        await catalog.prepare()
        let git = RealGit(path)
        try git.shell(
            "mkdir docs && printf '%s' '\(Self.list)' > docs/TASKS.md && git add . && git commit -qm list")
        let database = try TestDatabase.open(path: directory.path + "/index", migrations: StoreSchema.migrations)
        let desk = TaskDesk(
            store: SessionStore(database: database), repositories: catalog,
            pages: RepositoryPages(viewer: "http://bot.example"), now: { GatewayHarness.start })
        try await GatewayHarness.run(settings: { $0.tasks = desk }) { harness in
            let person = try await harness.signedIn(.member, name: "Ada")
            try await body(Place(harness: harness, git: git, person: person))
        }
        await database.close()
    }

    @Test("they are listed, filtered and read page by page")
    func list() async throws {
        try await Self.run { place in
            let page = try await place.send(.get, "").expect(200)
            let items = page["items"]?.arrayValue ?? []
            expectEqual(items.compactMap { $0["text"]?.stringValue }, ["One", "Two", "Three"])
            #expect(page["commit"]?.stringValue == (try place.git("rev-parse main")) && page["next_cursor"] == .null)
            #expect(items[0]["owner"] == "ada" && items[0]["labels"] == ["web"] && items[0]["priority"] == "high")
            #expect(items[0]["due"] == "2026-12-01" && items[0]["line"] == 3 && items[0]["section"] == "Tasks")
            func ids(_ query: String) async throws -> [String] {
                try await place.send(.get, "?" + query).expect(200)["items"]?.arrayValue?
                    .compactMap { $0["text"]?.stringValue } ?? []
            }
            try await expectEqual(ids("state=done"), ["Two"])
            try await expectEqual(ids("owner=ADA&label=web"), ["One"])
            try await expectEqual(ids("query=thr"), ["Three"])
            #expect(try await ids("query=%25").isEmpty)
            let first = try await place.send(.get, "?limit=2").expect(200)
            let cursor = try #require(first["next_cursor"]?.stringValue)
            try await expectEqual(ids("limit=2&cursor=\(cursor)"), ["Three"])
            for number in [Int64.max, .min] {
                try await expectEqual(place.send(.get, "?cursor=\(number)").status, 422)
            }
            try await expectEqual(place.send(.get, "?repository=other").status, 404)
            try await expectEqual(place.send(.get, "?state=lost").status, 422)
            try await expectEqual(place.send(.get, "/notes/t1").expect(200)["id"], "T1")
            try await expectEqual(place.send(.get, "/notes/T9").status, 404)
        }
    }

    @Test("the tasks of features are beside them, and a task has the commits that name it")
    func features() async throws {
        try await Self.run { place in
            try place.git.shell(
                """
                git switch -qc 001-greet && mkdir -p specs/001-greet &&
                printf '# Tasks\n\n- [x] T001 [US1] One in a\n- [ ] T002 Two in b\n' > specs/001-greet/tasks.md &&
                git add . && git commit -qm 'T001 One' -m 'Jetbridge-Task: T001' && git switch -q main &&
                echo x > a && git add . && git commit -qm 'Repair' -m 'Jetbridge-Task: T1'
                """)
            let feature = try await place.send(.get, "/features").expect(200)["items"]?[0]
            #expect(feature?["feature"] == "001-greet" && feature?["done"] == 1 && feature?["total"] == 2)
            expectEqual(feature?["tasks"]?[1], ["id": "T002", "text": "Two in b", "state": "open"])
            try place.git.shell(
                """
                git switch -qc 002-many && mkdir -p specs/002-many &&
                seq 203 | sed 's/.*/- [ ] T& a/' > specs/002-many/tasks.md &&
                git add . && git commit -qm many && git switch -q main
                """)
            let many = try await place.send(.get, "/features").expect(200)["items"]?[0]
            #expect(many?["feature"] == "002-many" && many?["total"] == 203 && many?["tasks"]?.arrayValue?.count == 200)
            let sha = try place.git("rev-parse main")
            let task = try await place.send(.get, "/notes/T1").expect(200)
            expectEqual(task["commits"]?.arrayValue?.compactMap { $0["sha"]?.stringValue }, [sha])
        }
    }

    @Test("a change is one commit of the person, once for a key, and refused if the task is not what it was")
    func change() async throws {
        try await Self.run { place in
            let new: JSON = ["text": "Four", "owner": "bob", "labels": ["x"]]
            let added = try await place.send(.post, "", new, key: "k1").expect(201)
            #expect(added["id"] == "T3" && added["owner"] == "bob" && added["labels"] == ["x"])
            try await expectEqual(place.send(.post, "", new, key: "k1").expect(201)["id"], "T3")
            #expect(try place.git("log --format='%an %s' main").hasPrefix("Ada Add task T3: Four\n"))
            try expectEqual(place.git("rev-list --count main"), "3")

            let base = try #require(added["commit"]?.stringValue)
            let done = try await place.send(
                .patch, "/notes/T1", ["state": "done", "owner": .null, "note": "a\n- [ ] T9 b", "base": .string(base)]
            ).expect(200)
            #expect(done["state"] == "done" && done["owner"] == .null && done["commit"]?.stringValue != base)
            expectEqual(done["notes"]?[0]?["text"], "a - [ ] T9 b")
            let late = try await place.send(.patch, "/notes/T1", ["text": "Uno", "base": .string(base)])
            #expect(late.status == 409 && late.text.contains("T1 has changed"))
            // Somebody else's line is no matter.
            try await expectEqual(
                place.send(.patch, "/notes/T2", ["state": "open", "base": .string(base)]).status, 200)
            try await expectEqual(place.send(.patch, "/notes/T2", ["state": "lost"]).status, 422)
            try await expectEqual(place.send(.patch, "/notes/T2", ["labels": ["a b"]]).status, 422)
            try await expectEqual(place.send(.patch, "/notes/T9", ["state": "done"]).status, 404)
            try await expectEqual(place.send(.post, "", ["text": " "]).status, 422)
            try await expectEqual(place.send(.patch, "/notes/T2", ["due": "soon"]).status, 422)
            let dated = try await place.send(.patch, "/notes/T2", ["due": "2027-01-31", "priority": "low"]).expect(200)
            #expect(dated["due"] == "2027-01-31" && dated["priority"] == "low")
            let free = try await place.send(.patch, "/notes/T2", ["due": .null, "priority": ""]).expect(200)
            #expect(free["due"] == .null && free["priority"] == .null)
            try place.git.shell("printf -- '- [ ] T2 Twin\n' >> docs/TASKS.md && git commit -qam twin")
            try await expectEqual(place.send(.patch, "/notes/T2", ["state": "done"]).status, 409)
            let guest = try await place.harness.signedIn(.guest)
            try await expectEqual(guest.send(.get, "/api/v1/tasks").status, 403)
            let reader = try await place.harness.token(.read)
            try await expectEqual(reader.send(.get, "/api/v1/tasks").status, 200)
            try await expectEqual(reader.send(.post, "/api/v1/tasks", json: ["text": "x"]).status, 403)
        }
    }
    @Test("a task of a message names its conversation, for those who may read that")
    func fromThread() async throws {
        try await Self.run { place in
            let thread = try await place.person.newThread()
            let new: JSON = [
                "text": "Look into it", "priority": "high", "due": "2026-12-24", "thread_id": .string(thread),
            ]
            let added = try await place.send(.post, "", new).expect(201)
            #expect(added["priority"] == "high" && added["due"] == "2026-12-24")
            expectEqual(added["thread_id"]?.stringValue, thread)
            try await expectEqual(place.send(.get, "/notes/T3").expect(200)["thread_id"]?.stringValue, thread)
            let other = try await place.harness.signedIn(.member, name: "Bob")
            let refused = try await other.send(.post, "/api/v1/tasks", json: new)
            expectEqual(refused.status, 404)
            try await expectEqual(place.send(.get, "/notes/T4").status, 404)
        }
    }
}
