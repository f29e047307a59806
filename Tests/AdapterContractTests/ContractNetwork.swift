import Chat
import Testing

@testable import Sessions

/// A network under test: people on one side, an adapter of ours on the other, and a room between them.
///
/// A new network joins the contract by one conformance and one case of ``NetworkKind``. The platform itself lives as
/// long as the conformance; the bot's connection to it comes and goes with ``makeAdapter()``.
protocol ContractNetwork: Sendable {
    /// What it can show. A case that needs more asserts what is left instead.
    var abilities: NetworkAbilities { get }
    /// The platform's id of the room; known once it is open.
    var room: String { get }

    /// How the access lists write a person.
    func identity(of person: String) -> String
    /// Starts the platform and lets `people` into the room; the first of them reads what is shown.
    func open(to people: [String]) async throws
    /// A fresh connection of the bot, not running yet.
    func makeAdapter() async throws -> any ChatAdapter
    /// The bot's connection is made and delivers to `sink`; nil: it has ended.
    func connected(to sink: ContractSink?) async throws
    /// Somebody writes to the bot. Returns when the running host has it, or without one, when the platform has it. The
    /// platform's id of the message; empty where there is none.
    @discardableResult
    func say(_ text: String, as person: String, _ manner: Manner) async throws -> String
    /// Somebody changes a message of theirs. Returns when the running host has that.
    func edit(_ message: String, to text: String, as person: String) async throws
    /// Somebody takes a message of theirs back. Returns when the running host has that.
    func takeBack(_ message: String, as person: String) async throws
    /// Somebody sends a file with a text for the bot. Returns when the running host has it.
    func send(_ file: PersonsFile, saying text: String, as person: String) async throws
    /// Somebody presses a button of the bot's newest message. Returns when the running host has that.
    func press(_ button: MessageButton, as person: String) async throws
    /// Somebody reacts to the bot's newest message. Returns when the running host has that.
    func react(_ emoji: String, as person: String) async throws
    /// The files that the bot has posted, oldest first.
    func files() async throws -> [PostedFile]
    /// The bot's reactions on a person's message.
    func marks(on message: String) async throws -> [String]
    /// What the bot has said in the room, as it stands there now, oldest first.
    func shown() async throws -> [Shown]
    /// Returns when all that the platform has accepted so far is in ``shown()``.
    func settle() async throws
    /// Leaves out of ``shown()`` what it has now, so that a long test does not keep it.
    func forget() async throws
    /// Makes something go wrong with what the bot does next.
    func inject(_ fault: NetworkFault) async throws
    /// Ends what lasts of the injected faults, and lets go what they held.
    func mend() async throws
    /// Whether something that the bot sends hangs in a connection that is only half open.
    func isStuck() async throws -> Bool
    /// People talk among each other, `count` messages that are not for the bot. Returns when the running host has them.
    func chatter(_ count: Int) async throws
    /// The bot's connection ends without a word, and that host never gets another one.
    func sever() async throws
    /// Ends the platform.
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

    /// Where nobody can send a file, the words are said.
    func send(_ file: PersonsFile, saying text: String, as person: String) async throws {
        try await self.say(text, as: person, Manner())
    }

    func settle() async throws {}
    func mend() async throws {}
    func isStuck() async throws -> Bool { true }
    func sever() async throws {}
    func close() async {}
}

/// What a network can show of the contract.
struct NetworkAbilities: OptionSet {
    let rawValue: Int

    /// Messages can be replaced.
    static let edits = Self(rawValue: 1 << 0)
    /// Events have ids of the platform's, by which a repeat is known.
    static let eventIDs = Self(rawValue: 1 << 1)
    /// What was said while the bot was away can be fetched.
    static let backlog = Self(rawValue: 1 << 2)
    /// A post can fail.
    static let failures = Self(rawValue: 1 << 3)
    /// Who is a program, and who is the bot itself, is told with the message.
    static let authors = Self(rawValue: 1 << 4)
    /// Lines of the bot about itself stand in the room while it answers.
    static let notes = Self(rawValue: 1 << 5)
    /// A message is limited, so that a long answer takes several.
    static let limit = Self(rawValue: 1 << 6)
    /// A post of unknown fate is looked for, so that none is repeated.
    static let reconciles = Self(rawValue: 1 << 7)
    /// The bot can react to messages.
    static let reactions = Self(rawValue: 1 << 8)
    /// Changed messages are told.
    static let changes = Self(rawValue: 1 << 9)
    /// A message comes with the time that the test wants; else its clock can only be moved on.
    static let anyTime = Self(rawValue: 1 << 11)
    /// Messages that were taken back are told.
    static let deletions = Self(rawValue: 1 << 10)
    /// Files come in and go out.
    static let files = Self(rawValue: 1 << 12)
    /// There are buttons below messages.
    static let buttons = Self(rawValue: 1 << 13)
    /// The end of an answer that grows may not be shown before more of it comes.
    static let heldBack = Self(rawValue: 1 << 15)
    /// People's reactions are told.
    static let choices = Self(rawValue: 1 << 14)
}

/// How a message comes in.
struct Manner: Sendable {
    enum Author: Sendable { case person, bot, oneself }

    /// The platform's id of the event; nil for a new one.
    var id: String?
    var author = Author.person
    /// The bot is named; a command in a room need not name it.
    var isAddressed = true
    /// Said while the bot is away, for it to fetch later.
    var isBacklog = false
    /// Milliseconds since 1970.
    var sentAt = ContractBench.now
}

/// A file of a person's.
struct PersonsFile: Sendable {
    let name: String
    let bytes: [UInt8]
    /// What the person's program says of it.
    var type = "application/octet-stream"
}

/// A file of the bot's.
struct PostedFile: Sendable, Equatable {
    /// Whom it is for.
    let person: String
    let name: String
    let bytes: [UInt8]
}

/// A message of the bot's.
struct Shown: Sendable, Equatable, CustomStringConvertible {
    /// Whom it is for.
    let person: String
    let text: String

    var description: String { "\(self.person) ← \(self.text)" }
}

enum NetworkFault: Sendable {
    /// The next post arrives, and the bot does not learn of it.
    case postIsLostOnTheWayBack
    /// The next edit arrives, and the bot does not learn of it.
    case editIsLostOnTheWayBack
    /// The next post is refused: too fast.
    case tooFast
    /// The next edit is refused: too fast.
    case editTooFast
    /// There is no connection for a moment.
    case away
    /// The next post is answered with an error of the server's own, and does not arrive.
    case serverError
    /// The next edit is answered with an error of the server's own, and does not arrive.
    case editServerError
    /// What the bot sends gets no answer, and nothing comes in, until the network is mended.
    case halfOpen
    /// Everything that comes in comes twice.
    case eventsTwice
    /// What is said waits; when the network is mended it comes in, the last first.
    case eventsHeld
}

/// The networks that the contract runs over.
enum NetworkKind: String, CaseIterable, CustomTestStringConvertible {
    case editing, appending, rich, irc, web, matrix, slack, slackEdits, telegram

    var testDescription: String { self.rawValue }

    /// - Parameter answerMessages: how many messages an answer may take in a network in memory.
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
        case .slack: SlackNetwork(hasStreams: true)
        case .slackEdits: SlackNetwork(hasStreams: false)
        case .telegram: TelegramNetwork()
        }
    }
}
