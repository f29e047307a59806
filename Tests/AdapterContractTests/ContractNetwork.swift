import Chat
import Testing

/// A network under test: people on one side, an adapter on the other, and a room between them.
///
/// A new network joins the contract with one conformance and one case of ``NetworkKind``. The platform lives as long as
/// the conformance; each ``makeAdapter()`` makes a new connection to it.
protocol ContractNetwork: Sendable {
    /// What it supports. A test that needs more asserts the fallback instead.
    var abilities: NetworkAbilities { get }
    /// The platform's id of the room, known once it is open.
    var room: String { get }

    /// A person in the format of the access lists.
    func identity(of person: String) -> String
    /// Starts the platform and lets `people` into the room; the first of them observes it.
    func open(to people: [String]) async throws
    /// A new connection of the bot, not running yet.
    func makeAdapter() async throws -> any ChatAdapter
    /// The bot's connection is up and delivers to `sink`; nil: it has ended.
    func connected(to sink: ContractSink?) async throws
    /// A person writes to the bot. Returns when the running host has the message, or without a host, when the platform
    /// has it. Returns the platform's message id; empty if there is none.
    @discardableResult
    func say(_ text: String, as person: String, _ manner: Manner) async throws -> String
    /// A person edits their message. Returns when the running host has the edit.
    func edit(_ message: String, to text: String, as person: String) async throws
    /// A person deletes their message. Returns when the running host has the deletion.
    func takeBack(_ message: String, as person: String) async throws
    /// A person sends a file with a text for the bot. Returns when the running host has it.
    func send(_ file: PersonsFile, saying text: String, as person: String) async throws
    /// A person presses a button of the bot's newest message that has it. Returns when the running host has the event.
    func press(_ button: MessageButton, as person: String) async throws
    /// A person reacts to the bot's newest message. Returns when the running host has the event.
    func react(_ emoji: String, as person: String) async throws
    /// The files that the bot has posted, oldest first.
    func files() async throws -> [PostedFile]
    /// The bot's reactions on a person's message.
    func marks(on message: String) async throws -> [String]
    /// The bot's messages as the room currently shows them, oldest first.
    func shown() async throws -> [Shown]
    /// Returns when everything that the platform has accepted is in ``shown()``.
    func settle() async throws
    /// Removes the current messages from ``shown()``, so that a long test does not accumulate them.
    func forget() async throws
    /// Breaks something that the bot does next.
    func inject(_ fault: NetworkFault) async throws
    /// Ends lasting faults and releases what they held.
    func mend() async throws
    /// People remove the bot from the room, or let it in again.
    func setMember(_ isMember: Bool) async throws
    /// Whether something that the bot sends is stuck in a half-open connection.
    func isStuck() async throws -> Bool
    /// People send each other `count` messages that are not for the bot. Returns when the running host has them.
    func chatter(_ count: Int) async throws
    /// The bot's connection breaks, and the host never gets another one.
    func sever() async throws
    /// Stops the platform.
    func close() async
}

extension ContractNetwork {
    var room: String { FakeNetwork.room }
    func edit(_ message: String, to text: String, as person: String) async throws {}
    func takeBack(_ message: String, as person: String) async throws {}
    func press(_ button: MessageButton, as person: String) async throws {}
    func react(_ emoji: String, as person: String) async throws {}
    func files() async throws -> [PostedFile] { [] }
    func marks(on message: String) async throws -> [String] { [] }

    /// Without files, only the text is sent.
    func send(_ file: PersonsFile, saying text: String, as person: String) async throws {
        try await self.say(text, as: person, Manner())
    }

    func settle() async throws {}
    func mend() async throws {}
    func setMember(_ isMember: Bool) async throws { throw ContractFailure("nobody can remove the bot") }
    func isStuck() async throws -> Bool { true }
    func sever() async throws {}
    func close() async {}
}

/// What a network supports.
struct NetworkAbilities: OptionSet {
    let rawValue: Int

