import Chat
import Primitives
import TestSupport

/// The in-memory network, with or without editing and other features; its room outlives the bot's connections.
final class FakeNetwork: ContractNetwork {
    private struct State {
        /// One per connection; the last one is in use.
        var adapters: [FakeAdapter] = []
        var lastEvent = 0
        var isConnected = false
        var isDoubling = false
        /// Messages held by a fault; nil when events are not held.
        var held: [(text: String, person: String, manner: Manner)]?
        /// Messages sent while the bot was away.
        var missed: [(text: String, person: String, manner: Manner)] = []
    }

    let abilities: NetworkAbilities
    let traits: RoomTraits
    private let state = Protected(State())

    static let room = "#team"

    init(
        isEditing: Bool, features: RoomTraits.Capabilities = [], limit: Int = 400, unit: RoomTraits.TextUnit = .bytes,
        answerMessages: Int = 1_000
    ) {
        self.abilities = [
            .eventIDs, .backlog, .failures, .authors, .notes, .limit, .changes, .deletions, .anyTime, .choices,
            isEditing ? [.edits, .reactions] : [], features.contains(.files) ? .files : [],
            features.contains(.buttons) ? .buttons : [],
        ]
        self.traits = RoomTraits(
            capabilities: features.union(isEditing ? [.edits, .threads, .reactions] : []), textLimit: limit,
            textUnit: unit, editInterval: .milliseconds(1), answerMessages: answerMessages,
            uploadLimit: features.contains(.files) ? 1 << 20 : 0)
    }

    /// The connection in use.
    var adapter: FakeAdapter? { self.state.withLock { $0.adapters.last } }

    func identity(of person: String) -> String { "fake:one/\(person)" }

    func open(to people: [String]) async throws {}

    func makeAdapter() throws -> any ChatAdapter {
        let adapter = FakeAdapter(traits: self.traits)
        self.state.withLock { $0.adapters.append(adapter) }
        return adapter
    }

    func connected(to sink: ContractSink?) async throws {
        let missed = self.state.withLock { state in
            state.isConnected = sink != nil
            defer { if sink != nil { state.missed = [] } }
            return sink == nil ? [] : state.missed
        }
        for message in missed { try await self.say(message.text, as: message.person, message.manner) }
    }

    @discardableResult
    func say(_ text: String, as person: String, _ manner: Manner) async throws -> String {
        let times = self.state.withLock { state in
            if !state.isConnected { state.missed.append((text, person, manner)) }
            state.held?.append((text, person, manner))
            return !state.isConnected || state.held != nil ? 0 : state.isDoubling ? 2 : 1
        }
        guard times > 0 else { return "" }
        let number = self.state.withLock { state in
            state.lastEvent += 1
            return state.lastEvent
        }
        for _ in 0..<times {
            try await self.adapter?.say(
                text, from: person, in: Self.room, id: manner.id ?? "n\(number)", isDirect: false,
                isAddressed: manner.isAddressed, isBacklog: manner.isBacklog, sentAt: manner.sentAt,
                isBot: manner.author == .bot,
                isSelf: manner.author == .oneself, message: "m\(number)")
        }
        return "m\(number)"
    }

    func edit(_ message: String, to text: String, as person: String) async throws {
        try await self.adapter?.edit(message, to: text, from: person, in: Self.room)
    }

    func takeBack(_ message: String, as person: String) async throws {
        try await self.adapter?.takeBack(message, in: Self.room)
    }

    func send(_ file: PersonsFile, saying text: String, as person: String) async throws {
        self.adapter?.setFile(file.name, to: file.bytes)
        try await self.adapter?.say(
            text, from: person, in: Self.room, isDirect: false, sentAt: ContractBench.now,
            attachments: [
                Attachment(id: file.name, name: file.name, mediaType: file.type, size: file.bytes.count)
            ])
    }

    func press(_ button: MessageButton, as person: String) async throws {
        try await self.choose(.button(button.command), as: person)
    }

    func react(_ emoji: String, as person: String) async throws {
        try await self.choose(.reaction(emoji), as: person)
    }

    private func choose(_ kind: Choice.Kind, as person: String) async throws {
        guard let post = self.adapter?.posts.last?.id else { return }
        try await self.adapter?.choose(kind, at: post, from: person, in: Self.room)
    }

    func files() async throws -> [PostedFile] {
        self.state.withLock { $0.adapters }.flatMap(\.posts).compactMap { post in
            post.file.map { PostedFile(person: post.route.addressee ?? "", name: $0.name, bytes: $0.bytes) }
        }
    }

    func marks(on message: String) async throws -> [String] {
        var marks: [String] = []
        for reaction in self.adapter?.reactions ?? [] where reaction.message == message {
            if reaction.isOn { marks.append(reaction.emoji) } else { marks.removeAll { $0 == reaction.emoji } }
        }
        return marks
    }

    func chatter(_ count: Int) async throws {
        for number in 0..<count {
            try await self.say("chatter \(number)", as: "person\(number % 10)", Manner(isAddressed: false))
        }
    }

    func shown() async throws -> [Shown] {
        self.state.withLock { $0.adapters }.flatMap(\.posts).map {
            Shown(person: $0.route.addressee ?? "", text: $0.text)
        }
    }

    func forget() async throws { for adapter in self.state.withLock({ $0.adapters }) { adapter.forgetPosts() } }

    func inject(_ fault: NetworkFault) async throws {
        let lost = FakeAdapter.Fault.taken(
            AdapterError(.timedOut, "no answer", retryAfter: .milliseconds(5), isCertain: false))
        let tooFast = FakeAdapter.Fault.refused(
            AdapterError(.rateLimited, "too fast", retryAfter: .milliseconds(5)))
        switch fault {
        case .postIsLostOnTheWayBack: self.adapter?.meet([lost])
        case .editIsLostOnTheWayBack: self.adapter?.meetInEdits([lost])
        case .tooFast: self.adapter?.meet([tooFast])
        case .editTooFast: self.adapter?.meetInEdits([tooFast])
        case .away:
            let away = AdapterError(.disconnected, "no connection", retryAfter: .milliseconds(5))
            self.adapter?.meet([.refused(away), .refused(away)])
        case .serverError: self.adapter?.meet([.refused(Self.serverError)])
        case .editServerError: self.adapter?.meetInEdits([.refused(Self.serverError)])
        case .halfOpen: self.adapter?.setHolding(true)
        case .eventsTwice: self.state.withLock { $0.isDoubling = true }
        case .eventsHeld: self.state.withLock { $0.held = [] }
        }
    }

    /// After a server error, the outcome of the request is unknown.
    private static let serverError = AdapterError(
        .timedOut, "the server answered 502", retryAfter: .milliseconds(5), isCertain: false)

    func isStuck() async throws -> Bool { self.adapter?.isStuck ?? false }

    func mend() async throws {
        self.adapter?.setHolding(false)
        let held = self.state.withLock { state in
            state.isDoubling = false
            return state.held.take() ?? []
        }
        for message in held.reversed() { try await self.say(message.text, as: message.person, message.manner) }
    }
}
