import Chat
import Database
import HTTP
import JSON
import People
import Primitives
import Push
import Sessions
import Store
import TestSupport
import Testing

@testable import Gateway

@Suite("Push to browsers", .timeLimit(.minutes(1)))
struct PushTests {
    private static let path = "/api/v1/push/subscriptions"

    private static func run(
        worker: StepWorker = StepWorker(), _ body: (GatewayHarness, PushReceiver) async throws -> Void
    ) async throws {
        let receiver = try await PushReceiver.started()
        try await GatewayHarness.run(worker: worker, settings: { $0.pushAllowsLoopback = true }) { harness in
            try await body(harness, receiver)
        }
        await receiver.stop()
    }

    /// Waits until all changes have been looked at.
    private static func settled(_ harness: GatewayHarness) async throws {
        try await harness.bridge.store.writes.watch { written in
            while try await harness.bridge.store.read({ try $0.pushCursor() != $0.lastChange() }) {
                await written.wait(upTo: .milliseconds(50))
                harness.bridge.store.writes.note()
            }
        }
    }

    private static func waiting(_ harness: GatewayHarness) async throws -> Int {
        try await harness.bridge.store.read { ledger in
            Int(try ledger.connection.first("SELECT COUNT(*) AS n FROM pushes", [])?.integer("n") ?? 0)
        }
    }

    /// Asks something, and waits for the answer.
    private static func ask(_ caller: Caller, _ text: String = "hello") async throws -> String {
        let thread = try await caller.newThread()
        _ = try await caller.ended(try await caller.write(text, to: thread))
        return thread
    }

    @Test("the end of an answer is pushed to the person who asked, encrypted and signed, with no more than its title")
    func answers() async throws {
        try await Self.run { harness, receiver in
            let ada = try await harness.signedIn(.member, name: "Ada")
            let bob = try await harness.signedIn(.member, name: "Bob")
            let made = try await ada.send(.post, Self.path, json: receiver.subscription()).expect(201)
            _ = try await bob.send(.post, Self.path, json: receiver.subscription("bob")).expect(201)
            let thread = try await Self.ask(ada, "a secret question")
            let all = await receiver.wait { !$0.isEmpty }
            let message = try #require(all.first)
            #expect(message.path == "/a" && message.isSigned && message.urgency == "normal")
            expectEqual(message.timeToLive, 86_400)
            expectEqual(message.body["title"], "The answer is complete")
            expectEqual(message.body["body"], "a secret question")
            expectEqual(message.body["url"], .string("/#/t/\(thread)"))
            try await Self.settled(harness)
            expectEqual(receiver.all.count, 1)
            // Without content, not even the title; with text, a line of the answer.
            for (content, text) in [("none", ""), ("text", "")] {
                let change: JSON = ["notifications": ["content": .string(content)]]
                _ = try await ada.send(.patch, "/api/v1/settings", json: change).expect(200)
                let before = receiver.all.count
                _ = try await Self.ask(ada, "another secret")
                let body = await receiver.wait { $0.count > before }.last?.body["body"]?.stringValue
                #expect(content == "none" ? body == text : body?.hasSuffix("\nanother secret") == true)
            }
            _ = try await ada.send(.patch, "/api/v1/settings", json: ["notifications": ["kinds": []]]).expect(200)
            let before = receiver.all.count
            _ = try await Self.ask(ada)
            try await Self.settled(harness)
            let waiting = try await Self.waiting(harness)
            #expect(receiver.all.count == before && waiting == 0)
            let id = made["id"]?.stringValue ?? ""
            try await expectEqual(bob.send(.delete, Self.path + "/\(id)").status, 404)
            try await expectEqual(ada.send(.delete, Self.path + "/\(id)").status, 204)
        }
    }

