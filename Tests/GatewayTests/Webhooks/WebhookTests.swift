import Chat
import EventLoop
import HTTP
import HTTPServer
import JSON
import Primitives
import Sessions
import Store
import TestSupport
import Testing
import Threads

@testable import Gateway

@Suite("Webhooks", .timeLimit(.minutes(1)))
struct WebhookTests {
    private static let secret = "the receiver's own secret"

    private static func hook(
        _ url: String, name: String = "ci", events: [String]? = nil, allowsPrivate: Bool = true
    ) throws -> Webhook {
        Webhook(
            name: name, url: try HTTPURL(url), secret: Secret(Self.secret), events: events,
            allowsPrivate: allowsPrivate)
    }

    private static func run(_ hooks: [Webhook], _ body: (GatewayHarness) async throws -> Void) async throws {
        try await GatewayHarness.run(settings: { $0.webhooks = hooks }) { harness in
            // Hooks hear of what follows their first start.
            try await harness.bridge.store.writes.watch { written in
                while try await harness.bridge.store.read({ ledger in try ledger.webhookCursor() }) == nil {
                    await written.wait()
                }
            }
            try await body(harness)
        }
    }

    /// Waits until the store says something about a hook.
    /// Waits until all changes have been looked at.
    private static func settled(_ harness: GatewayHarness) async throws {
        try await harness.bridge.store.writes.watch { written in
            while try await harness.bridge.store.read({ try $0.webhookCursor() != $0.lastChange() }) {
                await written.wait()
            }
        }
    }

    private static func summary(
        of hook: String, in harness: GatewayHarness, until isMet: @escaping (WebhookSummary) -> Bool
    ) async throws -> WebhookSummary {
        var found: WebhookSummary?
        try await harness.bridge.store.writes.watch { written in
            while true {
                let summary = try await harness.bridge.store.read { ledger in try ledger.webhookSummary(of: hook) }
                found = summary
                if isMet(summary) || Task.isCancelled { return }
                await written.wait()
            }
        }
        return try #require(found)
    }

    @Test("every change comes once, signed, as an owner reads it, and only the events that a hook names")
    func changes() async throws {
        let receiver = try await HookReceiver.started(secret: Self.secret)
        let commits = try await HookReceiver.started(secret: Self.secret)
        let hooks = try [Self.hook(receiver.url), Self.hook(commits.url, name: "commits", events: ["commit"])]
        try await Self.run(hooks) { harness in
            let (guest, owner) = (try await harness.signedIn(.guest), try await harness.signedIn(.owner))
            _ = try await owner.send(.post, "/api/v1/hooks/commits/test").expect(200)
            let thread = try await guest.newThread()
            let operation = try await guest.write("hello", to: thread)
            _ = try await guest.ended(operation)
            let all = await receiver.wait { all in
                all.contains { $0.event == "operation" && $0.data["state"] == "complete" }
                    && all.contains { $0.event == "thread" && $0.data["title"] == "hello" }
            }
            #expect(all.allSatisfy { $0.isSigned })
            expectEqual(all.map { $0.body["id"] }, all.map { .string($0.id) })
            expectEqual(all.map { $0.body["event"] }, all.map { .string($0.event) })
            expectEqual(Set(all.map(\.id)).count, all.count)
            #expect(all.allSatisfy { $0.time == GatewayHarness.start / 1_000 })
            let document = try await owner.send(.get, "/api/v1/operations/\(operation)").expect(200)
            expectEqual(all.last { $0.event == "operation" }?.data, document)
            try await expectEqual(guest.send(.delete, "/api/v1/threads/\(thread)").status, 204)
            await receiver.wait { $0.contains { $0.data == ["id": .string(thread), "state": "deleted"] } }
            expectEqual(commits.all.map(\.event), ["ping"])
            // What was said in a deleted thread is not kept with its deliveries.
            let kept = try await harness.bridge.store.read { ledger in
                try ledger.webhookDeliveries(of: "ci", before: nil, limit: 100)
            }
            #expect(!kept.contains { $0.body.contains("hello") })
        }
        await receiver.stop()
        await commits.stop()
    }

