internal import JSON
internal import Primitives
internal import TestSupport

/// Creates networks. Bots on Matrix share one server.
struct BenchNetworks: Sendable {
    let hasLimits: Bool
    /// Synapse's rate limit; nil for its default of one event in five seconds, at which 200 answers take a quarter of
    /// an hour.
    let eventsPerSecond: Double?
    /// Where the people talk with their bots.
    let place: BenchPlace
    /// Whether everything that bots ask of Synapse is counted, which takes time.
    let isCounted: Bool
    private let synapse = Protected<Synapse?>(nil)
    private let irc = Protected<NgIRCd?>(nil)

    init(hasLimits: Bool, eventsPerSecond: Double? = nil, place: BenchPlace = .direct, isCounted: Bool = false) {
        self.hasLimits = hasLimits
        self.isCounted = isCounted
        self.place = place
        self.eventsPerSecond = eventsPerSecond
    }

    func make(_ name: String, rooms: Int, bot: String) async throws -> any BenchNetwork {
        switch name {
        case "telegram":
            let digits = bot == "ours" ? 1_000 : 2_000
            return try await BenchTelegram(
                rooms: rooms, hasLimits: self.hasLimits, token: "\(digits):AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0",
                place: self.place)
        case "slack": return try await BenchSlack(rooms: rooms, hasLimits: self.hasLimits, place: self.place)
        case "irc": return BenchIRC(try await self.channels(), rooms: rooms, bot: bot, place: self.place)
        case "matrix":
            return try await BenchMatrix(
                try await self.server(), rooms: rooms, bot: bot,
                eventsPerSecond: self.hasLimits ? self.eventsPerSecond ?? 0.2 : nil, place: self.place,
                isCounted: self.isCounted)
        default: throw BenchFailure("unknown network '\(name)'")
        }
    }

    func stop() async {
        await self.synapse.withLock { $0.take() }?.remove()
        await self.irc.withLock { $0.take() }?.stop()
    }

    private func channels() async throws -> NgIRCd {
        if let irc = self.irc.withLock({ $0 }) { return irc }
        let irc = try await NgIRCd(hasPenalty: false)
        self.irc.withLock { $0 = irc }
        return irc
    }

    private func server() async throws -> Synapse {
        if let synapse = self.synapse.withLock({ $0 }) { return synapse }
        let limits = self.eventsPerSecond.map { Synapse.Limits.messages(perSecond: $0, burst: 10) } ?? .synapseDefaults
        let synapse = try await Synapse(limits: self.hasLimits ? limits : .off)
        self.synapse.withLock { $0 = synapse }
        return synapse
    }
}

/// Where people talk with a bot.
enum BenchPlace: String, Sendable {
    case direct
    /// A room with others in it, where the bot is mentioned.
    case room
}

/// A network on loopback with one bot, and a person in each room who asks it questions.
protocol BenchNetwork: Sendable {
    /// How a bot connects, for the programs in `Bench/networks`; known before the bot starts.
    var connection: JSONObject { get }
    /// Creates the rooms that need the bot to be present, and waits for it.
    func open() async throws
    /// Asks a question in the room with this number.
    func ask(_ text: String, in room: Int) async throws -> BenchQuestion
    /// Says something that is not for the bot in a room that is not direct.
    func talk(_ text: String, in room: Int) async throws
    /// Waits until the bot's messages after the question meet the condition, checked after each change; returns them.
    @discardableResult
    func wait(
        _ question: BenchQuestion, within limit: Duration, until isMet: @escaping @Sendable ([BenchWords]) -> Bool
    ) async throws -> [BenchWords]
    /// The bot's messages that have followed the question so far.
    func words(after question: BenchQuestion) async -> [BenchWords]
    /// The bot's writing calls so far, by method.
    var calls: [String: Int] { get async }
    /// Everything that the bot has asked of the network or sent to it, by method, besides waiting for events.
    var counts: [String: Int] { get async }
    /// How many seconds the rate limits require for this many answers of one message each, all wanted at once.
    func leastSeconds(for answers: Int) -> Double
    /// The number of calls refused because of rate limits.
    var refusals: Int { get async }
    func stop() async
}

/// A question, after which an answer is expected.
struct BenchQuestion: Sendable {
    let room: Int
    /// The network's id for the question.
    let id: String
}

/// A message of the bot, as currently shown.
struct BenchWords: Sendable {
    let text: String
    /// Whether the network still shows it as growing.
    let isGrowing: Bool
}

/// A long answer, token by token, like a model's: words, sentences, paragraphs, headings and lists.
///
/// Each word is numbered, so that no loss goes unnoticed; the last token contains the time it was written.
enum BenchStory {
    static let ending = "Ended at "

    static func token(_ number: Int, of count: Int) -> String {
        if number == count - 1 { return "\n\n\(Self.ending)\(BenchClock.microseconds())." }
        switch number % 200 {
        case 0: return (number == 0 ? "" : "\n\n") + "## Part \(number / 200 + 1)\n\nw\(number)"
        case 150: return "\n\n- w\(number)"
        case 160, 170: return "\n- w\(number)"
        case 180: return "\n\nAnd w\(number)"
        default: return (number % 12 == 0 ? ". Then" : "") + " w\(number)"
        }
    }

    /// The number of different tokens in a text.
    static func count(in text: String) -> Int {
        var numbers: Set<Int> = []
        var rest = text.utf8[...]
        while let start = rest.firstIndex(of: UInt8(ascii: "w")) {
            rest = rest[rest.index(after: start)...]
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            if let number = Int(Substring(digits)) { numbers.insert(number) }
            rest = rest[digits.endIndex...]
        }
        return numbers.count
    }

    /// When the last token was written, in microseconds since 1970.
    static func endTime(in text: String) -> Int64? {
        guard let range = text.range(of: Self.ending) else { return nil }
        return Int64(text[range.upperBound...].prefix(while: \.isNumber))
    }
}

extension String {
    /// The last occurrence of a text.
    fileprivate func range(of other: String) -> Range<String.Index>? { self.ranges(of: other).last }
}