    @Test("asks and mentions are pushed to those whom they concern")
    func concerned() async throws {
        let request = ApprovalRequest(
            action: .run, subject: "make test", directory: "/workspace", tool: "run", approver: .ownersOnly)
        try await Self.run(worker: StepWorker([.approval(request)])) { harness, receiver in
            let owner = try await harness.signedIn(.owner, name: "Olga")
            let ada = try await harness.signedIn(.member, name: "Ada")
            let bob = try await harness.signedIn(.member, name: "Bob")
            for (caller, name) in [(owner, "olga"), (ada, "ada"), (bob, "bob")] {
                _ = try await caller.send(.post, Self.path, json: receiver.subscription(name)).expect(201)
            }
            let thread = try await ada.newThread()
            _ = try await ada.send(
                .post, "/api/v1/threads/\(thread)/shares", json: ["with": "Bob", "role": "read"]
            ).expect(201)
            _ = try await ada.write("go, @Bob", to: thread)
            let all = await receiver.wait { $0.count >= 2 }
            let ask = try #require(all.first { $0.path == "/olga" })
            #expect(ask.body["title"] == "Jetbridge needs you" && ask.urgency == "high")
            let mention = try #require(all.first { $0.path == "/bob" })
            #expect(mention.body["title"] == "Ada mentioned you" && mention.urgency == "normal")
            #expect(mention.body["url"]?.stringValue?.hasPrefix("/#/t/\(thread)/m/") == true)
            try await Self.settled(harness)
            expectEqual(receiver.all.count, 2)
        }
    }

    @Test("in quiet hours nothing is pushed, and what came is one message at their end")
    func quiet() async throws {
        try await Self.run { harness, receiver in
            let ada = try await harness.signedIn(.member)
            _ = try await ada.send(.post, Self.path, json: receiver.subscription()).expect(201)
            // It is 22:13:20 in UTC.
            let change: JSON = ["notifications": ["quiet": "22:00-07:00"]]
            let settings = try await ada.send(.patch, "/api/v1/settings", json: change).expect(200)
            expectEqual(settings["notifications"]?["zone"], "UTC")
            for _ in 0..<2 { _ = try await Self.ask(ada) }
            try await Self.settled(harness)
            let waiting = try await Self.waiting(harness)
            #expect(receiver.all.isEmpty && waiting == 2)
            harness.advance(by: 9 * 3_600_000)
            harness.gateway.context.push.wake()
            let all = await receiver.wait { !$0.isEmpty }
            expectEqual(all.map { $0.body["title"] }, ["2 new things in Jetbridge"])
            expectEqual(all[0].body["body"], "2 answers")
        }
    }

