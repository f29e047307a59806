import Chat
import Database
import HTTP
import JSON
import People
import Primitives
import Sessions
import Store
import TestSupport
import Testing

@testable import Gateway

@Suite("Who has a conversation open", .timeLimit(.minutes(1)))
struct PresenceTests {
    private static func run(pause: Duration = .zero, _ body: (LiveHarness) async throws -> Void) async throws {
        try await LiveHarness.run(settings: { $0.presencePause = pause }, body)
    }

    private static func subscribe(_ live: LiveHarness) -> String {
        #"{"subscribe_thread":"\#(live.thread)","presence":true}"#
    }

    private static func typing(_ live: LiveHarness) -> String { #"{"typing":"\#(live.thread)"}"# }

    private static func share(_ live: LiveHarness, _ role: String) async throws {
        let body: JSON = ["with": "host", "role": .string(role)]
        _ = try await live.caller.send(.post, "/api/v1/threads/\(live.thread)/shares", json: body).expect(201)
    }

    @Test("each person is shown once to the others until their last socket leaves")
    func present() async throws {
        try await Self.run { live in
            try await Self.share(live, "join")
            let ada = try live.connect(name: "Ada")
            ada.say(Self.subscribe(live))
            let bob = try live.connect(as: .member, name: "Bob")
            bob.say(Self.subscribe(live))
            try await expectEqual(bob.people(1), .init(present: ["Ada"]))
            try await expectEqual(ada.people(1), .init(present: ["Bob"]))
            // A second tab changes nothing for the others.
            let tab = try live.connect(as: .member, name: "Bob")
            tab.say(Self.subscribe(live))
            try await expectEqual(tab.people(1), .init(present: ["Ada"]))
            await bob.leave()
            let carol = try live.connect(as: .member, name: "Carol")
            carol.say(Self.subscribe(live))
            try await expectEqual(ada.people(2), .init(present: ["Bob", "Carol"]))
            await tab.leave()
            try await expectEqual(ada.people(3), .init(present: ["Carol"]))
            await carol.leave()
            try await expectEqual(ada.people(4), .init(present: []))
        }
    }

    @Test("nobody sees or is seen without asking for it, without the right to read, or alone")
    func unseen() async throws {
        try await Self.run { live in
            let ada = try live.connect(name: "Ada")
            ada.say(Self.subscribe(live))
            let stranger = try live.connect(as: .member, name: "Mallory")
            stranger.say(Self.subscribe(live))
            expectEqual(try await stranger.frames(until: { $0.count == 1 }).first?.type, "error")
            // What a stranger says is not even an error.
            stranger.say(Self.typing(live))
            let program = try live.connect(name: "board")
            program.say(#"{"subscribe_thread":"\#(live.thread)"}"#)
            try await program.settled(live)
            program.say(Self.typing(live))
            let own = try live.connect(name: "Ada")
            own.say(Self.subscribe(live))
            try await own.settled(live)
            own.say(Self.typing(live))
            for socket in [stranger, program, own, ada] { try await socket.isHeard() }
            // The first of these would have come before this one.
            let bob = try live.connect(name: "Bob")
            bob.say(Self.subscribe(live))
            try await expectEqual(bob.people(1), .init(present: ["Ada"]))
            try await expectEqual(ada.people(1), .init(present: ["Bob"]))
            try await expectEqual(own.people(1), .init(present: ["Bob"]))
            expectEqual(stranger.people, [])
            expectEqual(program.people, [])
        }
    }

    @Test("typing is shown to the others at most once a second, and not of those who may only read")
    func typing() async throws {
        try await Self.run { live in
            try await Self.share(live, "read")
            let ada = try live.connect(name: "Ada")
            let bob = try live.connect(as: .member, name: "Bob")
            let token = try live.connect(name: "Carol", scopes: ["read"])
            ada.say(Self.subscribe(live))
            bob.say(Self.subscribe(live))
            try await expectEqual(ada.people(1), .init(present: ["Bob"]))
            token.say(Self.subscribe(live))
            try await expectEqual(ada.people(2), .init(present: ["Bob", "Carol"]))
            for reader in [bob, token] {
                reader.say(Self.typing(live))
                try await reader.isHeard()
            }
            for _ in 1...500 { ada.say(Self.typing(live)) }
            try await ada.isHeard()
            try await expectEqual(token.people(2), .init(present: ["Ada", "Bob"], typing: ["Ada"]))
            live.harness.advance(by: 999)
            ada.say(Self.typing(live))
            try await ada.isHeard()
            live.harness.advance(by: 1)
            ada.say(Self.typing(live))
            try await expectEqual(token.people(3), .init(present: ["Ada", "Bob"], typing: ["Ada"]))
            // Bob may write now, and was not shown before.
            try await Self.share(live, "join")
            live.harness.advance(by: 1_000)
            bob.say(Self.typing(live))
            try await expectEqual(ada.people(3), .init(present: ["Bob", "Carol"], typing: ["Bob"]))
            expectEqual(token.people.count { $0.typing == ["Ada"] }, 2)
        }
    }

    @Test("a guest who may only read is seen, and sees nobody")
    func guest() async throws {
        try await Self.run { live in
            let thread = live.thread
            try await live.harness.bridge.store.write { ledger in
                try ledger.connection.execute(
                    """
                    INSERT INTO shares (id, session, kind, person, name, role, maker, maker_name, created_at)
                    VALUES ('sh_1', ?, 'person', 'web:Gina', 'Gina', 'read', 'web:Ada', 'Ada', ?)
                    """, [.text(thread), .integer(0)])
            }
            let ada = try live.connect(name: "Ada")
            ada.say(Self.subscribe(live))
            let gina = try live.connect(as: .guest, name: "Gina")
            gina.say(Self.subscribe(live))
            try await expectEqual(ada.people(1), .init(present: ["Gina"]))
            ada.say(Self.typing(live))
            try await ada.isHeard()
            let bob = try live.connect(name: "Bob")
            bob.say(Self.subscribe(live))
            try await expectEqual(ada.people(2), .init(present: ["Bob", "Gina"]))
            try await gina.settled(live)
            expectEqual(gina.people, [])
        }
    }

    @Test("what changes within the pause after a frame comes together")
    func pace() async throws {
        try await Self.run(pause: .seconds(3600)) { live in
            let ada = try live.connect(name: "Ada")
            ada.say(Self.subscribe(live))
            for (count, name) in ["Bob", "Carol", "Dora"].enumerated() {
                let socket = try live.connect(name: name)
                socket.say(Self.subscribe(live))
                try await expectEqual(socket.people(1).present.count, count + 1)
                _ = try await ada.people(1)
                socket.say(Self.typing(live))
                try await socket.isHeard()
            }
            try await expectEqual(ada.people(1), .init(present: ["Bob"]))
            try await ada.isHeard()
            expectEqual(ada.people.count, 1)
        }
    }

    @Test("one conversation has a limit of sockets, and a frame one of names")
    func limits() async throws {
        try await Self.run { live in
            try await Self.share(live, "read")
            let ada = try live.connect(name: "Ada")
            ada.say(Self.subscribe(live))
            for number in 1..<ThreadPresence.seats {
                let socket = try live.connect(as: .member, name: "P\(number)")
                socket.say(Self.subscribe(live))
                _ = try await socket.people(1)
            }
            let late = try live.connect(as: .member, name: "Late")
            late.say(Self.subscribe(live))
            try await late.settled(live)
            expectEqual(late.people, [])
            try await eventually("a frame is full") {
                ada.people.map(\.present.count).max() == ThreadPresence.names
            }
        }
    }
}