    @Test("a failed delivery keeps its id and holds back the later ones; Retry-After is honoured")
    func retry() async throws {
        let receiver = try await HookReceiver.started(secret: Self.secret) { _, number in
            number == 1
                ? HTTPServerResponse(.serviceUnavailable, headers: ["Retry-After": "90"])
                : HTTPServerResponse(.noContent)
        }
        try await Self.run([try Self.hook(receiver.url, events: ["thread"])]) { harness in
            let owner = try await harness.signedIn(.owner)
            let first = try await owner.newThread()
            let failed = try await Self.summary(of: "ci", in: harness) { $0.last != nil }
            #expect(failed.last?.error == "it answered 503" && failed.last?.status == 503)
            expectEqual(failed.nextAt, GatewayHarness.start + 90_000)
            let second = try await owner.newThread()
            _ = try await Self.summary(of: "ci", in: harness) { $0.waiting == 2 }
            harness.advance(by: 89_999)
            harness.gateway.context.webhooks.wake()
            harness.advance(by: 1)
            harness.gateway.context.webhooks.wake()
            let all = await receiver.wait { $0.count == 3 }
            expectEqual(all.map { $0.data["id"] }, [.string(first), .string(first), .string(second)])
            expectEqual(all[0].id, all[1].id)
            expectEqual(all[1].time, GatewayHarness.start / 1_000 + 90)
            let list = try await owner.send(.get, "/api/v1/hooks").expect(200)
            let validator = SchemaValidator(document: try await owner.send(.get, "/api/v1/openapi.json").expect(200))
            expectEqual(validator.mistakes(in: list, method: "get", path: "/api/v1/hooks", status: 200), [])
        }
        await receiver.stop()
    }

    @Test("a hook that is dead, slow or redirected stops no other one, and says what is wrong")
    func faults() async throws {
        let healthy = try await HookReceiver.started(secret: Self.secret)
        let target = try await HookReceiver.started(secret: Self.secret)
        let redirecting = try await HookReceiver.started(secret: Self.secret) { _, _ in
            HTTPServerResponse(307, headers: ["Location": target.url])
        }
        let huge = try await HookReceiver.started(secret: Self.secret) { _, _ in
            HTTPServerResponse(
                body: .stream { client in
                    while true { try await client.write(Array(repeating: 0x61, count: 1 << 16)) }
                })
        }
        let release = Gate(isOpen: false)
        let slow = try await HookReceiver.started(secret: Self.secret) { _, _ in
            await release.pass()
            return HTTPServerResponse(.noContent)
        }
        let dead = try await HookReceiver.started(secret: Self.secret)
        let deadURL = dead.url
        await dead.stop()
        let hooks = try [
            Self.hook(deadURL, name: "dead"), Self.hook(slow.url, name: "slow"),
            Self.hook(redirecting.url, name: "redirecting"), Self.hook(huge.url, name: "huge"),
            Self.hook(healthy.url, name: "healthy"),
        ]
        try await Self.run(hooks) { harness in
            let owner = try await harness.signedIn(.owner)
            let threads = [try await owner.newThread(), try await owner.newThread()]
            await healthy.wait { all in threads.allSatisfy { id in all.contains { $0.data["id"] == .string(id) } } }
            let moved = try await Self.summary(of: "redirecting", in: harness) { $0.last != nil }
            expectEqual(moved.last?.error?.hasPrefix("it answered 307: redirects are not followed"), true)
            let refused = try await Self.summary(of: "dead", in: harness) { $0.last != nil }
            #expect(refused.last?.status == nil && refused.last?.error?.contains("127.0.0.1") == true)
            // The head of an answer is what counts, however long the rest is.
            let cut = try await Self.summary(of: "huge", in: harness) { $0.waiting == 0 && $0.last != nil }
            expectEqual(cut.last?.state, .delivered)
            expectEqual(target.all.count, 0)
            await slow.wait { $0.count == 1 }
            release.setOpen(true)
        }
        for receiver in [healthy, target, redirecting, huge, slow] { await receiver.stop() }
    }

