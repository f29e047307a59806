import Chat
import HTTP
import JSON
import Kit
import Matrix
import Primitives
import TestSupport

/// A real Synapse behind a faulting proxy: one room with a thread for each person.
///
/// The test run shares the server; accounts and room belong to this network only. In an encrypted room people are behind
/// a proxy with an independent library that encrypts for them.
final class MatrixNetwork: ContractNetwork {
    private struct State {
        var people: [String: MatrixPerson] = [:]
        var observer: MatrixPerson?
        var bot: MatrixAccount?
        /// The bot's account, used by a person's client.
        var botPerson: MatrixPerson?
        var room = ""
        var roots: [String: String] = [:]
        /// The thread owners by root event.
        var owners: [String: String] = [:]
        var begun: Set<String> = []
        var watch = SyncWatch()
        var sink: ContractSink?
        var memory: [UInt8]?
        var isHeld = false
        var heldEvents: [String] = []
    }

    let abilities: NetworkAbilities = [
        .edits, .eventIDs, .backlog, .failures, .authors, .notes, .limit, .reconciles, .reactions, .changes, .deletions,
        .anyTime, .files, .choices,
    ]
    private let synapse: Synapse
    private let state = Protected(State())
    private let line = FaultyLine()
    private let isEncrypted: Bool
    /// Where people connect.
    private let address: HTTPURL
    /// Where the bot's keys are.
    private let directory: TemporaryDirectory

    init(_ limits: Synapse.Limits = .off, isEncrypted: Bool = false) async throws {
        self.synapse = try await Synapse.shared(limits)
        self.isEncrypted = isEncrypted
        self.address = isEncrypted ? try await MatrixEncryptingProxy.shared(before: self.synapse) : self.synapse.url
        self.directory = try TemporaryDirectory()
    }

    var room: String { self.state.withLock { $0.room } }

    func identity(of person: String) -> String {
        "matrix:\(self.state.withLock { $0.people[person]?.userID } ?? "@\(person):nowhere")"
    }

    // MARK: Life

    func open(to people: [String]) async throws {
        let bot = try await self.synapse.newAccount("jetbot")
        self.state.withLock { $0.bot = bot }
        for person in people { try await self.enter(person) }
        let observer = try self.observer
        try await observer.invite(bot, to: self.room)
    }

    private func enter(_ name: String) async throws {
        let person = try await self.synapse.person(try await self.synapse.newAccount(name), by: self.address)
        if let observer = self.state.withLock({ $0.observer }) {
            try await observer.invite(person.account, to: self.room)
            try await person.join(self.room)
        } else {
            // Named, like a room of several people: two people alone would be a direct conversation.
            let room = try await person.createRoom(name: "team")
            self.state.withLock { state in
                state.room = room
                state.observer = person
            }
        }
        // Without threads all people would share one conversation.
        let root = try await person.say("Thread of \(name)", in: self.room)
        self.state.withLock { state in
            state.people[name] = person
            state.roots[name] = root
            state.owners[root] = name
        }
    }

    func makeAdapter() async throws -> any ChatAdapter {
        let proxy = try await self.line.renew(before: self.synapse.url)
        let watch = SyncWatch()
        await self.install(watch, in: proxy)
        let bot = self.state.withLock { state in
            state.watch = watch
            return state.bot
        }
        let account = try bot ?? self.synapse.account("jetbot")
        let memory = MemoryStore.kept(in: self.state, \.memory)
        return MatrixAdapter(
            MatrixSettings(
                id: "net", homeserver: await proxy.url, user: account.userID,
                credential: .accessToken(Secret(account.token))),
            memory: memory, keys: self.keys, mayInvite: { _ in true }, logger: ContractBench.logger)
    }

    /// The bot's keys, which stay over restarts.
    private var keys: MatrixKeyFiles? {
        guard self.isEncrypted else { return nil }
        return MatrixKeyFiles(database: self.directory.path + "/keys", key: self.directory.path + "/key")
    }

