import Chat
import HTTP
import HTTPClient
import JSON
import Primitives
import Sessions
import Store
import TestSupport
import Testing
import WebSockets

@testable import Gateway
@testable import People

@Suite("Events", .timeLimit(.minutes(1)))
struct EventTests {
    /// An event stream as a client reads it.
    private final class Reader: Sendable {
        struct Event: Sendable, Equatable {
            var id = ""
            var kind = ""
            var data = JSON.null
        }

        private let events = Protected<[Event]>([])
        private let changed = Signal()
        private let task: Task<Void, Never>

        init(_ caller: Caller, after last: String? = nil) {
            let (events, changed) = (self.events, self.changed)
            self.task = Task {
                do {
                    try await Self.read(caller, last) { event in
                        events.withLock { $0.append(event) }
                        changed.signal()
                    }
                    events.withLock { $0.append(Event(kind: "end")) }
                } catch {
                    events.withLock { $0.append(Event(kind: "end", data: .string("\(error)"))) }
                }
                changed.signal()
            }
        }

        private static func read(_ caller: Caller, _ last: String?, _ seen: (Event) -> Void) async throws {
            var headers = caller.headers
            if let last { headers["Last-Event-ID"] = last }
            headers["Host"] = "bot.example"
            guard let address = caller.gateway.boundAddress else { return }
            let answer = try await HTTPClient().execute(
                HTTPClientRequest(.get, try HTTPURL("http://\(address)/api/v1/events"), headers: headers))
            var text = ""
            for try await bytes in answer.body {
                text += String(decoding: bytes, as: UTF8.self)
                while let end = text.firstRange(of: "\n\n") {
                    let event = Self.event(text[..<end.lowerBound])
                    text = String(text[end.upperBound...])
                    if let event { seen(event) }
                }
            }
        }

        private static func event(_ text: Substring) -> Event? {
            guard !text.hasPrefix(":") else { return nil }
            var event = Event(kind: "begin")
            for line in text.split(separator: "\n") {
                let parts = line.split(separator: ":", maxSplits: 1).map { String($0.drop { $0 == " " }) }
                switch parts.first {
                case "id": event.id = parts[1]
                case "event": event.kind = parts[1]
                case "data": event.data = (try? JSON.parse(parts[1])) ?? .null
                default: break
                }
            }
            return event
        }

        /// The first event that fits; the end where none does.
        func first(where isMet: (Event) -> Bool) async -> Event {
            while true {
                let events = self.events.withLock { $0 }
                if let found = events.first(where: { isMet($0) || $0.kind == "end" }) { return found }
                await self.changed.wait()
            }
        }

        var all: [Event] { self.events.withLock { $0 } }
        func end() { self.task.cancel() }
    }

    @Test("changes come as REST documents, to those who may see them, and a stream resumes where it ended")
    func stream() async throws {
        try await GatewayHarness.run { harness in
            let (ada, other) = (try await harness.signedIn(.guest), try await harness.signedIn(.guest))
            let owner = try await harness.signedIn(.owner)
            let (mine, others, all) = (Reader(ada), Reader(other), Reader(owner))
            let begun = await mine.first { $0.kind == "begin" }
            expectEqual(begun.kind, "begin", "\(begun.data)")
            _ = await others.first { $0.kind == "begin" }
            _ = await all.first { $0.kind == "begin" }
            let thread = try await ada.newThread()
            let operation = try await ada.write("hello", to: thread)
            _ = try await ada.ended(operation)
            for reader in [mine, all] {
                let ended = await reader.first { $0.kind == "operation" && $0.data["state"] == "complete" }
                expectEqual(ended.data["id"], .string(operation))
                let shown = await reader.first { $0.kind == "thread" && $0.data["title"] == "hello" }
                expectEqual(shown.data["id"], .string(thread))
            }
            let document = try await ada.send(.get, "/api/v1/operations/\(operation)").expect(200)
            expectEqual(mine.all.last { $0.kind == "operation" }?.data, document)
            let own = try await other.newThread()
            _ = await others.first { $0.kind == "thread" && $0.data["id"] == .string(own) }
            expectEqual(others.all.contains { [.string(thread), .string(operation)].contains($0.data["id"]) }, false)
            let again = Reader(ada, after: begun.id)
            _ = await again.first { $0.kind == "operation" && $0.data["state"] == "complete" }
            expectEqual(again.all.contains { $0.kind == "reset" }, false)
            for unknown in ["999999", "-1", "x", "\(Int64.max)"] {
                let reset = Reader(ada, after: unknown)
                await expectEqual(reset.first { $0.kind != "end" }.kind, "reset")
                reset.end()
            }
            try await expectEqual(ada.send(.delete, "/api/v1/threads/\(thread)").status, 204)
            _ = await mine.first { $0.data["state"] == "deleted" }
            for reader in [mine, others, all, again] { reader.end() }
        }
    }