    @Test(
        "addresses of this machine are refused in every notation, unless they are allowed",
        arguments: ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "127.1", "0x7f.1", "2130706433"])
    func refused(host: String) async throws {
        let receiver = try await HookReceiver.started(secret: Self.secret)
        let hook = try Self.hook("http://\(host):\(receiver.port)/in", allowsPrivate: false)
        try await Self.run([hook]) { harness in
            let owner = try await harness.signedIn(.owner)
            let answer = try await owner.send(.post, "/api/v1/hooks/ci/test").expect(200)
            expectEqual(answer["state"], "waiting")
            let error = answer["error"]?.stringValue ?? ""
            #expect(error.contains("is refused: it"), "\(error)")
        }
        #expect(receiver.all.isEmpty)
        await receiver.stop()
    }

    @Test("410 ends a hook until a test succeeds, and what was given up can be sent again")
    func gone() async throws {
        let receiver = try await HookReceiver.started(secret: Self.secret) { _, _ in HTTPServerResponse(.gone) }
        try await Self.run([try Self.hook(receiver.url, events: ["thread"])]) { harness in
            let owner = try await harness.signedIn(.owner)
            _ = try await owner.newThread()
            _ = try await Self.summary(of: "ci", in: harness) { $0.givenUp == 1 }
            _ = try await owner.newThread()
            try await Self.settled(harness)
            let hooks = try await owner.send(.get, "/api/v1/hooks").expect(200)
            expectEqual(hooks["items"]?[0]?["state"], "gone")
            receiver.set { _, _ in HTTPServerResponse(.ok) }
            try await expectEqual(owner.send(.post, "/api/v1/hooks/ci/test").expect(200)["state"], "delivered")
            let third = try await owner.newThread()
            let all = await receiver.wait { $0.contains { $0.data["id"] == .string(third) } }
            expectEqual(all.map(\.event), ["thread", "ping", "thread"])
            let given = try #require(all.first?.id)
            let again = try await owner.send(.post, "/api/v1/hooks/ci/deliveries/\(given)/resend").expect(200)
            #expect(again["state"] == "delivered" && again["tries"] == 2)
            expectEqual(receiver.all.last?.id, given)
            let page = try await owner.send(.get, "/api/v1/hooks/ci/deliveries?limit=2").expect(200)
            expectEqual(page["items"]?.arrayValue?.count, 2)
            let cursor = try #require(page["next_cursor"]?.stringValue)
            let next = try await owner.send(.get, "/api/v1/hooks/ci/deliveries?limit=2&cursor=\(cursor)").expect(200)
            #expect(next["items"]?[0]?["id"] == .string(given) && next["next_cursor"] == .null)
            for number in [Int64.max, .min] {
                try await expectEqual(owner.send(.get, "/api/v1/hooks/ci/deliveries?cursor=\(number)").status, 422)
            }
            for path in ["nobody/test", "nobody/deliveries/x/resend", "ci/deliveries/ci-0/resend"] {
                try await expectEqual(owner.send(.post, "/api/v1/hooks/\(path)").status, 404)
            }
        }
        await receiver.stop()
    }

    @Test("several changes of one thing within a moment make one delivery, of the last of them")
    func moment() async throws {
        let receiver = try await HookReceiver.started(secret: Self.secret)
        try await Self.run([try Self.hook(receiver.url, events: ["thread"])]) { harness in
            let store = harness.bridge.store
            func deliveries() async throws -> [WebhookDelivery] {
                try await Self.settled(harness)
                return try await store.read { ledger in
                    try ledger.webhookDeliveries(of: "ci", before: nil, limit: 100)
                }
            }
            let thread = try await harness.signedIn(.owner).newThread()
            let count = try await deliveries().count
            try await store.write { ledger in
                for number in 1...50 {
                    _ = try ledger.change(session: thread, title: "Title \(number)", isArchived: nil)
                }
            }
            let all = try await deliveries()
            expectEqual(all.count, count + 1)
            expectEqual(all.first?.body.contains("Title 50"), true)
        }
        await receiver.stop()
    }

    @Test("a document that is too long is reduced to its id")
    func longDocument() async throws {
        let receiver = try await HookReceiver.started(secret: Self.secret)
        let commits = (0x100..<0x200).map { number in
            CommitNotice(
                repository: "notes", sha: String(repeating: "0", count: 37) + String(number, radix: 16), branch: "main",
                subject: String(repeating: "word ", count: 40), files: 1, additions: 1, deletions: 0)
        }
        let worker = StepWorker(commits.map { .event(.commit($0)) })
        let hook = try Self.hook(receiver.url, events: ["operation"])
        try await GatewayHarness.run(
            worker: worker, settings: { $0.webhooks = [hook] }
        ) { harness in
            let owner = try await harness.signedIn(.owner)
            let operation = try await owner.write("long", to: try await owner.newThread())
            _ = try await owner.ended(operation)
            await receiver.wait { all in all.contains { $0.body["truncated"] == true } }
            for delivery in receiver.all {
                expectEqual(delivery.data["id"], .string(operation))
                #expect(delivery.body.bytes.count <= Webhooks.bodyLimit)
            }
        }
        await receiver.stop()
    }
}