    private func install(_ watch: SyncWatch, in proxy: FaultingProxy) async {
        await proxy.setRewriting(HTTPFaultRule(.get, prefix: "/_matrix/client/", words: ["/v3/", "/relations/"])) {
            watch.pass($0)
        }
    }

    func connected(to sink: ContractSink?) async throws {
        self.state.withLock { $0.sink = sink }
        guard sink != nil else { return }
        let (bot, room) = self.state.withLock { ($0.bot, $0.room) }
        guard let bot else { return }
        try await self.observer.waitForJoin(of: bot.userID, in: room)
    }

    func sever() async throws { await self.line.sever() }

    func close() async {
        let people = self.state.withLock { Array($0.people.values) + [$0.botPerson].compactMap(\.self) }
        for person in people { await person.leave() }
        await self.line.close()
    }

    /// Makes a room of a person with the bot, and with others so that it is not a direct one.
    func makeRoom(
        of name: String, with others: [String] = []
    ) async throws -> (MatrixPerson, bot: MatrixAccount, room: String) {
        let person = try await self.person(name)
        guard let bot = self.state.withLock({ $0.bot }) else { throw ContractFailure("the bot has no account") }
        var people: [MatrixPerson] = []
        for other in others { people.append(try await self.person(other)) }
        let room = try await person.createRoom(
            inviting: [bot] + people.map(\.account), isDirect: others.isEmpty, name: others.isEmpty ? nil : "group")
        for other in people { try await other.join(room) }
        try await person.waitForJoin(of: bot.userID, in: room)
        return (person, bot, room)
    }

    func person(_ name: String) async throws -> MatrixPerson {
        if let person = self.state.withLock({ $0.people[name] }) { return person }
        try await self.enter(name)
        guard let person = self.state.withLock({ $0.people[name] }) else { throw ContractFailure("no \(name)") }
        return person
    }

    private var observer: MatrixPerson {
        get throws {
            guard let person = self.state.withLock({ $0.observer }) else { throw ContractFailure("network not open") }
            return person
        }
    }

    // MARK: People

    @discardableResult
    func say(_ text: String, as person: String, _ manner: Manner) async throws -> String {
        let author: MatrixPerson
        switch manner.author {
        case .oneself: author = try await self.itself()
        case .person, .bot: author = try await self.person(person)
        }
        // A repeat is the same transaction, which the server recognises; the bot then gets the same event again.
        let isRepeat = manner.id.map { id in self.state.withLock { !$0.begun.insert(id).inserted } } ?? false
        let event = try await self.send(text, as: author, of: person, manner)
        let isHeld = self.state.withLock { state in
            if state.isHeld { state.heldEvents.append(event) }
            return state.isHeld
        }
        guard !isHeld, let watch = self.state.withLock({ $0.sink == nil ? nil : $0.watch }) else { return event }
        if isRepeat {
            let room = self.room
            let told = try await self.observer.wait(for: "the first time") { person in
                person.events(in: room).first { $0["event_id"]?.stringValue == event }
            }
            watch.repeatNext(told["test.wire"] ?? told, in: room)
            // The server answers only when there is news.
            let news = try await author.say("news", in: self.room, .init(kind: "m.notice"))
            try await self.waitUntilHeard(news, watch)
        } else {
            try await self.waitUntilHeard(event, watch)
        }
        return event
    }

    func edit(_ message: String, to text: String, as person: String) async throws {
        let (room, bot, watch) = self.state.withLock { ($0.room, $0.bot, $0.watch) }
        let edit = try await self.person(person).edit(message, in: room, to: text, .init(mention: bot))
        try await self.waitUntilHeard(edit, watch)
    }

    func takeBack(_ message: String, as person: String) async throws {
        let author = try await self.person(person)
        let redaction = try await author.redact(message, in: self.room)
        try await self.waitUntilHeard(redaction, self.state.withLock { $0.watch })
    }