    @Test("a credential has so many open streams, which leave it its other requests")
    func manyStreams() async throws {
        try await GatewayHarness.run { harness in
            let ada = try await harness.signedIn(.guest)
            let readers = (0..<ada.gateway.context.settings.eventStreams).map { _ in Reader(ada) }
            for reader in readers { await expectEqual(reader.first { _ in true }.kind, "begin") }
            try await expectEqual(ada.send(.get, "/api/v1/threads").status, 200)
            let refused = try await ada.send(.get, "/api/v1/events")
            #expect(refused.status == 429 && refused.text.contains("Close some"))
            let other = Reader(try await harness.signedIn(.guest))
            await expectEqual(other.first { _ in true }.kind, "begin")
            for reader in readers + [other] { reader.end() }
        }
    }

    @Test("the streams of one person read one after the other, and make a document once")
    func sharedDocuments() async throws {
        try await GatewayHarness.run { harness in
            let owner = try await harness.signedIn(.owner)
            for _ in 0..<3 { _ = try await owner.newThread() }
            let context = owner.gateway.context
            let rows = try await context.store.read { ledger in try ledger.changes(after: 0, limit: 100) }
            #expect(rows.count >= 3)
            func principal(_ id: String) -> Principal {
                Principal(
                    credential: CredentialRecord(
                        id: id, kind: .token, name: "test", identity: "web:\(id)", role: .owner, scopes: ["chat"],
                        createdAt: 0))
            }
            let (ada, bob) = (principal("ada"), principal("bob"))
            let (reading, made) = (Protected(0), Protected(0))
            try await withThrowingTaskGroup(of: [JSON?].self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        try await context.feed.documents(of: rows, for: ada, isShared: true) { missing in
                            let others = reading.withLock { count -> Int in
                                count += 1
                                return count - 1
                            }
                            expectEqual(others, 0)
                            await Task.yield()
                            reading.withLock { $0 -= 1 }
                            made.withLock { $0 += missing.count }
                            return missing.map { JSON.string("\($0.number)") }
                        }
                    }
                }
                for try await documents in group {
                    expectEqual(documents, rows.map { JSON.string("\($0.number)") })
                }
            }
            expectEqual(made.withLock { $0 }, rows.count)
            // Another person's reads do not wait.
            let isRead = try await context.feed.inTurn(of: ada) { try await context.feed.inTurn(of: bob) { true } }
            #expect(isRead)
        }
    }

    @Test("after an absurd number a stream begins with a reset")
    func absurdNumbers() async throws {
        try await GatewayHarness.run { harness in
            let owner = try await harness.signedIn(.owner)
            _ = try await owner.newThread()
            let credential = CredentialRecord(
                id: "k", kind: .token, name: "test", identity: "web:test", role: .owner, scopes: ["chat"], createdAt: 0)
            let stream = EventStream(context: owner.gateway.context, principal: Principal(credential: credential))
            let numbers = ExtremeNumbers.all.filter { ![0, 1].contains($0) }.map { "\($0)" }
            for number in numbers + ["9007199254740992", "9223372036854775808"] {
                var kinds: [ChangeRow.Kind?] = []
                await #expect(throws: CancellationError.self) {
                    try await stream.run(after: number) { _ in
                    } send: { events in
                        kinds += events.map(\.kind)
                        throw CancellationError()
                    }
                }
                expectEqual(kinds, [nil], "\(number)")
            }
        }
    }

    @Test("what is written while a stream catches up comes once")
    func once() async throws {
        try await GatewayHarness.run { harness in
            let owner = try await harness.signedIn(.owner)
            _ = try await owner.newThread()
            let credential = CredentialRecord(
                id: "k", kind: .token, name: "test", identity: "web:test", role: .owner, scopes: ["chat"], createdAt: 0)
            let stream = EventStream(context: owner.gateway.context, principal: Principal(credential: credential))
            let meanwhile = Protected<[String]>([])
            var numbers: [Int64] = []
            await #expect(throws: CancellationError.self) {
                try await stream.run(after: "0") { _ in
                    let thread = try await owner.newThread()
                    meanwhile.withLock { $0.append(thread) }
                } send: { events in
                    numbers += events.map(\.number)
                    let shown = events.map { $0.document["id"]?.stringValue }
                    if meanwhile.withLock({ $0.count == 2 && shown.contains($0[1]) }) { throw CancellationError() }
                    guard meanwhile.withLock({ $0.count == 1 && shown.contains($0[0]) }) else { return }
                    let thread = try await owner.newThread()
                    meanwhile.withLock { $0.append(thread) }
                }
            }
            expectEqual(numbers, Array(Set(numbers)).sorted(), "\(numbers)")
        }
    }

    @Test("the stream of a person without access ends")
    func removed() async throws {
        try await GatewayHarness.run { harness in
            let (owner, guest) = (try await harness.signedIn(.owner), try await harness.signedIn(.guest))
            let reader = Reader(guest)
            _ = await reader.first { $0.kind == "begin" }
            let identity = try await guest.send(.get, "/api/v1/me").expect(200)["identity"]
            let people = try await owner.send(.get, "/api/v1/people").expect(200)["items"]?.arrayValue ?? []
            let id = try #require(people.first { $0["identity"] == identity }?["id"]?.stringValue)
            try await expectEqual(owner.send(.delete, "/api/v1/people/\(id)").status, 204)
            _ = await reader.first { $0.kind == "end" }
        }
    }

    @Test("the connections of a revoked credential end at once", arguments: [true, false])
    func revoked(isSignedOut: Bool) async throws {
        try await GatewayHarness.run { harness in
            let (owner, mia) = (try await harness.signedIn(.owner), try await harness.signedIn(.member, name: "Mia"))
            let reader = Reader(mia)
            _ = await reader.first { $0.kind == "begin" }
            let client = WebSocketClient()
            let address = try #require(harness.gateway.boundAddress)
            let socket = try await client.connect(try HTTPURL("ws://\(address)/api/v1/live"), headers: mia.headers)
            let begun = ContinuousClock.now
            if isSignedOut {
                try await expectEqual(mia.send(.post, "/api/v1/signout", json: [:]).status, 204)
            } else {
                let people = try await owner.send(.get, "/api/v1/people").expect(200)["items"]?.arrayValue ?? []
                let id = try #require(people.first { $0["name"] == "Mia" }?["browsers"]?[0]?.stringValue)
                try await expectEqual(owner.send(.delete, "/api/v1/credentials/\(id)").status, 204)
                try await expectEqual(owner.send(.delete, "/api/v1/credentials/\(id)").status, 404)
            }
            try await expectEqual(socket.next(), nil)
            expectEqual(socket.closure?.code, .policyViolation)
            _ = await reader.first { $0.kind == "end" }
            // Each looks at its credential by itself every 20 or 30 seconds.
            #expect(begun.duration(to: .now) < .seconds(15))
            await client.stop()
        }
    }

    @Test("the live socket's subscribe_all brings the same")
    func socket() throws {
        try expectEqual(LiveCommand("{\"subscribe_all\":true}"), .all(after: nil))
        try expectEqual(LiveCommand("{\"subscribe_all\":true,\"last_event_id\":\"7\"}"), .all(after: "7"))
    }

    @Test("a text that names somebody comes to all identities of that person, and that it was seen")
    func mentions() async throws {
        try await GatewayHarness.run { harness in
            let ada = try await harness.signedIn(.member, name: "Ada")
            let (bob, carol) = (
                try await harness.signedIn(.member, name: "Bob"), try await harness.signedIn(.owner, name: "Carol")
            )
            let other = try await harness.signedIn(.member, name: "Bob at home")
            var identities: [String] = []
            for caller in [bob, other] {
                let me = try await caller.send(.get, "/api/v1/me").expect(200)
                identities.append(try #require(me["identity"]?.stringValue))
            }
            let (first, second) = (identities[0], identities[1])
            try await harness.bridge.store.write { ledger in try ledger.link(first, second, at: 1) }
            try await harness.bridge.access.readLinks()
            let readers = [Reader(bob), Reader(other), Reader(carol)]
            var begun: [String] = []
            for reader in readers { begun.append(await reader.first { $0.kind == "begin" }.id) }

            let thread = try await ada.newThread()
            _ = try await ada.send(.post, "/api/v1/threads/\(thread)/shares", json: ["with": "host", "role": "read"])
                .expect(201)
            _ = try await ada.write("look, @Bob", to: thread)
            var ids: Set<String> = []
            for reader in readers.prefix(2) {
                let event = await reader.first { $0.kind == "mention" }
                #expect(event.data["author"] == "Ada" && event.data["text"] == "look, @Bob", "\(event)")
                ids.insert(event.data["id"]?.stringValue ?? "")
            }
            let items = try await other.send(.get, "/api/v1/mentions").expect(200)["items"]?.arrayValue
            expectEqual(items, [await readers[0].first { $0.kind == "mention" }.data])
            let id = try #require(ids.first)
            try await expectEqual(other.send(.delete, "/api/v1/mentions/\(id)").status, 204)
            let seen: JSON = ["id": .string(id), "state": "seen"]
            for reader in readers.prefix(2) { _ = await reader.first { $0.data == seen } }
            let again = Reader(bob, after: begun[0])
            await expectEqual(again.first { $0.kind == "mention" }.data, seen)
            // An owner sees everything but this; what they see afterwards comes after it.
            let last = try await ada.newThread()
            _ = await readers[2].first { $0.data["id"] == .string(last) }
            expectEqual(readers[2].all.contains { $0.kind == "mention" }, false)
            for reader in readers + [again] { reader.end() }
        }
    }
}