    @Test("nobody who looks at the page is pushed")
    func looking() async throws {
        try await Self.run { harness, receiver in
            let ada = try await harness.signedIn(.member, name: "Ada")
            _ = try await ada.send(.post, Self.path, json: receiver.subscription()).expect(201)
            let me = try await ada.send(.get, "/api/v1/me").expect(200)
            let context = harness.gateway.context
            let principal = Principal(
                credential: CredentialRecord(
                    id: "k", kind: .cookie, name: "Ada", identity: me["identity"]?.stringValue ?? "", role: .member,
                    scopes: ["chat"], createdAt: 0))
            let socket = FakeSocket()
            let connection = LiveConnection(
                context: context, principal: principal, socket: socket, logger: context.logger, isValid: { true })
            try await withThrowingDiscardingTaskGroup { group in
                group.addTask { await connection.run() }
                socket.say(#"{"visible":true}"#)
                try await eventually("the page is visible") { context.push.presence.isLooking(principal) }
                _ = try await Self.ask(ada, "first")
                try await Self.settled(harness)
                socket.say(#"{"visible":false}"#)
                try await eventually("the page is hidden") { !context.push.presence.isLooking(principal) }
                _ = try await Self.ask(ada, "second")
                expectEqual(await receiver.wait { !$0.isEmpty }.map { $0.body["body"] }, ["second"])
                socket.say(#"{"visible":true}"#)
                try await eventually("the page is visible") { context.push.presence.isLooking(principal) }
                await socket.leave()
            }
            #expect(!context.push.presence.isLooking(principal))
        }
    }

    @Test("a service that is busy is asked again; a browser that is gone, or has signed out, gets nothing more")
    func endings() async throws {
        try await Self.run { harness, receiver in
            let ada = try await harness.signedIn(.member)
            _ = try await ada.send(.post, Self.path, json: receiver.subscription()).expect(201)
            receiver.set(.serviceUnavailable)
            _ = try await Self.ask(ada, "once")
            await receiver.wait { $0.count == 1 }
            try await eventually("it is tried later") {
                try await harness.bridge.store.read { ledger in
                    try ledger.connection.first("SELECT 1 AS n FROM pushes WHERE tries = 1", []) != nil
                }
            }
            receiver.set(.gone)
            harness.advance(by: 5_000)
            harness.gateway.context.push.wake()
            await receiver.wait { $0.count == 2 }
            try await eventually("the browser is forgotten") {
                try await ada.send(.get, Self.path).expect(200)["items"] == []
            }
            let waiting = try await Self.waiting(harness)
            expectEqual(waiting, 0)

            let other = try await harness.signedIn(.member)
            _ = try await other.send(.post, Self.path, json: receiver.subscription()).expect(201)
            try await expectEqual(other.send(.post, "/api/v1/signout", json: [:]).status, 204)
            let hasAny = try await harness.bridge.store.read { ledger in try ledger.hasPushSubscriptions() }
            #expect(!hasAny)
        }
    }

    @Test("many within a minute become one")
    func many() async throws {
        try await Self.run { harness, receiver in
            let ada = try await harness.signedIn(.member)
            _ = try await ada.send(.post, Self.path, json: receiver.subscription()).expect(201)
            for number in 1...7 {
                _ = try await Self.ask(ada)
                try await Self.settled(harness)
                await receiver.wait { $0.count == min(number, 5) }
            }
            harness.advance(by: 60_000)
            harness.gateway.context.push.wake()
            let all = await receiver.wait { $0.count == 6 }
            expectEqual(all.last?.body["body"], "2 answers")
        }
    }

    @Test("a browser is listed for its person, has one place, and a person has ten of them")
    func list() async throws {
        try await Self.run { harness, receiver in
            let ada = try await harness.signedIn(.member)
            let first = try await ada.send(.post, Self.path, json: receiver.subscription()).expect(201)
            try await expectEqual(ada.send(.post, Self.path, json: receiver.subscription()).expect(201), first)
            _ = try await ada.send(.post, Self.path, json: receiver.subscription("b")).expect(201)
            let list = try await ada.send(.get, Self.path).expect(200)
            let items = list["items"]?.arrayValue ?? []
            #expect(items.count == 1 && items[0]["own"] == true && items[0]["service"] == "127.0.0.1")
            expectEqual(list["key"]?.stringValue?.utf8.count, 87)
            let document = try await harness.anybody.send(.get, "/api/v1/openapi.json").expect(200)
            expectEqual(
                SchemaValidator(document: document).mistakes(in: list, method: "get", path: Self.path, status: 200), [])
            let program = try await harness.token(.chat, role: .member)
            for number in 0..<10 {
                _ = try await program.send(.post, Self.path, json: receiver.subscription("\(number)")).expect(201)
            }
            let refused = try await program.send(.post, Self.path, json: receiver.subscription("more"))
            #expect(refused.status == 409 && refused.text.contains("10 of your browsers"))
        }
    }

    @Test(
        "what is no subscription is refused",
        arguments: [
            ("http://push.example.org/1", "BP4z", "DGv6ra1nlYgDCS1FRnbzlw", "https address"),
            ("https://push.example.org/1", "BP4z", "DGv6ra1nlYgDCS1FRnbzlw", "P-256"),
            (
                "https://push.example.org/1",
                "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8", "AAAA",
                "16 bytes"
            ),
        ])
    func refused(endpoint: String, key: String, secret: String, text: String) async throws {
        try await GatewayHarness.run { harness in
            let ada = try await harness.signedIn(.guest)
            let body: JSON = [
                "endpoint": .string(endpoint), "keys": ["p256dh": .string(key), "auth": .string(secret)],
            ]
            let answer = try await ada.send(.post, Self.path, json: body)
            #expect(answer.status == 422 && answer.text.contains(text), "\(answer.text)")
        }
    }

    @Test("nothing goes to this machine")
    func addresses() async throws {
        let receiver = try await PushReceiver.started()
        try await GatewayHarness.run { harness in
            let ada = try await harness.signedIn(.member)
            var subscription = receiver.subscription().objectValue ?? [:]
            subscription["endpoint"] = .string(receiver.url.replacingPrefix("http://", by: "https://") + "/x")
            _ = try await ada.send(.post, Self.path, json: .object(subscription)).expect(201)
            _ = try await Self.ask(ada)
            try await eventually("it is tried") {
                try await harness.bridge.store.read { ledger in
                    try ledger.connection.first("SELECT 1 AS n FROM pushes WHERE tries = 1", []) != nil
                }
            }
            #expect(receiver.all.isEmpty)
        }
        await receiver.stop()
    }
}

extension String {
    fileprivate func replacingPrefix(_ prefix: String, by other: String) -> String {
        other + self.dropFirst(prefix.count)
    }
}
