import Chat
import Database
import HTTP
import JSON
import Logging
import People
import Primitives
import Sessions
import Store
import TestSupport
import Testing
import Threads

@testable import Gateway

@Suite("Shared conversations", .timeLimit(.minutes(1)))
struct ShareTests {
    private static func shares(_ thread: String) -> String { "/api/v1/threads/\(thread)/shares" }

    /// The text of the newest note.
    private static func note(_ caller: Caller, _ thread: String) async throws -> String {
        let page = try await caller.send(.get, "/api/v1/threads/\(thread)/messages?before=latest").expect(200)
        return page["items"]?.arrayValue?.last { $0["role"] == "note" }?["text"]?.stringValue ?? ""
    }

    @Test("a list has what is shared with somebody, by whom and to do what, wherever it puts their own")
    func list() async throws {
        try await GatewayHarness.run { harness in
            let alice = try await harness.signedIn(.member, name: "alice")
            let bob = try await harness.signedIn(.member, name: "bob")
            var threads: [String] = []
            for caller in [alice, bob, alice, bob, alice] {
                threads.append(try await caller.newThread())
                harness.advance(by: 1_000)
            }
            for (thread, role) in [(threads[0], "read"), (threads[2], "join")] {
                let body: JSON = ["with": "bob", "role": .string(role)]
                _ = try await alice.send(.post, Self.shares(thread), json: body).expect(201)
            }
            func seen(_ query: String) async throws -> [String] {
                var found: [String] = []
                var cursor = ""
                repeat {
                    let page = try await bob.send(.get, "/api/v1/threads?limit=1\(query)\(cursor)").expect(200)
                    found += page["items"]?.arrayValue?.compactMap { $0["id"]?.stringValue } ?? []
                    cursor = page["next_cursor"]?.stringValue.map { "&cursor=\($0)" } ?? ""
                } while !cursor.isEmpty
                return found
            }
            try await expectEqual(seen(""), [threads[3], threads[2], threads[1], threads[0]])
            try await expectEqual(seen("&mine=true"), [threads[3], threads[1]])
            let page = try await bob.send(.get, "/api/v1/threads").expect(200)
            let items = page["items"]?.arrayValue ?? []
            expectEqual(
                items.map { $0["shared"] },
                [.null, ["by": "alice", "role": "join"], .null, ["by": "alice", "role": "read"]])
            expectEqual(items.map { $0["can_write"] }, [true, true, true, false])
            expectEqual(items.map { $0["own"] }, [true, false, true, false])
            let document = try await harness.anybody.send(.get, "/api/v1/openapi.json").expect(200)
            let mistakes = SchemaValidator(document: document)
                .mistakes(in: page, method: "get", path: "/api/v1/threads", status: 200)
            expectEqual(mistakes, [])
            // GraphQL has the same.
            let query: JSON = ["query": "{ threads { nodes { id shared { by role } } } }"]
            let nodes = try await bob.send(.post, "/api/v1/graphql", json: query).expect(200)["data"]?["threads"]?[
                "nodes"]
            expectEqual(nodes?.arrayValue?.count, 4)
            expectEqual(nodes?[1]?["shared"], ["by": "alice", "role": "join"])
            // A pin is of a person's own list.
            try await expectEqual(
                bob.send(.patch, "/api/v1/threads/\(threads[0])", json: ["pinned": true]).expect(200)["pinned"], true)
            try await expectEqual(alice.send(.get, "/api/v1/threads/\(threads[0])").expect(200)["pinned"], false)
        }
    }

    @Test("a share is listed for those whose thread it is, replaced by another for the same people, and ended")
    func change() async throws {
        try await GatewayHarness.run { harness in
            let alice = try await harness.signedIn(.member, name: "alice")
            _ = try await harness.signedIn(.member, name: "bob")
            let thread = try await alice.newThread()
            let path = Self.shares(thread)
            func status(_ body: JSON) async throws -> Int { try await alice.send(.post, path, json: body).status }
            try await expectEqual(status(["with": "nobody"]), 404)
            let me = try await alice.send(.get, "/api/v1/me").expect(200)["identity"] ?? .null
            try await expectEqual(status(["with": me]), 409)
            try await expectEqual(status(["with": "host", "expires": "8"]), 422)
            try await expectEqual(status(["with": "host", "expires": "9999d"]), 422)
            try await expectEqual(status(["with": "public", "role": "join"]), 422)
            let first = try await alice.send(.post, path, json: ["with": "bob"]).expect(201)
            expectEqual(first["url"], .string("http://bot.example/#/t/\(thread)"))
            #expect(first["expires_at"] == .null && first["name"] == "bob" && first["role"] == "read")
            let second = try await alice.send(.post, path, json: ["with": "bob", "role": "join", "expires": "7d"])
                .expect(201)
            expectEqual(second["expires_at"]?.stringValue, "2023-11-21T22:13:20.000Z")
            let items = try await alice.send(.get, path).expect(200)["items"]?.arrayValue ?? []
            expectEqual(items, [second])
            let id = second["id"]?.stringValue ?? ""
            // An owner of the host may as well.
            let owner = try await harness.signedIn()
            try await expectEqual(owner.send(.delete, "\(path)/\(id)").status, 204)
            try await expectEqual(owner.send(.delete, "\(path)/\(id)").status, 404)
        }
    }

