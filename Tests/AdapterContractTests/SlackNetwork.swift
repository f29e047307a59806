import Chat
import Glibc
import HTTP
import JSON
import Kit
import Primitives
import Slack
import TestSupport

/// Slack on loopback behind a faulting proxy: one channel with a thread for each person.
final class SlackNetwork: ContractNetwork {
    private struct State {
        var slack: LoopbackSlack?
        var users: [String: String] = [:]
        var roots: [String: String] = [:]
        /// The thread owners by root ts.
        var owners: [String: String] = [:]
        /// Maps the tests' message ids to the platform's.
        var begun: [String: String] = [:]
        var isHeld = false
        var memory: [UInt8]?
        /// Milliseconds by which the workspace's clock was advanced.
        var skew: Int64 = 0
    }

    let abilities: NetworkAbilities
    private let hasStreams: Bool
    let room = LoopbackSlack.general
    private let state = Protected(State())
    private let line = FaultyLine()

    /// A factor on Slack's rate limits, also set in the bot's configuration.
    private static let pace = 1_000.0

    /// - Parameter hasStreams: whether answers grow as streams or by edits.
    init(hasStreams: Bool) {
        self.hasStreams = hasStreams
        self.abilities = [
            .edits, .eventIDs, .backlog, .failures, .authors, .notes, .limit, .reconciles, .reactions, .changes,
            .deletions, .files, .buttons, .choices, hasStreams ? .heldBack : [],
        ]
    }

    func identity(of person: String) -> String {
        let user = self.state.withLock { $0.users[person] }
        return "slack:\(LoopbackSlack.Settings().teamID)/\(user ?? "nobody")"
    }

    // MARK: Life

    func open(to people: [String]) async throws {
        var settings = LoopbackSlack.Settings()
        settings.rateLimits = .scaled(Self.pace)
        settings.hasStreams = self.hasStreams
        // Events that nobody acknowledges while the bot is away are abandoned and later found in the history.
        settings.retrySeconds = []
        let slack = try await LoopbackSlack.started(settings)
        self.state.withLock { $0.slack = slack }
        for person in people { self.enter(person, slack) }
    }

    private func enter(_ name: String, _ slack: LoopbackSlack) {
        let user = slack.addUser(name)
        self.state.withLock { $0.users[name] = user }
    }

    private var slack: LoopbackSlack {
        get throws {
            guard let slack = self.state.withLock({ $0.slack }) else { throw ContractFailure("Slack is closed") }
            return slack
        }
    }

    func makeAdapter() async throws -> any ChatAdapter {
        // One test asks for an adapter before the platform runs.
        let url = try self.state.withLock { try HTTPURL($0.slack?.url ?? "http://127.0.0.1:9") }
        let proxy = try await self.line.renew(before: url)
        // Files have the same host as the API.
        let (from, to) = ("http://\(url.authority)", "http://\(await proxy.url.authority)")
        await proxy.setRewriting(HTTPFaultRule(prefix: "/api/files.")) { Self.moved($0, from: from, to: to) }
        let plain = LoopbackSlack.Settings()
        var settings = SlackSettings(
            id: "net", botToken: Secret(plain.botToken), intake: .socket(appToken: Secret(plain.appToken)),
            apiURL: await proxy.url.appending("api", ""), commands: ContractBench.commands)
        settings.paceFactor = Self.pace
        let memory = MemoryStore.kept(in: self.state, \.memory)
        return SlackAdapter(settings, memory: memory, logger: ContractBench.logger)
    }

    /// Replaces the address `from` with `to` everywhere.
    private static func moved(_ json: JSON, from: String, to: String) -> JSON {
        switch json {
        case .string(let text) where text.hasPrefix(from): .string(to + text.dropFirst(from.count))
        case .array(let items): .array(items.map { Self.moved($0, from: from, to: to) })
        case .object(let object):
            .object(JSONObject(members: object.map { ($0.key, Self.moved($0.value, from: from, to: to)) }))
        default: json
        }
    }

    func connected(to sink: ContractSink?) async throws {}

    func sever() async throws {
        await self.line.sever()
        try await self.slack.cutSockets()
    }

    func close() async {
        await self.line.close()
        await self.state.withLock { $0.slack.take() }?.stop()
    }

    // MARK: People

