import Chat
import Etiquette

@testable import Delivery
@testable import Sessions
@testable import Threads

/// Messages and turns of one thread, for tests of what a conversation decides.
enum Sample {
    static let room = RoomID(adapter: AdapterID("irc:local"), name: "#team")
    static let thread = ThreadKey(adapter: AdapterID("irc:local"), value: "#team/alice")

    static func person(_ name: String) -> Sender { Sender(id: name, identities: [], displayName: name) }

    static func message(_ number: Int64, _ text: String = "hello", by name: String = "alice") -> StoredMessage {
        let message = InboundMessage(
            thread: Self.thread, route: Route(room: Self.room, replyTo: "m\(number)"), sender: Self.person(name),
            text: text, sentAt: 0, isDirect: false, isAddressed: true)
        return StoredMessage(number: number, event: "e\(number)", message: message, role: .member)
    }

    static func letter(_ number: Int64, _ text: String = "hello") -> Mailbox.Letter {
        Mailbox.Letter(.message(Self.message(number, text), .chat(text)))
    }

    static func turn(
        _ id: String, kind: TurnKind = .chat, by name: String = "alice", replyTo: String? = nil, ask: String? = nil
    ) -> TurnRecord {
        TurnRecord(
            id: id, session: "s", kind: kind, work: id, text: "", sender: Self.person(name),
            route: Route(room: Self.room, replyTo: replyTo), message: 1, state: .queued, attempts: 0, queuedAt: 0,
            ask: ask)
    }

    /// A turn that runs since `start`, in a room without edits unless `capabilities` has them.
    static func running(
        _ id: String = "t", kind: TurnKind = .chat, in capabilities: RoomTraits.Capabilities = [],
        since start: ContinuousClock.Instant = .now
    ) -> RunningTurn {
        let traits = RoomTraits(capabilities: capabilities, textLimit: 400, textUnit: .bytes)
        return RunningTurn(
            turn: Self.turn(id, kind: kind), admission: nil, startedAt: start,
            poster: AnswerPoster(traits: traits, renderer: PlainRenderer()), timeout: .seconds(60))
    }
}
