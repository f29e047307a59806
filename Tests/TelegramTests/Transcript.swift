import Chat
import HTTP
import JSON
import Kit
import Primitives

@testable import Telegram

/// Drives a state machine with a manual clock: answers and updates in, actions out.
final class Transcript {
    var machine: TelegramStateMachine
    var now = AdapterTime(monotonic: 1_000, wall: 1_800_000_000_000)
    /// Actions that were not yet taken.
    var actions: [TelegramStateMachine.Action] = []

    static let me: JSON = [
        "id": 999, "is_bot": true, "first_name": "Jet", "username": "JetBot", "can_read_all_group_messages": false,
        "can_join_groups": true, "has_topics_enabled": false,
    ]
    static let key = [UInt8](repeating: 7, count: 32)

    static func settings(
        _ intake: TelegramSettings.Intake = .polling, commands: [MenuCommand] = []
    ) throws -> TelegramSettings {
        TelegramSettings(
            id: "bot", token: Secret("999:token"), apiURL: try HTTPURL("https://api.telegram.org"), intake: intake,
            commands: commands)
    }

    init(
        _ intake: TelegramSettings.Intake = .polling, commands: [MenuCommand] = [], memory: TelegramMemory? = nil,
        hearsVoices: Bool = false
    ) throws {
        var settings = try Self.settings(intake, commands: commands)
        settings.hearsVoices = hearsVoices
        self.machine = TelegramStateMachine(settings: settings, memory: memory ?? TelegramMemory(key: Self.key))
    }

    // MARK: Driving

    func handle(_ input: TelegramStateMachine.Input) {
        self.actions += self.machine.handle(input, at: self.now)
    }

    func answer(_ purpose: TelegramStateMachine.Purpose, _ result: JSON) {
        self.handle(.answer(purpose, .result(result)))
    }

    func refuse(_ purpose: TelegramStateMachine.Purpose, _ code: Int, _ text: String, retryAfter: Int64? = nil) {
        self.handle(.answer(purpose, .refused(TelegramRefusal(code: code, text: text, retryAfter: retryAfter))))
    }

    /// Brings the state machine to its first poll.
    func start() {
        self.handle(.begin)
        self.answer(.identity, Self.me)
        self.answer(.intake, true)
        self.actions = []
    }

    /// Answers the poll with updates, stores the results and returns them.
    @discardableResult func poll(_ updates: JSON...) -> [TelegramIncoming] {
        self.answer(.poll, .array(updates))
        return self.store()
    }

    /// Confirms all pending deliveries and returns them.
    @discardableResult func store() -> [TelegramIncoming] {
        var all: [TelegramIncoming] = []
        while let index = self.actions.firstIndex(where: { if case .deliver = $0 { true } else { false } }) {
            guard case .deliver(let batch, let incoming) = self.actions.remove(at: index) else { break }
            all += incoming
            self.handle(.delivered(batch: batch))
        }
        return all
    }

    /// Lets time pass, firing every deadline on the way.
    func pass(_ milliseconds: Int64) {
        let end = self.now.monotonic + milliseconds
        var steps = 0
        while let deadline = self.machine.deadline, deadline <= end, steps < 10_000 {
            self.move(to: max(deadline, self.now.monotonic))
            self.handle(.time)
            steps += 1
        }
        self.move(to: end)
    }

    private func move(to monotonic: Int64) {
        self.now.wall += monotonic - self.now.monotonic
        self.now.monotonic = monotonic
    }

    // MARK: Actions

    private func take<Value>(_ pick: (TelegramStateMachine.Action) -> Value?) -> [Value] {
        let values = self.actions.compactMap(pick)
        self.actions.removeAll { pick($0) != nil }
        return values
    }

    /// Takes the pending calls.
    func calls() -> [TelegramCall] {
        self.take { if case .call(_, let call) = $0 { call } else { nil } }
    }

    func methods() -> [String] { self.calls().map(\.method) }

    func statuses() -> [String] {
        self.take { if case .status(let state, let detail) = $0 { "\(state) \(detail ?? "")" } else { nil } }
    }

    func memories() -> [TelegramMemory] {
        self.take { if case .remember(let memory, _) = $0 { memory } else { nil } }
    }

    func accepted() -> [Int] { self.take { if case .accepted(let ticket) = $0 { ticket } else { nil } } }

    var isRenewed: Bool { self.actions.contains { if case .renew = $0 { true } else { false } } }

    // MARK: Sending

    static let adapter = AdapterID("telegram:bot")

    static func route(_ chat: Int64, topic: Int64? = nil, replyTo: Int64? = nil) -> Route {
        Route(
            room: RoomID(adapter: Self.adapter, name: "\(chat)"), anchor: topic.map { "\($0)" },
            replyTo: replyTo.map { "\($0)" })
    }