    @discardableResult
    func say(_ text: String, as person: String, _ manner: Manner) async throws -> String {
        let slack = try self.slack
        if self.state.withLock({ $0.users[person] }) == nil { self.enter(person, slack) }
        if manner.isBacklog { self.moveClock(to: manner.sentAt, slack) }
        let (ts, isNew) = self.write(text, as: person, manner, slack)
        if !isNew { self.tellAgain(ts, slack) }
        try await self.waitUntilHeard()
        return ts
    }

    func edit(_ message: String, to text: String, as person: String) async throws {
        let slack = try self.slack
        slack.edit(message, in: self.room, to: "\(slack.mention) \(text)")
        try await self.waitUntilHeard()
    }

    func takeBack(_ message: String, as person: String) async throws {
        try self.slack.delete(message, in: self.room)
        try await self.waitUntilHeard()
    }

    func send(_ file: PersonsFile, saying text: String, as person: String) async throws {
        let slack = try self.slack
        let (user, root) = self.state.withLock { ($0.users[person] ?? "", $0.roots[person]) }
        let ts = slack.upload(
            .init(file.name, file.bytes, type: file.type), text: "\(slack.mention) \(text)", as: user, in: self.room,
            thread: root)
        if root == nil {
            self.state.withLock { state in
                state.roots[person] = ts
                state.owners[ts] = person
            }
        }
        try await self.waitUntilHeard()
    }

    func press(_ button: MessageButton, as person: String) async throws {
        let slack = try self.slack
        var press: String?
        for message in slack.shown(in: self.room).reversed() where press == nil {
            press = slack.press(button.label, of: message.ts, in: self.room, as: self.user(person))
        }
        guard let press else { throw ContractFailure("no message has a button \(button.label)") }
        try await slack.wait("the press to be acknowledged") { $0.outcome(press)?.isAcknowledged == true }
    }

    func react(_ emoji: String, as person: String) async throws {
        let slack = try self.slack
        guard let message = slack.shown(in: self.room).last else { throw ContractFailure("the bot has posted nothing") }
        if self.state.withLock({ $0.users[person] }) == nil { self.enter(person, slack) }
        // Slack refers to emoji by name.
        let name = ["👎": "-1", "👍": "+1"][emoji] ?? emoji
        slack.react(name, to: message.ts, in: self.room, as: self.user(person))
        try await self.waitUntilHeard()
    }

    private func user(_ person: String) -> String { self.state.withLock { $0.users[person] ?? "" } }

    func files() async throws -> [PostedFile] {
        let slack = try self.slack
        let owners = self.state.withLock { $0.owners }
        return slack.shown(in: self.room).flatMap { message in
            message.files.compactMap { slack.file($0) }.map { file in
                PostedFile(
                    person: message.thread.flatMap { owners[$0] } ?? "", name: file.name, bytes: file.bytes)
            }
        }
    }

    func marks(on message: String) async throws -> [String] {
        let slack = try self.slack
        let reactions = slack.message(message, in: self.room)?.reactions ?? [:]
        return reactions.filter { $0.value.contains(slack.botUser) }.map(\.key)
    }

    private func waitUntilHeard() async throws {
        guard self.state.withLock({ !$0.isHeld }) else { return }
        try await self.slack.wait("the bot to acknowledge events, or the end of the retries") { $0.outstanding == 0 }
    }

    private func write(
        _ text: String, as person: String, _ manner: Manner, _ slack: LoopbackSlack
    ) -> (ts: String, isNew: Bool) {
        // Clients never send text that begins with a slash: it follows a mention instead.
        let isCommand = text.hasPrefix("/")
        let words = isCommand ? String(text.dropFirst()) : text
        let line = manner.isAddressed || isCommand ? "\(slack.mention) \(words)" : words
        return self.state.withLock { state in
            if let id = manner.id, let ts = state.begun[id] { return (ts, false) }
            let root = state.roots[person]
            let ts =
                switch manner.author {
                case .person: slack.say(line, as: state.users[person] ?? "", in: self.room, thread: root)
                case .bot: slack.sayAsBot(line, in: self.room, thread: root)
                case .oneself: slack.say(line, as: slack.botUser, in: self.room, thread: root)
                }
            if let id = manner.id { state.begun[id] = ts }
            guard root == nil, manner.author == .person else { return (ts, true) }
            state.roots[person] = ts
            state.owners[ts] = person
            return (ts, true)
        }
    }