    /// Messages can be edited.
    static let edits = Self(rawValue: 1 << 0)
    /// Events have platform ids, by which repeats are recognised.
    static let eventIDs = Self(rawValue: 1 << 1)
    /// Messages sent while the bot was away can be fetched.
    static let backlog = Self(rawValue: 1 << 2)
    /// A post can fail.
    static let failures = Self(rawValue: 1 << 3)
    /// Messages identify programs and the bot itself as authors.
    static let authors = Self(rawValue: 1 << 4)
    /// The bot's lines about itself appear in the room while it answers.
    static let notes = Self(rawValue: 1 << 5)
    /// Messages have a size limit, so that a long answer takes several.
    static let limit = Self(rawValue: 1 << 6)
    /// A post of unknown outcome can be looked up, so that it is not repeated.
    static let reconciles = Self(rawValue: 1 << 7)
    /// The bot can react to messages.
    static let reactions = Self(rawValue: 1 << 8)
    /// Edits of messages are reported.
    static let changes = Self(rawValue: 1 << 9)
    /// A message can have any time; otherwise the test can only advance the clock.
    static let anyTime = Self(rawValue: 1 << 11)
    /// Deletions of messages are reported.
    static let deletions = Self(rawValue: 1 << 10)
    /// Files can be sent and received.
    static let files = Self(rawValue: 1 << 12)
    /// Messages can have buttons.
    static let buttons = Self(rawValue: 1 << 13)
    /// The end of a growing answer may be held back until more of it comes.
    static let heldBack = Self(rawValue: 1 << 15)
    /// People's reactions are reported.
    static let choices = Self(rawValue: 1 << 14)
}

/// How a message arrives.
struct Manner: Sendable {
    enum Author: Sendable { case person, bot, oneself }

    /// The platform's event id; nil for a new one.
    var id: String?
    var author = Author.person
    /// The message mentions the bot; a command in a room need not.
    var isAddressed = true
    /// Sent while the bot is away, to be fetched later.
    var isBacklog = false
    /// Milliseconds since 1970.
    var sentAt = ContractBench.now
}

/// A file from a person.
struct PersonsFile: Sendable {
    let name: String
    let bytes: [UInt8]
    /// The type that the person's client claims.
    var type = "application/octet-stream"
}

/// A file from the bot.
struct PostedFile: Sendable, Equatable {
    /// The recipient.
    let person: String
    let name: String
    let bytes: [UInt8]
}

/// A message from the bot.
struct Shown: Sendable, Equatable, CustomStringConvertible {
    /// The recipient.
    let person: String
    let text: String

    var description: String { "\(self.person) ← \(self.text)" }
}

enum NetworkFault: Sendable {
    /// The next post arrives, but its response is lost.
    case postIsLostOnTheWayBack
    /// The next edit arrives, but its response is lost.
    case editIsLostOnTheWayBack
    /// The next post is throttled.
    case tooFast
    /// The next edit is throttled.
    case editTooFast
    /// The connection is down for a moment.
    case away
    /// The next post fails with a server error and does not arrive.
    case serverError
    /// The next edit fails with a server error and does not arrive.
    case editServerError
    /// The bot's requests get no answer and no events arrive until the network is mended.
    case halfOpen
    /// Every event arrives twice.
    case eventsTwice
    /// Events wait until the network is mended, then arrive in reverse order.
    case eventsHeld
}

/// The networks that the contract runs over.
enum NetworkKind: String, CaseIterable, CustomTestStringConvertible {
    case editing, appending, rich, irc, web, matrix, matrixEncrypted, slack, slackEdits, telegram

    var testDescription: String { self.rawValue }

    /// - Parameter answerMessages: how many messages an answer may take in an in-memory network.
    func make(answerMessages: Int = 1_000) async throws -> any ContractNetwork {
        switch self {
        case .editing: FakeNetwork(isEditing: true, answerMessages: answerMessages)
        case .appending: FakeNetwork(isEditing: false, answerMessages: answerMessages)
        case .rich:
            FakeNetwork(
                isEditing: true, features: [.reactions, .deletes, .files, .buttons, .typing],
                answerMessages: answerMessages)
        case .irc: try await IRCNetwork()
        case .web: WebNetwork()
        case .matrix: try await MatrixNetwork()
        case .matrixEncrypted: try await MatrixNetwork(isEncrypted: true)
        case .slack: SlackNetwork(hasStreams: true)
        case .slackEdits: SlackNetwork(hasStreams: false)
        case .telegram: TelegramNetwork()
        }
    }
}