    @Test("who joined writes as themselves; asks of the thread wait for them as well")
    func join() async throws {
        let question = ApprovalRequest(
            action: .run, subject: "make", directory: "/workspace", tool: "run", approver: .requester)
        try await GatewayHarness.run(worker: StepWorker([.approval(question)])) { harness in
            let alice = try await harness.signedIn(.member, name: "alice")
            let bob = try await harness.signedIn(.member, name: "bob")
            let thread = try await alice.newThread()
            _ = try await alice.send(.post, Self.shares(thread), json: ["with": "bob", "role": "join"]).expect(201)
            let operation = try await bob.write("go", to: thread)
            try await eventually("the ask waits for bob") {
                try await bob.send(.get, "/api/v1/asks").expect(200)["items"]?[0]?["id"] == "a1"
            }
            try await expectEqual(alice.send(.get, "/api/v1/asks").expect(200)["items"], [])
            // A member whose thread it is does not decide what somebody else asked for.
            try await expectEqual(alice.send(.post, "/api/v1/asks/a1", json: ["answer": "A"]).status, 403)
            _ = try await bob.send(.post, "/api/v1/asks/a1", json: ["answer": "A"]).expect(200)
            _ = try await bob.ended(operation)
        }
    }

    @Test("commands share a conversation and end that")
    func commands() async throws {
        try await GatewayHarness.run { harness in
            let alice = try await harness.signedIn(.member, name: "alice")
            let bob = try await harness.signedIn(.member, name: "bob")
            let thread = try await alice.newThread()
            func say(_ text: String, _ caller: Caller) async throws -> String {
                harness.advance(by: 1)
                _ = try await caller.write(text, to: thread)
                return try await Self.note(alice, thread)
            }
            func items() async throws -> [String] {
                try await alice.send(.get, Self.shares(thread)).expect(200)["items"]?.arrayValue?.map {
                    "\($0["name"]?.stringValue ?? $0["with"]?.stringValue ?? "") \($0["role"]?.stringValue ?? "")"
                } ?? []
            }
            // A name that anybody may choose in a browser.
            let me = try await bob.send(.get, "/api/v1/me").expect(200)["identity"]?.stringValue ?? ""
            try await expectEqual(
                say("/share", alice),
                "Members and owners can now read this conversation: http://bot.example/#/t/\(thread)\n\n"
                    + "`/unshare` ends that.")
            try await expectEqual(
                say("/share bob join", alice),
                "`bob` (`\(me)`) can now read this conversation and write in it: http://bot.example/#/t/\(thread)\n\n"
                    + "`/unshare` ends that.")
            try await expectEqual(items(), ["host read", "bob join"])
            try await expectEqual(
                say("/share", bob), "Only the person who began this conversation and owners can share it.")
            try await expectEqual(say("/share carol", alice), "Nobody with access is called `carol`.")
            try await expectEqual(
                say("/unshare bob", alice), "This conversation is no longer shared with `bob`.")
            try await expectEqual(items(), ["host read"])
            #expect(
                try await say("/share public 2d", alice).contains(" until 2023-11-16T22:13:20Z: http://bot.example/s/"))
            try await expectEqual(
                say("/unshare", alice),
                "This conversation is no longer shared with members and owners, everybody with the link.")
            try await expectEqual(say("/unshare", alice), "This conversation is not shared.")
            try await expectEqual(items(), [])
        }
    }

    @Test("codes that are written in a conversation are worth nothing once others can read it; invites stay")
    func codes() async throws {
        try await GatewayHarness.run { harness in
            let olga = try await harness.signedIn(name: "olga")
            _ = try await harness.signedIn(.member, name: "ben")
            let thread = try await olga.newThread()
            func codes() async throws -> [Int64] {
                try await harness.bridge.store.read { ledger in
                    try ["codes WHERE identity IS NOT NULL", "codes WHERE identity IS NULL", "link_codes"].map {
                        try ledger.connection.query("SELECT COUNT(*) AS count FROM \($0)", [])[0].int64("count")
                    }
                }
            }
            _ = try await olga.send(.post, "/api/v1/people/invites", json: ["role": "member"]).expect(201)
            _ = try await olga.write("/link", to: thread)
            harness.advance(by: 1)
            _ = try await olga.write("/pair --for ben", to: thread)
            try await expectEqual(codes(), [1, 1, 1])
            // Its page shows no replies.
            _ = try await olga.send(.post, Self.shares(thread), json: ["with": "public"]).expect(201)
            try await expectEqual(codes(), [1, 1, 1])
            _ = try await olga.send(.post, Self.shares(thread), json: ["with": "ben"]).expect(201)
            try await expectEqual(codes(), [0, 1, 0])
        }
    }

    @Test("connections that show a thread end with the share")
    func live() async throws {
        try await GatewayHarness.run { harness in
            let alice = try await harness.signedIn(.member, name: "alice")
            let bob = try await harness.signedIn(.member, name: "bob")
            let me = try await bob.send(.get, "/api/v1/me").expect(200)["identity"]?.stringValue ?? ""
            let credential = CredentialRecord(
                id: "k", kind: .token, name: "bob", identity: me, role: .member, scopes: ["chat"], createdAt: 0)
            let (context, socket, everything) = (harness.gateway.context, FakeSocket(), FakeSocket())
            let connections = [socket, everything].map {
                LiveConnection(
                    context: context, principal: Principal(credential: credential), socket: $0,
                    logger: Logger(label: "test"), isValid: { true })
            }
            let connection = connections[0]
            let running = connections.map { connection in
                Task { await context.connections.with(connection) { await connection.run() } }
            }
            everything.say(#"{"subscribe_all":true}"#)
            _ = try await everything.frames(until: { $0.count == 1 })
            let thread = try await alice.newThread()
            let share = try await alice.send(.post, Self.shares(thread), json: ["with": "bob"]).expect(201)
            // The list of whoever may see it now shows it.
            _ = try await everything.frames(until: { !$0.isEmpty })
            socket.say(#"{"subscribe_thread":"\#(thread)"}"#)
            try await eventually("a command's frames arrive") {
                _ = try await alice.write("/whoami", to: thread)
                return socket.hasReceived
            }
            await connection.checkAccess()
            #expect(!socket.isClosed)
            let id = share["id"]?.stringValue ?? ""
            try await expectEqual(alice.send(.delete, "\(Self.shares(thread))/\(id)").status, 204)
            #expect(socket.isClosed && !everything.isClosed)
            running[1].cancel()
            for task in running { await task.value }
        }
    }

    @Test("no connection waits for another one when access is checked", .timeLimit(.minutes(1)))
    func checks() async throws {
        let connections = LiveConnections()
        let meeting = Meeting()
        await connections.with(meeting) {
            await connections.with(meeting) {
                await connections.check { _ in true }
            }
        }
        expectEqual(meeting.count, 2)
    }

    @Test("a public page has questions and answers, and nothing else")
    func page() async throws {
        try await GatewayHarness.run { harness in
            let alice = try await harness.signedIn(.member, name: "alice")
            let thread = try await alice.newThread()
            _ = try await alice.ended(try await alice.write("What is <b>2 + 2</b>?", to: thread))
            _ = try await alice.write("/whoami", to: thread)
            let made = try await alice.send(.post, Self.shares(thread), json: ["with": "public", "expires": "1h"])
                .expect(201)
            let token = made["url"]?.stringValue?.split(separator: "/").last.map(String.init) ?? ""
            expectEqual(made["url"]?.stringValue, "http://bot.example/s/\(token)")
            expectEqual(token.utf8.count, 32)
            // Only its hash is stored.
            try await expectEqual(alice.send(.get, Self.shares(thread)).expect(200)["items"]?[0]?["url"], .null)
            let stored = try await harness.bridge.store.read { ledger in
                try ledger.connection.query("SELECT token FROM shares", []).first?["token"].text
            }
            expectEqual(stored, ShareDesk.hash(token))
            let page = try await harness.anybody.send(.get, "/s/\(token)")
            expectEqual(page.status, 200)
            #expect(page.text.contains("You said: What is") && page.text.contains("<b>alice</b>"))
            #expect(!page.text.contains("<script") && !page.text.contains("whoami") && !page.text.contains("web:"))
            #expect(!page.text.contains("What is <b>2"))
            expectEqual(page.headers["content-security-policy"], SecurityHeaders.viewerPolicy)
            #expect(page.headers["x-robots-tag"]?.hasPrefix("noindex") == true)
            expectEqual(page.headers["referrer-policy"], "no-referrer")
            expectEqual(page.headers["cache-control"], "no-store")
            // Another link replaces it, and one that has ended or expired is like one that never was.
            let other =
                try await alice.send(.post, Self.shares(thread), json: ["with": "public", "expires": "1h"])
                .expect(201)["url"]?.stringValue?.split(separator: "/").last.map(String.init) ?? ""
            let unknown = try await harness.anybody.send(.get, "/s/\(String(repeating: "0", count: 32))")
            let ended = try await harness.anybody.send(.get, "/s/\(token)")
            expectEqual(unknown.status, 404)
            #expect(ended.status == 404 && ended.body == unknown.body)
            try await expectEqual(harness.anybody.send(.get, "/s/\(other)").status, 200)
            // Too many looks at one page from one place wait a minute, and close no other page; wrong addresses do not.
            for _ in 0..<62 { _ = try await harness.anybody.send(.get, "/s/\(String(repeating: "1", count: 32))") }
            var statuses: Set<Int> = []
            for _ in 0..<62 { statuses.insert(try await harness.anybody.send(.get, "/s/\(other)").status) }
            expectEqual(statuses, [200, 429])
            harness.advance(by: 3_600_000)
            let expired = try await harness.anybody.send(.get, "/s/\(other)")
            #expect(expired.status == 404 && expired.body == unknown.body)
        }
    }

    @Test("that an owner read somebody's conversation is said there, once a day and reader")
    func ownerReads() async throws {
        try await GatewayHarness.run { harness in
            let alice = try await harness.signedIn(.member, name: "alice")
            let (olga, otto) = (try await harness.signedIn(name: "olga"), try await harness.signedIn(name: "otto"))
            let thread = try await alice.newThread()
            let path = "/api/v1/threads/\(thread)/messages"
            // Nothing was said yet.
            _ = try await olga.send(.get, path).expect(200)
            harness.advance(by: 60_000)
            _ = try await alice.ended(try await alice.write("hello", to: thread))
            func notes() async throws -> [String] {
                let items = try await alice.send(.get, path).expect(200)["items"]?.arrayValue ?? []
                return items.filter { $0["role"] == "note" }.compactMap { $0["text"]?.stringValue }
            }
            let line = "olga, an owner of this host, has read this conversation."
            for _ in 1...3 {
                _ = try await olga.send(.get, path).expect(200)
                harness.advance(by: 60_000)
            }
            try await expectEqual(notes(), [line])
            let query: JSON = ["query": .string("{ thread(id: \"\(thread)\") { messages { nodes { text } } } }")]
            _ = try await otto.send(.post, "/api/v1/graphql", json: query).expect(200)
            try await expectEqual(notes().count, 2)
            harness.advance(by: 86_400_000)
            _ = try await olga.send(.get, "/api/v1/threads/\(thread)/export").expect(200)
            try await expectEqual(notes().count, 3)
            // An operation's frames and the files of messages are read as well.
            func advance() { harness.advance(by: 86_400_000) }
            advance()
            let bytes = alice.with("Content-Type", "application/octet-stream").headers
            _ = try await alice.send(.post, "/api/v1/threads/\(thread)/files?name=a.txt", body: [97], headers: bytes)
            let operation = try await alice.write("again", to: thread)
            _ = try await alice.ended(operation)
            let items = try await alice.send(.get, path).expect(200)["items"]?.arrayValue ?? []
            let files = items.compactMap { $0["files"]?[0]?["url"]?.stringValue }
            try await expectEqual(olga.send(.get, try #require(files.first)).status, 200)
            try await expectEqual(notes().count, 4)
            advance()
            let socket = FakeSocket()
            let me = try await olga.send(.get, "/api/v1/me").expect(200)["identity"]?.stringValue ?? ""
            let credential = CredentialRecord(
                id: "k", kind: .token, name: "olga", identity: me, role: .owner, scopes: ["chat"], createdAt: 0)
            let connection = LiveConnection(
                context: harness.gateway.context, principal: Principal(credential: credential), socket: socket,
                logger: Logger(label: "test"), isValid: { true })
            let running = Task { await connection.run() }
            socket.say(#"{"subscribe":"\#(operation)"}"#)
            _ = try await socket.frames { $0.contains(where: \.isLast) }
            running.cancel()
            await running.value
            try await expectEqual(notes().count, 5)
            // What is shared with owners they may read as others do.
            _ = try await alice.send(.post, Self.shares(thread), json: ["with": "host"]).expect(201)
            harness.advance(by: 86_400_000)
            _ = try await otto.send(.get, path).expect(200)
            try await expectEqual(notes().count, 5)
        }
    }
}

/// A connection whose check ends with that of a second one.
private final class Meeting: WatchedConnection {
    let principal = Principal(
        credential: CredentialRecord(
            id: "k", kind: .token, name: "bob", identity: "web:bob", role: .member, scopes: ["chat"], createdAt: 0))
    private let arrived = Protected(0)
    private let met = Protected(0)

    var count: Int { self.met.withLock { $0 } }

    func checkAccess() async {
        self.arrived.withLock { $0 += 1 }
        do {
            try await eventually("both are checked") { self.arrived.withLock { $0 == 2 } }
            self.met.withLock { $0 += 1 }
        } catch { Issue.record(error) }
    }

    func placesChanged() {}
}