    /// Sends the same message in another event, like a retry that crossed its acknowledgement.
    private func tellAgain(_ ts: String, _ slack: LoopbackSlack) {
        guard let message = slack.message(ts, in: self.room) else { return }
        var event: JSONObject = [
            "type": "message", "channel": .string(self.room), "channel_type": "channel", "ts": .string(ts),
            "event_ts": .string(ts), "user": .string(message.user), "text": .string(message.text),
            "team": .string(slack.teamID),
        ]
        if let thread = message.thread { event["thread_ts"] = .string(thread) }
        slack.emit("message.channels", event)
    }

    private func moveClock(to time: Int64, _ slack: LoopbackSlack) {
        var real = timespec()
        clock_gettime(CLOCK_REALTIME, &real)
        let move = self.state.withLock { state in
            let move = max(0, time - state.skew - Int64(real.tv_sec) * 1_000)
            state.skew += move
            return move
        }
        if move > 0 { slack.advance(by: Double(move) / 1_000) }
    }

    func chatter(_ count: Int) async throws {
        let slack = try self.slack
        let users = self.state.withLock { Array($0.users.values) }
        for number in 0..<count {
            slack.say("chatter \(number)", as: users[number % users.count], in: self.room)
            if number % 500 == 499 { try await slack.wait("the bot to acknowledge messages") { $0.outstanding == 0 } }
        }
        try await slack.wait("the bot to acknowledge messages") { $0.outstanding == 0 }
    }

    // MARK: Channel contents

    func shown() async throws -> [Shown] {
        guard let slack = self.state.withLock({ $0.slack }) else { return [] }
        let owners = self.state.withLock { $0.owners }
        return slack.shown(in: self.room).map { message in
            Shown(person: message.thread.flatMap { owners[$0] } ?? "", text: message.content)
        }
    }

    /// The threads are removed as well: everyone begins another one.
    func forget() async throws {
        let slack = try self.slack
        self.state.withLock { state in
            slack.forget()
            (state.roots, state.owners, state.begun) = ([:], [:], [:])
        }
    }

    // MARK: Faults

    /// The calls that begin a message.
    private var posts: HTTPFaultRule {
        // Without streams the bot still tries to start one.
        HTTPFaultRule(
            .post, prefix: "/api/chat.", words: self.hasStreams ? ["startStream", "postMessage"] : ["postMessage"])
    }

    private static let edits = HTTPFaultRule(
        .post, prefix: "/api/chat.", words: ["update", "appendStream", "stopStream"])

    func inject(_ fault: NetworkFault) async throws {
        let slack = try self.slack
        guard let proxy = self.line.proxy else { return }
        let limit = HTTPFault.answer(
            .tooManyRequests, headers: ["Retry-After": "1"], body: ["ok": false, "error": "ratelimited"])
        switch fault {
        case .postIsLostOnTheWayBack: await proxy.inject(.loseAnswer, for: self.posts)
        case .editIsLostOnTheWayBack: await proxy.inject(.loseAnswer, for: Self.edits)
        case .tooFast: await proxy.inject(limit, for: self.posts)
        case .editTooFast: await proxy.inject(limit, for: Self.edits)
        case .away:
            await proxy.inject(.cut, for: self.posts)
            await slack.cutSockets()
        case .serverError: await proxy.inject(.answer(.badGateway), for: self.posts)
        case .editServerError: await proxy.inject(.answer(.badGateway), for: Self.edits)
        case .halfOpen:
            await self.line.stick(self.posts)
            await slack.freezeSockets()
        case .eventsTwice: for _ in 0..<100 { slack.disturb(.duplicate) }
        case .eventsHeld:
            for _ in 0..<100 { slack.disturb(.swapped) }
            slack.holdEvents(true)
            self.state.withLock { $0.isHeld = true }
        }
    }

    func setMember(_ isMember: Bool) async throws {
        let slack = try self.slack
        if isMember {
            slack.addMember(slack.botUser, to: self.room)
        } else {
            slack.removeMember(slack.botUser, from: self.room)
        }
    }

    func isStuck() async throws -> Bool { await self.line.isStuck }

    func mend() async throws {
        let slack = try self.slack
        self.state.withLock { $0.isHeld = false }
        if await self.line.mend() {
            await slack.cutSockets()
            try await slack.wait("another connection") { $0.connectionCount > 0 }
        }
        slack.holdEvents(false)
        slack.clearFaults()
        try await slack.wait("the bot to acknowledge the held events") { $0.outstanding == 0 }
    }
}
