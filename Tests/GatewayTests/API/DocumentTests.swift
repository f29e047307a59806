import Chat
import Documents
import HTTP
import JSON
import Logging
import People
import Repositories
import Store
import TestSupport
import Testing
import Threads

@testable import Gateway

/// Documents are read and saved in a real repository, which other people write to.
@Suite("Documents of a thread", .timeLimit(.minutes(1)))
struct DocumentTests {
    /// A repository with a feature and two documents, and a person with a thread.
    private struct Place {
        let harness: GatewayHarness
        let git: RealGit
        let person: Caller
        let thread: String

        var path: String { "/api/v1/threads/\(self.thread)/documents" }

        func read(_ path: String) async throws -> JSON {
            try await self.person.send(.get, "\(self.path)/\(path)").expect(200)
        }

        func save(_ path: String, _ body: JSON, as caller: Caller? = nil) async throws -> Caller.Answer {
            try await (caller ?? self.person).send(.put, "\(self.path)/\(path)", json: body)
        }
    }

    private static let lines = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n"

    private static func run(_ script: String = "true", _ body: (Place) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/notes"
        let catalog = RepositoryCatalog(
            [RepositorySetting(name: "notes", place: .local(path: path), branch: "main")], now: { 1_700_000_000 },
            logger: Logger(label: "test"))
        await catalog.prepare()
        let git = RealGit(path)
        try git.shell(
            """
            mkdir -p docs && printf '\(Self.lines)' > docs/Guide.md && echo x > docs/picture.png && { \(script) ; } &&
            git add . && git commit -qm begin
            """)
        let documents = DocumentDesk(catalog: catalog, now: { 1_700_000_000 })
        try await GatewayHarness.run(settings: { $0.documents = documents }) { harness in
            let person = try await harness.signedIn(.member, name: "Ada")
            try await body(
                Place(harness: harness, git: git, person: person, thread: try await person.newThread()))
        }
    }

    @Test("a change is an event for those who may read the document")
    func event() async throws {
        try await Self.run { place in
            let saved = try await place.save("docs/new.md", ["text": "# New\n"]).expect(200)
            let sha = try #require(saved["commit"]?["sha"]?.stringValue)
            let context = place.person.gateway.context
            let rows = try await context.store.read { try $0.changes(after: 0, limit: 100) }
            let row = try #require(rows.last)
            for (role, scope) in [(Role.owner, "read"), (.owner, "documents"), (.owner, "usage"), (.guest, "read")] {
                let credential = CredentialRecord(
                    id: "k", kind: .token, name: "test", identity: "web:test", role: role, scopes: [scope],
                    createdAt: 0)
                let pages = context.environment.settings.pages
                let data = try await context.store.read { ledger in
                    try EventStream.document(
                        of: row, for: Principal(credential: credential), in: ledger, at: 0, pages: pages)
                }
                guard role == .owner, scope != "usage" else {
                    expectEqual(data, nil)
                    continue
                }
                expectEqual(
                    data,
                    [
                        "path": "docs/new.md", "commit": .string(sha), "repository": "notes", "branch": "main",
                        "thread_id": .string(place.thread),
                        "url": .string(pages.file("docs/new.md", on: sha, of: "notes")),
                    ])
            }
        }
    }

    @Test("they are listed and read, and a change is a commit of its author that the thread shows")
    func save() async throws {
        try await Self.run { place in
            let list = try await place.person.send(.get, place.path).expect(200)
            #expect(list["branch"] == "main" && list["repository"] == "notes" && list["is_cut"] == false)
            expectEqual(list["items"]?.arrayValue?.compactMap { $0["path"]?.stringValue }, ["docs/Guide.md"])

            let answer = try await place.person.send(.get, "\(place.path)/docs/Guide.md")
            let document = try answer.expect(200)
            #expect(document["text"]?.stringValue == Self.lines && answer.headers["etag"] != nil)
            let head = try place.git.shell("git rev-parse main")
            #expect(document["commit"]?.stringValue == head && list["items"]?[0]?["commit"]?.stringValue == head)

            let text = Self.lines.replacing("two", with: "TWO")
            let saved = try await place.save(
                "docs/Guide.md", ["text": .string(text), "base": .string(head), "message": "Louder\n\nBecause."]
            ).expect(200)
            let sha = try place.git.shell("git rev-parse main")
            #expect(saved["commit"]?["sha"]?.stringValue == sha && saved["merged"] == false && sha != head)
            expectEqual(saved["commit"]?["url"]?.stringValue, "http://bot.example/r/notes/commit/\(sha)")
            #expect(try place.git.shell("git log -1 --format='%an %s %b' main").contains("Ada Louder Because."))
            try expectEqual(place.git.shell("git show main:docs/Guide.md") + "\n", text)
            // The checked-out files follow.
            try expectEqual(place.git.shell("cat docs/Guide.md && git status --porcelain") + "\n", text)

            let messages = try await place.person.send(.get, "/api/v1/threads/\(place.thread)/messages").expect(200)
            let shown = messages["items"]?.arrayValue?.compactMap { $0["text"]?.stringValue } ?? []
            #expect(shown.count == 1 && shown[0].contains(sha.prefix(7)) && shown[0].contains("Louder"))

            let again = try await place.save("docs/Guide.md", ["text": .string(text), "base": .string(sha)]).expect(200)
            #expect(again["commit"] == .null && again["text"]?.stringValue == text)
        }
    }