    func send(_ file: PersonsFile, saying text: String, as person: String) async throws {
        let author = try await self.person(person)
        let (room, root, bot, watch) = self.state.withLock { ($0.room, $0.roots[person], $0.bot, $0.watch) }
        let event = try await author.sendFile(
            file.bytes, name: file.name, type: file.type, caption: text, in: room,
            .init(thread: root, mention: bot, kind: "m.file"))
        try await self.waitUntilHeard(event, watch)
    }

    func react(_ emoji: String, as person: String) async throws {
        let author = try await self.person(person)
        guard let message = try await self.posted().last else { throw ContractFailure("the bot has posted nothing") }
        let reaction = try await author.react(emoji, to: message.id, in: self.room)
        try await self.waitUntilHeard(reaction, self.state.withLock { $0.watch })
    }

    func files() async throws -> [PostedFile] {
        let owners = self.state.withLock { $0.owners }
        var files: [PostedFile] = []
        for message in try await self.posted() {
            guard let address = message.file else { continue }
            files.append(
                PostedFile(
                    person: self.owner(of: message, owners),
                    name: message.content["filename"]?.stringValue ?? message.body,
                    bytes: try await self.observer.download(address)))
        }
        return files
    }

    func marks(on message: String) async throws -> [String] {
        let (room, bot) = self.state.withLock { ($0.room, $0.bot) }
        let reactions = try await self.observer.message(message, in: room)?.reactions ?? []
        return reactions.filter { $0.sender == bot?.userID }.map(\.key)
    }

    private func send(
        _ text: String, as author: MatrixPerson, of person: String, _ manner: Manner
    ) async throws -> String {
        let (room, root, bot) = self.state.withLock { ($0.room, $0.roots[person], $0.bot) }
        var content: JSONObject = [
            "msgtype": .string(manner.author == .bot ? "m.notice" : "m.text"),
            SyncWatch.timeKey: .integer(manner.sentAt), "m.mentions": [:],
        ]
        content["body"] = .string(text)
        if manner.isAddressed, let bot {
            content["body"] = .string("\(bot.name): \(text)")
            content["m.mentions"] = ["user_ids": [.string(bot.userID)]]
        }
        if let root {
            content["m.relates_to"] = [
                "rel_type": "m.thread", "event_id": .string(root), "is_falling_back": true,
                "m.in_reply_to": ["event_id": .string(root)],
            ]
        }
        return try await author.send(
            "m.room.message", .object(content), in: room, transaction: manner.id.map { "c-\($0)" })
    }

    /// The adapter has handled the sync that contained an event once it requests the next one.
    private func waitUntilHeard(_ event: String, _ watch: SyncWatch) async throws {
        guard let proxy = self.line.proxy else { return }
        try await proxy.wait(for: "the bot to hear \(event)") { proxy in
            guard let batch = watch.batch(of: event) else { return false }
            let mark = "since=\(PercentEncoding.encode(batch, keeping: .queryValue))"
            return proxy.requests.suffix(300).contains { $0.target.contains(mark) }
        }
    }

    /// The bot's account used by a person.
    private func itself() async throws -> MatrixPerson {
        if let person = self.state.withLock({ $0.botPerson }) { return person }
        guard var bot = self.state.withLock({ $0.bot }) else { throw ContractFailure("there is no bot") }
        // Two programs cannot share the keys of one device.
        if self.isEncrypted { bot = try await self.synapse.newDevice(of: bot) }
        let person = try await self.synapse.person(bot, by: self.address)
        self.state.withLock { $0.botPerson = person }
        return person
    }

    // MARK: Room contents

    func shown() async throws -> [Shown] {
        let owners = self.state.withLock { $0.owners }
        return try await self.posted().map { Shown(person: self.owner(of: $0, owners), text: $0.body) }
    }

    /// The bot's messages; a person's messages from the bot's account are marked as such.
    private func posted() async throws -> [MatrixMessage] {
        let (room, bot) = self.state.withLock { ($0.room, $0.bot) }
        return try await self.observer.messages(in: room).filter { message in
            message.sender == bot?.userID && message.content[SyncWatch.timeKey] == nil
        }
    }

