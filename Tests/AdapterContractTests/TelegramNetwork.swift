import Chat
import Glibc
import HTTP
import JSON
import Kit
import Primitives
import Telegram
import TestSupport

/// Telegram on loopback behind a faulting proxy: a group with a topic for each person.
final class TelegramNetwork: ContractNetwork {
    private struct State {
        var telegram: LoopbackTelegram?
        var people: [String: Int64] = [:]
        var topics: [String: Int] = [:]
        /// The topic owners.
        var owners: [Int: String] = [:]
        var begun: Set<String> = []
        var isConnected = false
        var isHeld = false
        var memory: [UInt8]?
    }

    let abilities: NetworkAbilities = [
        .edits, .eventIDs, .backlog, .failures, .notes, .limit, .reactions, .changes, .anyTime, .files,
        .buttons, .choices,
    ]
    private let state = Protected(State())
    private let line = FaultyLine()

    private static let group: Int64 = -1_001_000_000_200
    private static let otherBot: Int64 = 900
    /// A factor on Telegram's flood limits, also set in the bot's configuration.
    private static let pace = 1_000.0

    var room: String { String(Self.group) }

    func identity(of person: String) -> String {
        "telegram:\(self.state.withLock { $0.people[person] } ?? 0)"
    }

    // MARK: Life

    func open(to people: [String]) async throws {
        var settings = LoopbackTelegram.Settings()
        settings.flood = .scaled(Self.pace)
        settings.hasPrivacyMode = false
        settings.messageLimit = 20_000
        let telegram = try await LoopbackTelegram.started(settings)
        telegram.addPerson(TelegramPerson(1, "Owner"))
        telegram.addPerson(TelegramPerson(Self.otherBot, "Other", username: "OtherBot", isBot: true))
        telegram.addGroup(
            Self.group, "Team", members: [1, Self.otherBot], isForum: true, bot: "administrator")
        self.state.withLock { $0.telegram = telegram }
        for person in people { self.enter(person, telegram) }
    }

    private func enter(_ name: String, _ telegram: LoopbackTelegram) {
        self.state.withLock { state in
            guard state.people[name] == nil else { return }
            let id = 1_001 + Int64(state.people.count)
            state.people[name] = id
            telegram.addPerson(TelegramPerson(id, name, username: name))
            telegram.enter(Self.group, id)
            let topic = telegram.makeTopic(name, as: 1, in: Self.group)
            state.topics[name] = topic
            state.owners[topic] = name
        }
    }

    private var telegram: LoopbackTelegram {
        get throws {
            guard let telegram = self.state.withLock({ $0.telegram }) else {
                throw ContractFailure("Telegram is closed")
            }
            return telegram
        }
    }

    func makeAdapter() async throws -> any ChatAdapter {
        // One test asks for an adapter before the platform runs.
        let url = try self.state.withLock { try HTTPURL($0.telegram?.apiURL ?? "http://127.0.0.1:9") }
        let proxy = try await self.line.renew(before: url)
        var settings = TelegramSettings(
            id: "net", token: Secret(LoopbackTelegram.Settings().token), apiURL: await proxy.url,
            commands: ContractBench.commands)
        settings.paceFactor = Self.pace
        let memory = MemoryStore.kept(in: self.state, \.memory)
        return TelegramAdapter(settings, memory: memory, logger: ContractBench.logger)
    }

    func connected(to sink: ContractSink?) async throws {
        self.state.withLock { $0.isConnected = sink != nil }
        if sink != nil { try await self.waitUntilHeard() }
    }

    func sever() async throws { await self.line.sever() }

    func close() async {
        await self.line.close()
        await self.state.withLock { $0.telegram.take() }?.stop()
    }

    // MARK: People

    @discardableResult
    func say(_ text: String, as person: String, _ manner: Manner) async throws -> String {
        let telegram = try self.telegram
        self.enter(person, telegram)
        let move = manner.isBacklog ? Self.seconds(until: manner.sentAt) : 0
        telegram.skip(move)
        defer { telegram.skip(-move) }
        let isRepeat = manner.id.map { id in self.state.withLock { !$0.begun.insert(id).inserted } } ?? false
        var message = 0
        if isRepeat {
            try await self.waitUntilHeard()
            // The event cannot be singled out among the last confirmed ones; all of them are repeats.
            telegram.repeatUpdates(20)
        } else {
            let (id, topic) = self.state.withLock { ($0.people[person] ?? 0, $0.topics[person]) }
            let line = manner.isAddressed ? "@\(telegram.username) \(text)" : text
            message = telegram.say(
                line, as: manner.author == .person ? id : Self.otherBot, in: Self.group, topic: topic)
        }
        if self.state.withLock({ $0.isConnected && !$0.isHeld }) { try await self.waitUntilHeard() }
        return String(message)
    }

    func edit(_ message: String, to text: String, as person: String) async throws {
        let telegram = try self.telegram
        telegram.edit(Int(message) ?? 0, in: Self.group, to: "@\(telegram.username) \(text)")
        try await self.waitUntilHeard()
    }