    static func reference(_ chat: Int64, _ message: Int64) -> MessageReference {
        MessageReference(room: RoomID(adapter: Self.adapter, name: "\(chat)"), id: "\(message)")
    }

    static func message(
        _ text: String, _ chat: Int64 = 42, topic: Int64? = nil, replyTo: Int64? = nil,
        stage: OutgoingMessage.Stage = .final, buttons: [MessageButton] = []
    ) -> OutgoingMessage {
        OutgoingMessage(
            text: text, route: Self.route(chat, topic: topic, replyTo: replyTo), token: "token", stage: stage,
            buttons: buttons)
    }

    /// The next step of an operation.
    func step(_ operation: inout TelegramOperation) -> TelegramOperation.Step {
        defer { self.actions += self.machine.takeActions() }
        return self.machine.step(&operation, at: self.now)
    }

    /// Runs an operation with these answers; returns its calls and the last step.
    func run(_ kind: TelegramOperation.Kind, _ answers: TelegramAnswer...) -> ([TelegramCall], TelegramOperation.Step) {
        var operation = TelegramOperation(kind: kind)
        var answers = answers[...]
        var calls: [TelegramCall] = []
        while true {
            let step = self.step(&operation)
            guard case .call(let call) = step else { return (calls, step) }
            calls.append(call)
            guard let answer = answers.popFirst() else { return (calls, step) }
            self.machine.take(answer, for: &operation, at: self.now)
            self.actions += self.machine.takeActions()
        }
    }

    /// Telegram's answer to a sent message.
    static func sent(_ chat: Int64, _ message: Int64) -> TelegramAnswer {
        .result(["message_id": .integer(message), "date": 1, "chat": ["id": .integer(chat)]])
    }

    static func refused(
        _ code: Int, _ text: String, retryAfter: Int64? = nil, migratedTo: Int64? = nil
    ) -> TelegramAnswer {
        .refused(TelegramRefusal(code: code, text: text, retryAfter: retryAfter, migratedTo: migratedTo))
    }
}

extension TelegramOperation.Step {
    var error: AdapterError? { if case .failed(let error) = self { error } else { nil } }
    var outcome: TelegramOperation.Outcome? { if case .done(let outcome) = self { outcome } else { nil } }
}

extension TelegramAnswer {
    var failure: TelegramBreak? { if case .broken(let failure) = self { failure } else { nil } }
}

extension InboundEvent {
    var choice: Choice? { if case .choice(let choice) = self.kind { choice } else { nil } }
    var edit: MessageEdit? { if case .messageEdited(let edit) = self.kind { edit } else { nil } }
    var renaming: (from: RoomID, to: RoomID)? {
        if case .roomRenamed(let from, let to) = self.kind { (from, to) } else { nil }
    }
}

extension TelegramIncoming {
    var message: InboundMessage? {
        if case .message(let message) = self.event?.kind { message } else { nil }
    }

    var choice: Choice? { self.event?.choice }
    var edit: MessageEdit? { self.event?.edit }
}

extension JSONObject {
    /// The fields of both; those of `other` win.
    func merging(_ other: JSONObject) -> JSONObject {
        var object = self
        object.merge(other)
        return object
    }
}

/// Sample updates in Telegram's format.
enum Sample {
    static let group: Int64 = -1_001
    static let basic: Int64 = -55

    static func chat(_ id: Int64, isForum: Bool = false) -> JSON {
        if id > 0 { return ["id": .integer(id), "type": "private", "first_name": "Ann"] }
        return ["id": .integer(id), "type": "supergroup", "title": "Team", "is_forum": .bool(isForum)]
    }

    static func user(_ id: Int64, isBot: Bool = false) -> JSON {
        ["id": .integer(id), "is_bot": .bool(isBot), "first_name": "Ann", "last_name": "B"]
    }

    /// A message; `more` overrides its fields.
    static func message(
        _ update: Int64, _ text: String, chat: Int64 = 42, id: Int64 = 10, from: Int64 = 42, more: JSONObject = [:],
        kind: String = "message"
    ) -> JSON {
        var message: JSONObject = [
            "message_id": .integer(id), "date": 1_800_000_000, "chat": Self.chat(chat), "from": Self.user(from),
            "text": .string(text),
        ]
        message.merge(more)
        return .object(JSONObject(members: [("update_id", JSON.integer(update)), (kind, JSON.object(message))]))
    }

    static func entity(_ type: String, _ offset: Int64, _ length: Int64) -> JSON {
        ["type": .string(type), "offset": .integer(offset), "length": .integer(length)]
    }

    static func reply(_ id: Int64, from: Int64) -> JSON {
        ["message_id": .integer(id), "from": Self.user(from, isBot: from == 999)]
    }
}
