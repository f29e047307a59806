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
            git switch -qc 001-login && mkdir -p specs/001-login && printf '\\357\\273\\277# Login\\r\\nold\\r\\n' \
            > specs/001-login/spec.md
            """
        try await Self.run(script) { place in
            try place.git.shell("git switch -q main")
            let list = try await place.person.send(.get, place.path).expect(200)
            expectEqual(list["branch"], "001-login")
            let paths = list["items"]?.arrayValue?.compactMap { $0["path"]?.stringValue }
            expectEqual(paths, ["specs/001-login/spec.md", "docs/Guide.md"])
            let base = try await place.read("specs/001-login/spec.md")["commit"] ?? .null
            let saved = try await place.save("specs/001-login/spec.md", ["text": "# Login\nnew\n", "base": base])
            try expectEqual(saved.expect(200)["text"]?.stringValue, "\u{FEFF}# Login\r\nnew\r\n")
            #expect(
                try place.git.shell("git show 001-login:specs/001-login/spec.md | od -An -c").contains("357 273 277"))
            try expectEqual(place.git.shell("git log -1 --format=%s 001-login"), "Edit specs/001-login/spec.md")
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