    func send(_ file: PersonsFile, saying text: String, as person: String) async throws {
        let telegram = try self.telegram
        self.enter(person, telegram)
        let (id, topic) = self.state.withLock { ($0.people[person] ?? 0, $0.topics[person]) }
        telegram.upload(
            .document(file.name, file.bytes, type: file.type), caption: "@\(telegram.username) \(text)", as: id,
            in: Self.group, topic: topic)
        try await self.waitUntilHeard()
    }

    func press(_ button: MessageButton, as person: String) async throws {
        let telegram = try self.telegram
        let id = self.state.withLock { $0.people[person] ?? 0 }
        let isPressed = telegram.shownByBot(in: Self.group).reversed().contains {
            telegram.press(button.label, on: $0.id, as: id, in: Self.group) != nil
        }
        guard isPressed else { throw ContractFailure("no message has a button \(button.label)") }
        try await self.waitUntilHeard()
    }

    func react(_ emoji: String, as person: String) async throws {
        let telegram = try self.telegram
        self.enter(person, telegram)
        let id = self.state.withLock { $0.people[person] ?? 0 }
        guard let message = telegram.shownByBot(in: Self.group).last else {
            throw ContractFailure("the bot has posted nothing")
        }
        telegram.react(emoji, to: message.id, as: id, in: Self.group)
        try await self.waitUntilHeard()
    }

    func files() async throws -> [PostedFile] {
        let owners = self.state.withLock { $0.owners }
        return try self.telegram.shownByBot(in: Self.group).compactMap { message in
            guard let name = message.fileName, let bytes = message.bytes else { return nil }
            return PostedFile(person: message.thread.flatMap { owners[$0] } ?? "", name: name, bytes: bytes)
        }
    }

    func marks(on message: String) async throws -> [String] {
        let telegram = try self.telegram
        return telegram.shown(Int(message) ?? 0, in: Self.group)?.reactions[telegram.botID] ?? []
    }

    private func waitUntilHeard() async throws {
        let telegram = try self.telegram
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await telegram.wait { $0.waitingUpdates == 0 } }
            group.addTask {
                try await Task.sleep(for: .seconds(20))
                throw ContractFailure("the bot did not fetch its updates")
            }
            try await group.next()
            group.cancelAll()
        }
    }

    private static func seconds(until time: Int64) -> Double {
        var real = timespec()
        clock_gettime(CLOCK_REALTIME, &real)
        return Double(time) / 1_000 - Double(real.tv_sec)
    }

    func chatter(_ count: Int) async throws {
        let telegram = try self.telegram
        let people = self.state.withLock { Array($0.people.values) }
        for number in 0..<count {
            telegram.say("chatter \(number)", as: people[number % people.count], in: Self.group)
        }
        try await self.waitUntilHeard()
    }

    // MARK: Group contents

    func shown() async throws -> [Shown] {
        guard let telegram = self.state.withLock({ $0.telegram }) else { return [] }
        let owners = self.state.withLock { $0.owners }
        return telegram.shownByBot(in: Self.group).map { message in
            Shown(person: message.thread.flatMap { owners[$0] } ?? "", text: message.text)
        }
    }

    func forget() async throws { try self.telegram.forget(Self.group) }

    // MARK: Faults

    private static func rule(_ method: String, count: Int? = 1) -> HTTPFaultRule {
        HTTPFaultRule(.post, infix: "/\(method)", count: count)
    }

    func inject(_ fault: NetworkFault) async throws {
        let telegram = try self.telegram
        guard let proxy = self.line.proxy else { return }
        let limit = HTTPFault.answer(
            .tooManyRequests,
            body: [
                "ok": false, "error_code": 429, "description": "Too Many Requests: retry after 1",
                "parameters": ["retry_after": 1],
            ])
        let (post, edit) = (Self.rule("sendMessage"), Self.rule("editMessageText"))
        switch fault {
        case .postIsLostOnTheWayBack: await proxy.inject(.loseAnswer, for: post)
        case .editIsLostOnTheWayBack: await proxy.inject(.loseAnswer, for: edit)
        case .tooFast: await proxy.inject(limit, for: post)
        case .editTooFast: await proxy.inject(limit, for: edit)
        case .away:
            // A draft may come first, and is not the message.
            var message = post
            message.content = { $0["draft_id"] == nil }
            await proxy.inject(.cut, for: message)
            await proxy.inject(.cut, for: Self.rule("getUpdates"))
            await proxy.cutAll()
        case .serverError: await proxy.inject(.answer(.badGateway), for: post)
        case .editServerError: await proxy.inject(.answer(.badGateway), for: edit)
        case .halfOpen:
            await self.line.stick(post)
            await proxy.inject(.hold, for: Self.rule("getUpdates", count: nil))
        case .eventsTwice: telegram.doubleUpdates(100)
        case .eventsHeld:
            telegram.holdUpdates(100)
            self.state.withLock { $0.isHeld = true }
        }
    }

    func setMember(_ isMember: Bool) async throws {
        let telegram = try self.telegram
        if isMember {
            telegram.join(Self.group, by: 1, as: "administrator")
        } else {
            telegram.kick(from: Self.group, by: 1)
        }
    }

    func isStuck() async throws -> Bool { await self.line.isStuck }

    func mend() async throws {
        self.state.withLock { $0.isHeld = false }
        _ = await self.line.mend()
        try self.telegram.release(isReversed: true)
        try await self.waitUntilHeard()
    }
}