    private func owner(of message: MatrixMessage, _ owners: [String: String]) -> String {
        (message.thread ?? message.replyTo).flatMap { owners[$0] } ?? ""
    }

    /// A message sent now comes after all that the server has; its newest event may not be synced yet.
    func settle() async throws {
        let news = try await self.observer.say("news", in: self.room, .init(kind: "m.notice"))
        try await self.observer.wait(forEvent: news, in: self.room)
    }

    func forget() async throws {
        let (people, room) = self.state.withLock { (Array($0.people.values), $0.room) }
        for person in people { await person.forget(room) }
    }

    // MARK: Faults

    func inject(_ fault: NetworkFault) async throws {
        guard let proxy = self.line.proxy else { return }
        let limit = HTTPFault.answer(
            .tooManyRequests, body: ["errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests", "retry_after_ms": 5])
        switch fault {
        case .postIsLostOnTheWayBack: await proxy.inject(.loseAnswer, for: self.posts)
        case .editIsLostOnTheWayBack: await proxy.inject(.loseAnswer, for: self.edits)
        case .tooFast: await proxy.inject(limit, for: self.posts)
        case .editTooFast: await proxy.inject(limit, for: self.edits)
        case .away:
            await proxy.inject(.cut, for: self.posts)
            await proxy.inject(.cut, for: HTTPFaultRule(.get, infix: "/sync"))
            await proxy.cutAll()
        case .serverError: await proxy.inject(Self.badGateway, for: self.posts)
        case .editServerError: await proxy.inject(Self.badGateway, for: self.edits)
        case .halfOpen:
            await self.line.stick(HTTPFaultRule(.put, infix: self.sending))
            await proxy.inject(.hold, for: HTTPFaultRule(.get, infix: "/sync", count: nil))
        case .eventsTwice: self.state.withLock { $0.watch }.setDoubling(true)
        case .eventsHeld:
            let held = await proxy.inject(.hold, for: HTTPFaultRule(.get, infix: "/sync", count: nil))
            // The current sync is still answered; the next one waits.
            try await self.observer.say("news", in: self.room, .init(kind: "m.notice"))
            try await proxy.wait(for: held)
            self.state.withLock { state in
                state.isHeld = true
                state.watch.setReversing(true)
            }
        }
    }

    private static let badGateway = HTTPFault.answer(.badGateway)

    func setMember(_ isMember: Bool) async throws {
        let (bot, room) = self.state.withLock { ($0.bot, $0.room) }
        guard let bot else { throw ContractFailure("there is no bot") }
        if isMember {
            try await self.observer.invite(bot, to: room)
        } else {
            try await self.observer.remove(bot, from: room)
        }
    }

    func isStuck() async throws -> Bool { await self.line.isStuck }

    func mend() async throws {
        let (watch, events) = self.state.withLock { state in
            defer {
                state.heldEvents = []
                state.isHeld = false
            }
            return (state.watch, state.heldEvents)
        }
        watch.setDoubling(false)
        _ = await self.line.mend()
        for event in events { try await self.waitUntilHeard(event, watch) }
        watch.setReversing(false)
    }

    /// They come with the server's next answer and were never in its room.
    func chatter(_ count: Int) async throws {
        let (watch, author) = self.state.withLock { ($0.watch, $0.observer) }
        guard let author else { return }
        watch.add((0..<count).map { "chatter \($0)" }, by: author.userID, in: self.room)
        let news = try await author.say("news", in: self.room, .init(kind: "m.notice"))
        try await self.waitUntilHeard(news, watch)
    }

    private var sending: String { self.isEncrypted ? "/send/m.room.encrypted/" : "/send/m.room.message/" }
    private var posts: HTTPFaultRule { HTTPFaultRule(.put, infix: self.sending) { !Self.isEdit($0) } }
    private var edits: HTTPFaultRule { HTTPFaultRule(.put, infix: self.sending) { Self.isEdit($0) } }

    /// The relation stands outside what is encrypted.
    private static func isEdit(_ content: JSON) -> Bool { content["m.relates_to"]?["rel_type"] == "m.replace" }
}
