import Chat
import HTTP
import JSON
import Kit
import Primitives
import Testing

@testable import Matrix

/// A state machine with a manual clock: answers in, actions out.
final class MatrixTranscript {
    static let me = "@bot:hs"
    static let room = "!r:hs"
    static let adapter = AdapterID("matrix:home")

    var machine: MatrixStateMachine
    var now = AdapterTime(monotonic: 1_000, wall: 1_800_000_000_000)
    /// Actions that no test has read yet.
    var actions: [MatrixStateMachine.Action] = []
    private var events = 0

    init(
        _ credential: MatrixSettings.Credential = .accessToken(Secret("tok")), memory: MatrixMemory? = nil,
        answersInvitations: Bool = true, encrypts: Bool = false
    ) {
        self.machine = MatrixStateMachine(
            settings: Self.settings(credential), memory: memory, answersInvitations: answersInvitations,
            encrypts: encrypts, at: self.now)
    }

    static func settings(_ credential: MatrixSettings.Credential = .accessToken(Secret("tok"))) -> MatrixSettings {
        guard let url = try? HTTPURL("https://hs.example") else { fatalError("the fixed address is valid") }
        return MatrixSettings(id: "home", homeserver: url, user: Self.me, credential: credential)
    }

    // MARK: Driving

    func handle(_ input: MatrixStateMachine.Input) { self.actions += self.machine.handle(input, at: self.now) }

    func answer(_ purpose: MatrixRequest.Purpose, _ json: JSON) { self.handle(.answer(purpose, .success(json))) }

    func refuse(
        _ purpose: MatrixRequest.Purpose, _ status: Int, _ code: String = "", retryAfter: Int64? = nil,
        isSoft: Bool = false
    ) {
        self.handle(
            .answer(
                purpose,
                .refused(MatrixRefusal(status: status, code: code, retryAfter: retryAfter, isSoftLogout: isSoft))))
    }

    /// Runs up to the first sync request.
    func signIn() {
        self.handle(.begin)
        self.answer(.versions, ["versions": ["v1.11"]])
        self.answer(.whoAmI, ["user_id": .string(Self.me), "device_id": "D"])
        self.answer(.displayName, ["displayname": "Jetbridge"])
        self.answer(.mediaLimit, ["m.upload.size": 1_000_000])
    }

    /// Signs in and syncs, in one room with three members.
    func start() {
        self.signIn()
        self.sync([Self.room: self.joined([], members: 3)])
        self.actions = []
    }

    /// Answers the requested sync.
    func sync(
        _ joined: [String: JSON] = [:], invited: [String: JSON] = [:], left: [String: JSON] = [:],
        direct: [String]? = nil, next: String = "s\(Int.random(in: 10...99_999))"
    ) {
        var json: JSONObject = [
            "next_batch": .string(next),
            "rooms": [
                "join": .object(JSONObject(dictionary: joined)), "invite": .object(JSONObject(dictionary: invited)),
                "leave": .object(JSONObject(dictionary: left)),
            ],
        ]
        if let direct {
            json["account_data"] = [
                "events": [
                    ["type": "m.direct", "content": ["@x:hs": .array(direct.map { .string($0) })]]
                ]
            ]
        }
        let since = self.machine.memory.since
        self.answer(.sync(since: since), .object(json))
    }

    // MARK: Events

    func joined(
        _ events: [JSON], state: [JSON] = [], members: Int? = nil, isLimited: Bool = false
    ) -> JSON {
        var summary = JSONObject()
        summary["m.joined_member_count"] = members.map { JSON($0) }
        return [
            "timeline": ["events": .array(events), "limited": .bool(isLimited), "prev_batch": "p"],
            "state": ["events": .array(state)], "summary": .object(summary),
        ]
    }

    func event(
        _ type: String, _ content: JSON, from sender: String = "@alice:hs", id: String? = nil,
        stateKey: String? = nil
    ) -> JSON {
        self.events += 1
        var json: JSONObject = [
            "type": .string(type), "sender": .string(sender), "event_id": .string(id ?? "$e\(self.events)"),
            "origin_server_ts": .integer(self.now.wall - 1_000), "content": content,
        ]
        json["state_key"] = stateKey.map { .string($0) }
        return .object(json)
    }

    func text(
        _ body: String, from sender: String = "@alice:hs", id: String? = nil, more: JSONObject = [:],
        kind: String = "m.text"
    ) -> JSON {
        var content: JSONObject = ["msgtype": .string(kind), "body": .string(body)]
        content.merge(more)
        return self.event("m.room.message", .object(content), from: sender, id: id)
    }

    // MARK: Reading actions

    private func take<Value>(_ pick: (MatrixStateMachine.Action) -> Value?) -> [Value] {
        let values = self.actions.compactMap(pick)
        self.actions.removeAll { pick($0) != nil }
        return values
    }

    func requests() -> [MatrixRequest] { self.take { if case .request(let request) = $0 { request } else { nil } } }

    /// The purposes of the main line's requests, as text.
    func asked() -> [String] { self.requests().map { "\($0.purpose)" } }

    func asides() -> [MatrixRequest] { self.take { if case .aside(let request, _) = $0 { request } else { nil } } }

    /// The receipts that are sent when their time comes.
    func receipts() -> [MatrixRequest] {
        self.take { if case .markRead(let mark, _) = $0 { mark } else { nil } }
            .compactMap { self.machine.takeReceipt($0) }
    }

    func delays() -> [Int64] {
        self.actions.compactMap { if case .aside(_, let after) = $0 { after } else { nil } }
    }

    func delivered() -> [InboundEvent] { self.take { if case .deliver(let event) = $0 { event } else { nil } } }

    func messages() -> [InboundMessage] {
        self.delivered().compactMap { if case .message(let message) = $0.kind { message } else { nil } }
    }

    func statuses() -> [String] {
        self.take { if case .status(let state, let detail) = $0 { "\(state) \(detail ?? "")" } else { nil } }
    }

    func uses() -> [String] { self.take { if case .use(let url) = $0 { "\(url)" } else { nil } } }

    func waits() -> [ClosedRange<Int64>] { self.take { if case .wait(let range) = $0 { range } else { nil } } }

    func logs() -> [String] { self.take { if case .log(_, let text) = $0 { text } else { nil } } }

    func remembered() -> [MatrixMemory] {
        self.take { if case .remember(let memory, _) = $0 { memory } else { nil } }
    }

    func questions() -> [String] {
        self.take { if case .ask(let room, let sender, _) = $0 { "\(room) \(sender.id)" } else { nil } }
    }

    func said() -> [MatrixOutgoing] { self.take { if case .say(let outgoing) = $0 { outgoing } else { nil } } }

    // MARK: Sending

    static func route(
        _ room: String = MatrixTranscript.room, anchor: String? = nil, replyTo: String? = nil, recipient: String? = nil
    ) -> Route {
        Route(
            room: RoomID(adapter: Self.adapter, name: room), anchor: anchor, replyTo: replyTo, recipient: recipient)
    }

    static func outgoing(
        _ text: String, token: String = "t1", to route: Route = MatrixTranscript.route(),
        stage: OutgoingMessage.Stage = .final
    ) -> OutgoingMessage {
        OutgoingMessage(text: text, route: route, token: token, stage: stage)
    }

    func post(_ message: OutgoingMessage) throws -> MatrixRequest {
        try self.machine.send(self.machine.posting(message), at: self.now)
    }
}
