internal import JSON

/// A network on loopback with one bot, and a person in each room who asks it questions.
protocol BenchNetwork: Sendable {
    /// How a bot connects, for the programs in `Bench/networks`; known before the bot starts.
    var connection: JSONObject { get }
    /// Creates the rooms that need the bot to be present, and waits for it.
    func open() async throws
    /// Asks a question in the room with this number.
    func ask(_ text: String, in room: Int) async throws -> BenchQuestion
    /// Waits until the bot's messages after the question meet the condition, checked after each change; returns them.
    @discardableResult
    func wait(
        _ question: BenchQuestion, within limit: Duration, until isMet: @escaping @Sendable ([BenchWords]) -> Bool
    ) async throws -> [BenchWords]
    /// The bot's messages that have followed the question so far.
    func words(after question: BenchQuestion) async -> [BenchWords]
    /// The bot's writing calls so far, by method.
    var calls: [String: Int] { get async }
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
