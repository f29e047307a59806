import Chat
import Documents
import HTTP
import JSON
import Logging
import Repositories
import TestSupport
import Testing

@testable import Gateway

/// What people learn of texts that name them, and whom texts can name.
@Suite("Mentions over HTTP", .timeLimit(.minutes(1)))
struct MentionTests {
    private static func inbox(_ caller: Caller) async throws -> [JSON] {
        try await caller.send(.get, "/api/v1/mentions").expect(200)["items"]?.arrayValue ?? []
    }

    @Test("a message of the page names people who may read it; a command names nobody")
    func messages() async throws {
        try await GatewayHarness.run { harness in
            let ada = try await harness.signedIn(.member, name: "Ada")
            let bob = try await harness.signedIn(.member, name: "Bob B.")
            let carol = try await harness.signedIn(.member, name: "Carol")
            let thread = try await ada.newThread()
            let other = try await ada.newThread()
            _ = try await ada.ended(try await ada.write("/help @Bob B.", to: thread))
            _ = try await ada.ended(try await ada.write("@Bob B. and @Ada: not shared", to: other))
            let share: JSON = ["with": "Bob B.", "role": "read"]
            _ = try await ada.send(.post, "/api/v1/threads/\(thread)/shares", json: share).expect(201)
            for _ in 0..<2 { _ = try await ada.write("look, @bob b., @Carol", to: thread, key: "one") }
            try await eventually("Bob hears of it") { try await !Self.inbox(bob).isEmpty }
            let items = try await Self.inbox(bob)
            expectEqual(items.count, 1)
            let item = items[0]
            #expect(item["kind"] == "message" && item["author"] == "Ada" && item["text"] == "look, @bob b., @Carol")
            #expect(item["title"] == "look, @bob b., @Carol" && item["thread_id"]?.stringValue == thread)
            #expect(item["url"]?.stringValue?.hasPrefix("/#/t/\(thread)/m/") == true)
            for caller in [ada, carol] { try await expectEqual(Self.inbox(caller), []) }

            let address = "/api/v1/mentions/\(item["id"]?.stringValue ?? "")"
            try await expectEqual(carol.send(.delete, address).status, 404)
            try await expectEqual(bob.send(.delete, address).status, 204)
            try await expectEqual(bob.send(.delete, address).status, 404)
            try await expectEqual(bob.send(.delete, "/api/v1/mentions/x").status, 404)
            try await expectEqual(Self.inbox(bob), [])
        }
    }

    @Test("a comment on a document names members, whether or not its conversation is shared with them")
    func comments() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/notes"
        let catalog = RepositoryCatalog(
            [RepositorySetting(name: "notes", place: .local(path: path), branch: "main")], now: { 1_700_000_000 },
            logger: Logger(label: "test"))
        await catalog.prepare()
        try RealGit(path).shell("mkdir docs && echo one > docs/Guide.md && git add . && git commit -qm begin")
        let documents = DocumentDesk(catalog: catalog, now: { 1_700_000_000 })
        try await GatewayHarness.run(settings: { $0.documents = documents }) { harness in
            let ada = try await harness.signedIn(.member, name: "Ada")
            let bob = try await harness.signedIn(.member, name: "Bob")
            let guest = try await harness.signedIn(.guest, name: "Gina")
            let thread = try await ada.newThread()
            let address = "/api/v1/threads/\(thread)/documents/docs/Guide.md/comments"
            let comment: JSON = ["text": "@Bob, @Gina: which one?", "quote": "one"]
            for _ in 0..<2 {
                _ = try await ada.send(.post, address, json: comment, headers: ["Idempotency-Key": "k"]).expect(201)
            }
            try await eventually("Bob hears of it") { try await !Self.inbox(bob).isEmpty }
            let items = try await Self.inbox(bob)
            expectEqual(items.map { $0["title"] }, ["docs/Guide.md"])
            expectEqual(items[0]["url"]?.stringValue, "/d/\(thread)/docs/Guide.md")
            try await expectEqual(Self.inbox(guest), [])
        }
    }

    @Test("members know the names of members, and a guest nobody's")
    func names() async throws {
        try await GatewayHarness.run { harness in
            let ada = try await harness.signedIn(.member, name: "Ada")
            let bob = try await harness.signedIn(.member, name: "Bob")
            let guest = try await harness.signedIn(.guest, name: "Gina")
            func names(_ caller: Caller) async throws -> [String] {
                try await caller.send(.get, "/api/v1/names").expect(200)["items"]?.arrayValue?.compactMap {
                    $0["name"]?.stringValue
                } ?? []
            }
            try await expectEqual(names(ada), ["Bob", "alice"])
            try await expectEqual(names(bob), ["Ada", "alice"])
            try await expectEqual(guest.send(.get, "/api/v1/names").status, 403)
        }
    }
}