    @Test("text with Git's conflict markers is refused, and the refusal names the lines")
    func markers() async throws {
        try await Self.run { place in
            let read = try await place.read("docs/Guide.md")
            let text = "one\n<<<<<<< theirs\ntwo\n=======\n2\n>>>>>>> mine\n"
            let refused = try await place.save(
                "docs/Guide.md", ["text": .string(text), "base": read["commit"] ?? .null])
            #expect(refused.status == 400)
            #expect(refused.json["detail"]?.stringValue?.contains("in lines 2, 4 and 6:") == true)
            let after = try await place.read("docs/Guide.md")
            #expect(after["commit"] == read["commit"])
        }
    }

    @Test("lines of others are merged, and the same lines are a conflict that commits nothing")
    func merge() async throws {
        try await Self.run { place in
            let base = try await place.read("docs/Guide.md")["commit"] ?? .null
            try place.git.shell("sed -i s/seven/SEVEN/ docs/Guide.md && git commit -qam theirs")
            let ours = Self.lines.replacing("one", with: "ONE")
            let merged = try await place.save("docs/Guide.md", ["text": .string(ours), "base": base]).expect(200)
            expectEqual(merged["merged"], true)
            expectEqual(merged["text"]?.stringValue, ours.replacing("seven", with: "SEVEN"))

            let head = try place.git.shell("git rev-parse main")
            let mine = Self.lines.replacing("seven", with: "mine")
            let conflict = try await place.save("docs/Guide.md", ["text": .string(mine), "base": base])
            #expect(
                conflict.status == 409 && conflict.headers["content-type"]?.hasPrefix("application/problem") == true)
            let detail = conflict.json["detail"]?.stringValue ?? ""
            let change = /docs.Guide.md`, last in (\w{7}) \(“Edit docs.Guide.md” by .+, 20[-\d]+ [:\d]+ UTC\)/
            try expectEqual(#require(detail.firstMatch(of: change)).1, head.prefix(7))
            expectEqual(conflict.json["base_text"]?.stringValue, Self.lines)
            expectEqual(conflict.json["theirs"]?.stringValue, merged["text"]?.stringValue)
            expectEqual(conflict.json["ours"]?.stringValue, mine)
            try expectEqual(place.git.shell("git rev-parse main"), head)
            // Nothing waits for an answer that cannot come.
            try expectEqual(place.git.shell("git for-each-ref --format='%(refname)' refs/jetbridge"), "")

            // A document that somebody else has begun as well.
            try place.git.shell("echo theirs > docs/new.md && git add . && git commit -qm new")
            let both = try await place.save("docs/new.md", ["text": "ours\n"])
            #expect(both.status == 409 && both.json["base_text"] == .null && both.json["theirs"] == "theirs\n")
            let fresh = try await place.save("docs/other/Plan.md", ["text": "# Plan\n"]).expect(200)
            #expect(fresh["commit"]?["sha"] != nil)
            // Deleted while it was edited.
            try place.git.shell("git rm -q docs/Guide.md && git commit -qm gone")
            let gone = try await place.save("docs/Guide.md", ["text": .string(mine), "base": base])
            #expect(gone.json["detail"]?.stringValue?.contains("since you read it, last in ") == true)
            #expect(gone.status == 409 && gone.json["theirs"] == .null && gone.json["ours"]?.stringValue == mine)
        }
    }

    @Test("the feature's documents are on its branch; line ends and the byte order mark stay")
    func feature() async throws {
        let script = """
            git add . && git commit -qm first && git switch -qc 001-login && mkdir -p specs/001-login && printf '\\357\\273\\277# Login\\r\\nold\\r\\n' \
            > specs/001-login/spec.md
            """
        try await Self.run(script) { place in
            try place.git.shell("git switch -q main")
            let list = try await place.person.send(.get, place.path).expect(200)
            expectEqual(list["branch"], "main")
            let items = list["items"]?.arrayValue ?? []
            expectEqual(items.compactMap { $0["path"]?.stringValue }, ["specs/001-login/spec.md", "docs/Guide.md"])
            expectEqual(items.compactMap { $0["branch"]?.stringValue }, ["001-login", "main"])
            let base = try await place.read("specs/001-login/spec.md")["commit"] ?? .null
            let saved = try await place.save("specs/001-login/spec.md", ["text": "# Login\nnew\n", "base": base])
            try expectEqual(saved.expect(200)["text"]?.stringValue, "\u{FEFF}# Login\r\nnew\r\n")
            #expect(
                try place.git.shell("git show 001-login:specs/001-login/spec.md | od -An -c").contains("357 273 277"))
            try expectEqual(place.git.shell("git log -1 --format=%s 001-login"), "Edit specs/001-login/spec.md")
        }
    }

    @Test("a document beside a conversation that has chosen no feature is not on the branch of the only one")
    func unrelated() async throws {
        let script = """
            git add . && git commit -qm first && git switch -qc 001-login && mkdir -p specs/001-login &&
            echo x > specs/001-login/spec.md
            """
        try await Self.run(script) { place in
            try place.git.shell("git switch -q main")
            let feature = try place.git.shell("git rev-parse 001-login")
            let saved = try await place.save("docs/new.md", ["text": "# New\n"]).expect(200)
            try expectEqual(saved["commit"]?["sha"]?.stringValue, place.git.shell("git rev-parse main"))
            try expectEqual(place.git.shell("git rev-parse 001-login"), feature)
        }
    }

    @Test("a document is opened by its repository and branch, beside the person's own conversation there")
    func address() async throws {
        let script = """
            git add . && git commit -qm first && git switch -qc 001-login && mkdir -p specs/001-login &&
            echo x > specs/001-login/spec.md
            """
        try await Self.run(script) { place in
            try place.git.shell("git switch -q main && git branch topic/other")
            func open(_ body: JSON, as caller: Caller) async throws -> JSON {
                try await caller.send(.post, "/api/v1/documents/open", json: body).expect(200)
            }
            func at(_ path: String, on branch: String = "main") -> JSON {
                ["repository": "notes", "branch": .string(branch), "path": .string(path)]
            }
            let (ada, bob) = (place.person, try await place.harness.signedIn(.member, name: "Bob"))
            let guide = try await open(at("docs/Guide.md"), as: ada)
            #expect(guide["branch"] == "main" && guide["repository"] == "notes" && guide["path"] == "docs/Guide.md")
            let own = try #require(guide["thread_id"]?.stringValue)
            #expect(own != place.thread)
            // Again, and for another of the repository's documents, it is the same.
            try await expectEqual(open(at("docs/new.md"), as: ada)["thread_id"]?.stringValue, own)
            let bobs = try #require(try await open(at("docs/Guide.md"), as: bob)["thread_id"]?.stringValue)
            #expect(bobs != own)
            let shown = try await bob.send(.get, "/api/v1/threads/\(bobs)").expect(200)
            #expect(shown["title"] == "Documents: notes" && shown["repository"] == "notes")

            // It is listed once something is in it.
            func titles() async throws -> [String] {
                let list = try await bob.send(.get, "/api/v1/threads").expect(200)
                return list["items"]?.arrayValue?.compactMap { $0["title"]?.stringValue } ?? []
            }
            try await expectEqual(titles(), [])
            let saved = try await bob.send(
                .put, "/api/v1/threads/\(bobs)/documents/docs/new.md", json: ["text": "# New\n"]
            ).expect(200)
            let sha = try #require(saved["commit"]?["sha"]?.stringValue)
            try expectEqual(place.git.shell("git log -1 --format=%H.%an main"), "\(sha).Bob")
            try await expectEqual(titles(), ["Documents: notes"])
            let messages = try await bob.send(.get, "/api/v1/threads/\(bobs)/messages").expect(200)
            expectEqual(messages["items"]?[0]?["text"]?.stringValue?.contains(sha.prefix(7)), true)

            // A feature's document is on its branch, also when its address names the repository's own.
            let spec = "specs/001-login/spec.md"
            let first = try await open(at(spec, on: "001-login"), as: bob)
            #expect(first["branch"] == "001-login")
            try await expectEqual(open(at(spec), as: bob), first)
            let beside = try await open(at("docs/Guide.md", on: "001-login"), as: bob)
            #expect(beside["branch"] == "001-login" && beside["thread_id"] == first["thread_id"])
            let path = "/api/v1/threads/\(first["thread_id"]?.stringValue ?? "")/documents/\(spec)"
            let text = try await bob.send(.get, path).expect(200)
            _ = try await bob.send(.put, path, json: ["text": "y\n", "base": text["commit"] ?? .null]).expect(200)
            try expectEqual(place.git.shell("git log -1 --format=%an 001-login"), "Bob")

            // Somebody's own conversation about the feature is taken instead.
            let context = place.harness.gateway.context
            try await context.store.write { ledger in
                var session = try #require(try ledger.session(id: place.thread))
                session.feature = "001-login"
                try ledger.update(session)
            }
            try await expectEqual(open(at(spec), as: ada)["thread_id"]?.stringValue, place.thread)

            // Beside somebody else's: their own on the same branch.
            let there = try await open(["thread_id": .string(place.thread), "path": .string(spec)], as: bob)
            expectEqual(there, first)
            try await expectEqual(
                open(["thread_id": .string(place.thread), "path": .string(spec)], as: ada)["thread_id"]?.stringValue,
                place.thread)
            try await expectEqual(bob.send(.get, "\(place.path)/\(spec)").status, 404)

            // Where something else was chosen there since, another one begins.
            try await context.store.write { ledger in
                var session = try #require(try ledger.session(id: own))
                session.feature = "001-login"
                try ledger.update(session)
            }
            let next = try await open(at("docs/Guide.md"), as: ada)
            #expect(next["thread_id"]?.stringValue != own && next["branch"] == "main")

            let refused: [(JSON, Int)] = [
                (at("docs/a.md", on: "topic/other"), 400), (at("docs/a.md", on: "none"), 400),
                (at("docs/a.txt"), 400), (at("README.md"), 400), (at("specs/002-x/spec.md"), 400),
                (["repository": "none", "branch": "main", "path": "docs/a.md"], 404),
                (["thread_id": "t_none", "path": "docs/a.md"], 404), (["path": "docs/a.md"], 422),
            ]
            for (body, status) in refused {
                let answer = try await bob.send(.post, "/api/v1/documents/open", json: body)
                expectEqual(answer.status, status, "\(body): \(answer.text)")
            }
            for caller in [try await place.harness.signedIn(.guest), try await place.harness.token(.read)] {
                let answer = try await caller.send(.post, "/api/v1/documents/open", json: at("docs/Guide.md"))
                expectEqual(answer.status, 403)
            }
            _ = try await open(at("docs/Guide.md"), as: try await place.harness.token(.documents))
        }
    }

    @Test("all documents are listed by repository and feature, and found by words; a new one begins from a template")
    func all() async throws {
        let script = """
            printf '# Top\\n' > README.md && mkdir docs/sub && printf '# Ein Überblick\\n' > docs/sub/o.md &&
            git add . && git commit -qm more && git switch -qc 001-login && mkdir -p specs/001-login .specify/templates &&
            printf '# Sign-in\\n' > specs/001-login/spec.md
            """
        try await Self.run(script) { place in
            try place.git.shell(
                """
                git switch -q main && mkdir -p .specify/templates && printf '# Our plan\\n' > .specify/templates/plan-template.md &&
                git add . && git commit -qm template
                """)
            func paths(_ query: String = "") async throws -> [String] {
                let found = try await place.person.send(.get, "/api/v1/documents\(query)").expect(200)
                return found["items"]?.arrayValue?.compactMap { $0["path"]?.stringValue } ?? []
            }
            let found = try await place.person.send(.get, "/api/v1/documents").expect(200)
            expectEqual(
                found["items"]?[2],
                [
                    "repository": "notes", "branch": "001-login", "feature": "001-login",
                    "path": "specs/001-login/spec.md", "title": "Sign-in",
                    "url": "/d/notes/001-login/specs/001-login/spec.md",
                ])
            expectEqual(
                found["homes"],
                [
                    ["repository": "notes", "branch": "main", "feature": .null],
                    ["repository": "notes", "branch": "001-login", "feature": "001-login"],
                ])
            #expect(found["is_cut"] == false && found["unreadable"] == [])
            try await expectEqual(paths(), ["docs/Guide.md", "docs/sub/o.md", "specs/001-login/spec.md"])
            try await expectEqual(paths("?q=SIGN%20spec"), ["specs/001-login/spec.md"])
            try await expectEqual(paths("?repository=notes&q=%C3%BCberblick"), ["docs/sub/o.md"])
            try await expectEqual(paths("?q=nothing"), [])
            try await expectEqual(place.person.send(.get, "/api/v1/documents?repository=none").status, 404)

            func text(_ template: String) async throws -> String {
                let body: JSON = [
                    "repository": "notes", "branch": "001-login", "path": "specs/001-login/plan.md",
                    "template": .string(template),
                ]
                return try await place.person.send(.post, "/api/v1/documents/open", json: body).expect(200)["text"]?
                    .stringValue ?? ""
            }
            try await expectEqual(text("plan"), "# Our plan\n")
            let standard = try await text("spec")
            #expect(standard.hasPrefix("# Feature Specification"))
            let unknown = try await place.person.send(
                .post, "/api/v1/documents/open",
                json: ["repository": "notes", "branch": "main", "path": "docs/x.md", "template": "letter"])
            #expect(unknown.status == 400 && unknown.json["detail"]?.stringValue?.contains("`data-model`") == true)
        }
    }

    @Test("what cannot be saved is refused with what to do, and guests may not")
    func refusals() async throws {
        try await Self.run(
            """
            printf '\\377\\376' > docs/binary.md && head -c 102401 /dev/zero | tr '\\0' x > docs/long.md &&
            ln -s Guide.md docs/link.md
            """
        ) { place in
            let head = try await place.read("docs/Guide.md")["commit"] ?? .null
            let cases: [(String, JSON, Int)] = [
                ("docs/Guide.md", ["base": head], 400), ("docs/Guide.md", ["text": "x", "bse": head], 400),
                ("docs/Guide.md", ["text": "x", "base": "0000000000000000000000000000000000000000"], 400),
                ("docs/Guide.md", ["text": "x", "base": "main"], 400), ("docs/x.txt", ["text": "x"], 400),
                ("README.md", ["text": "x"], 400), ("docs/..%2F..%2Fx.md", ["text": "x"], 400),
                ("docs/.git/x.md", ["text": "x"], 400), ("docs/a.md", ["text": "a\u{0}b"], 400),
                ("docs/a.md", ["text": .string(String(repeating: "x", count: 102_401))], 413),
                ("docs/binary.md", ["text": "x", "base": head], 409),
                ("docs/long.md", ["text": "x", "base": head], 409), ("docs/link.md", ["text": "x", "base": head], 409),
            ]
            for (path, body, status) in cases {
                let answer = try await place.save(path, body)
                expectEqual(answer.status, status, "\(path) \(body): \(answer.text)")
                expectEqual(answer.json["detail"]?.stringValue?.isEmpty, false)
            }
            let most = String(repeating: "\u{1}", count: 102_400)
            try await expectEqual(place.save("docs/most.md", ["text": .string(most)]).status, 200)
            for path in ["docs/none.md", "docs/binary.md", "docs/long.md", "docs/link.md"] {
                let status = try await place.person.send(.get, "\(place.path)/\(path)").status
                expectEqual(status, path == "docs/none.md" ? 404 : 409)
            }
            let guest = try await place.harness.signedIn(.guest)
            let thread = try await guest.newThread()
            try await expectEqual(guest.send(.get, "/api/v1/threads/\(thread)/documents").status, 403)
            let reader = try await place.harness.token(.read)
            try await expectEqual(place.save("docs/Guide.md", ["text": "x", "base": head], as: reader).status, 403)
            let writer = try await place.harness.token(.documents)
            try await expectEqual(place.save("docs/by.md", ["text": "x"], as: writer).status, 200)
        }
    }
}
