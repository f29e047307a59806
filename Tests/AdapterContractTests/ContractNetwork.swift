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

    /// How the access lists write a person.
    func identity(of person: String) -> String
    /// Starts the platform and lets `people` into the room; the first of them reads what is shown.
    func open(to people: [String]) async throws
    /// A fresh connection of the bot, not running yet.
    func makeAdapter() throws -> any ChatAdapter
    /// The bot's connection is made and delivers to `sink`; nil: it has ended.
    func connected(to sink: ContractSink?) async throws
    /// Somebody writes to the bot. Returns when the running host has it, or without one, when the platform has it.
    func say(_ text: String, as person: String, _ manner: Manner) async throws
    /// What the bot has said in the room, as it stands there now, oldest first.
    func shown() async throws -> [Shown]
    /// Returns when all that the platform has accepted so far is in ``shown()``.
    func settle() async throws
    /// Leaves out of ``shown()`` what it has now, so that a long test does not keep it.
    func forget() async throws
    /// Makes something go wrong with what the bot does next.
    func inject(_ fault: NetworkFault) async throws
    /// The bot's connection ends without a word, and that host never gets another one.
    func sever() async throws
    /// Ends the platform.
    func close() async
}

extension ContractNetwork {
    func settle() async throws {}
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
}

/// How a message comes in.
struct Manner: Sendable {
    enum Author: Sendable { case person, bot, oneself }

    /// The platform's id of the event; nil for a new one.
    var id: String?
    var author = Author.person
    /// The bot is named; a command in a room need not name it.
    var isAddressed = true
    /// Fetched after the bot was away.
    var isBacklog = false
    /// Milliseconds since 1970.
    var sentAt = ContractBench.now
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
}

/// The networks that the contract runs over.
enum NetworkKind: String, CaseIterable, CustomTestStringConvertible {
    case editing, appending, rich, irc, web

    var testDescription: String { self.rawValue }

    func make() async throws -> any ContractNetwork {
        switch self {
        case .editing: FakeNetwork(isEditing: true)
        case .appending: FakeNetwork(isEditing: false)
        case .rich: FakeNetwork(isEditing: true, features: [.reactions, .deletes, .files, .buttons, .typing])
        case .irc: try await IRCNetwork()
        case .web: WebNetwork()
        }
    }
}
