import HTTP
import JSON
import TestSupport

/// A room of a network where a person asks the real program and watches it crash.
protocol CrashRoom: Sendable {
    /// The network's part of the configuration, with the owner.
    var configuration: String { get }
    /// The secrets named in the configuration.
    var environment: [String: String] { get }
    /// Whether a message of unknown outcome is looked up, so that nothing appears twice.
    var isExact: Bool { get }
    /// Waits until the program receives messages.
    func waitForBot() async throws
    /// The owner asks, always in the same conversation.
    func ask(_ text: String) async throws
    /// The bot's messages there, oldest first.
    func texts() async throws -> [String]
    func close() async
}

extension CrashRoom {
    /// Polls until the messages satisfy `isMet`, since a platform may offer no notification.
    @discardableResult
    func wait(for what: String, until isMet: ([String]) -> Bool) async throws -> [String] {
        let deadline = ContinuousClock.now + .seconds(40)
        while true {
            let texts = try await self.texts()
            if isMet(texts) { return texts }
            guard ContinuousClock.now < deadline else { throw CrashRoomFailure("no \(what) in \(texts)") }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}

/// The expected messages did not come.
struct CrashRoomFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// The networks, each with its kind of conversation.
enum CrashNetwork: String, CaseIterable {
    /// A thread in a room of a real Synapse.
    case matrix
    /// The same in an encrypted room, which an independent client reads.
    case matrixEncrypted
    /// A thread in a channel.
    case slack
    /// A private chat.
    case telegram

    /// The sign with which commands begin.
    var commandSign: String { [.matrix, .matrixEncrypted].contains(self) ? "!" : "/" }

    func open() async throws -> any CrashRoom {
        switch self {
        case .matrix: try await MatrixCrashRoom(isEncrypted: false)
        case .matrixEncrypted: try await MatrixCrashRoom(isEncrypted: true)
        case .slack: try await SlackCrashRoom()
        case .telegram: try await TelegramCrashRoom()
        }
    }
}

/// The conversation of one person in a thread.
private actor Thread<ID: Sendable> {
    var root: ID?

    func begin(_ id: ID) { if self.root == nil { self.root = id } }
}

private struct MatrixCrashRoom: CrashRoom {
    let isEncrypted: Bool
    let synapse: Synapse
    let alice: MatrixPerson
    let bot: MatrixAccount
    let room: String
    let thread = Thread<String>()

    init(isEncrypted: Bool) async throws {
        self.synapse = try await Synapse.shared()
        self.isEncrypted = isEncrypted
        // Rooms that are made through it are encrypted.
        let url = isEncrypted ? try await MatrixEncryptingProxy.shared(before: self.synapse) : nil
        self.alice = try await self.synapse.person(try await self.synapse.newAccount("alice"), by: url)
        self.bot = try await self.synapse.newAccount("jetbot")
        self.room = try await self.alice.createRoom(inviting: [self.bot], name: "team")
    }

    let isExact = true
    var environment: [String: String] { ["MATRIX_TOKEN": self.bot.token] }
    var configuration: String {
        """
        access: {owners: ["matrix:\(self.alice.userID)"]}
        adapters:
          matrix:
            - id: home
              homeserver: "\(self.synapse.url.origin)"
              user: "\(self.bot.userID)"
              access_token: {env: MATRIX_TOKEN}

        """
    }

    func waitForBot() async throws { try await self.alice.waitForJoin(of: self.bot.userID, in: self.room) }

    func ask(_ text: String) async throws {
        let root = await self.thread.root
        await self.thread.begin(
            try await self.alice.say(text, in: self.room, .init(thread: root, mention: self.bot)))
    }

    func texts() async throws -> [String] {
        for event in await self.alice.events(in: self.room) where event["sender"]?.stringValue == self.bot.userID {
            // What was decrypted has its original with it.
            guard self.isEncrypted, event["type"] == "m.room.message", event["test.wire"] == nil else { continue }
            throw CrashRoomFailure("the bot wrote in clear text: \(event)")
        }
        return await self.alice.messages(in: self.room).filter { $0.sender == self.bot.userID }.map(\.body)
    }

    func close() async { await self.alice.leave() }
}

private struct SlackCrashRoom: CrashRoom {
    let slack: LoopbackSlack
    let thread = Thread<String>()

    init() async throws {
        var settings = LoopbackSlack.Settings()
        settings.rateLimits = .off
        // Unacknowledged events come again, sooner than on the real Slack.
        settings.retrySeconds = [0.5, 1, 2, 4, 8]
        self.slack = try await LoopbackSlack.started(settings)
    }

    let isExact = true
    var environment: [String: String] { ["SLACK_BOT": self.slack.botToken, "SLACK_APP": self.slack.appToken] }
    var configuration: String {
        """
        access: {owners: ["slack:\(self.slack.teamID)/\(LoopbackSlack.alice)"]}
        adapters:
          slack:
            - id: team
              bot_token: {env: SLACK_BOT}
              app_token: {env: SLACK_APP}
              api_url: "\(self.slack.apiURL)"

        """
    }

    func waitForBot() async throws { try await self.slack.wait("the bot") { $0.connectionCount > 0 } }

    func ask(_ text: String) async throws {
        let root = await self.thread.root
        await self.thread.begin(self.slack.say("\(self.slack.mention) \(text)", thread: root))
    }

    func texts() async throws -> [String] { self.slack.shown().map(\.content) }

    func close() async { await self.slack.stop() }
}

private struct TelegramCrashRoom: CrashRoom {
    static let alice: Int64 = 1_001

    let telegram: LoopbackTelegram

    init() async throws {
        var settings = LoopbackTelegram.Settings()
        settings.flood = .off
        self.telegram = try await LoopbackTelegram.started(settings)
        self.telegram.addPerson(TelegramPerson(Self.alice, "Alice", username: "alice"))
    }

    /// Telegram cannot be asked for its messages.
    let isExact = false
    var environment: [String: String] { ["TELEGRAM_TOKEN": self.telegram.token] }
    var configuration: String {
        """
        access: {owners: ["telegram:\(Self.alice)"]}
        adapters:
          telegram:
            - id: bot
              token: {env: TELEGRAM_TOKEN}
              api_url: "\(self.telegram.apiURL)"

        """
    }

    /// Telegram keeps messages until they are fetched.
    func waitForBot() async throws {}

    func ask(_ text: String) async throws { self.telegram.say(text, as: Self.alice, in: Self.alice) }

    func texts() async throws -> [String] { self.telegram.shownByBot(in: Self.alice).map(\.text) }

    func close() async { await self.telegram.stop() }
}
