internal import JSON

/// A network on loopback with one bot, and somebody in each of its rooms who asks it.
protocol BenchNetwork: Sendable {
    /// What a bot has to be told to be here, for the programs in `Bench/networks`; made before the bot starts.
    var connection: JSONObject { get }
    /// Makes the rooms that need the bot's presence, and waits for it.
    func open() async throws
    /// Somebody asks in the room with this number.
    func ask(_ text: String, in room: Int) async throws -> BenchQuestion
    /// Waits until what the bot has written below the question is as wanted, and returns it; asked after each change.
    @discardableResult
    func wait(
        _ question: BenchQuestion, within limit: Duration, until isMet: @escaping @Sendable ([BenchWords]) -> Bool
    ) async throws -> [BenchWords]
    /// What it has written there by now.
    func words(after question: BenchQuestion) async -> [BenchWords]
    /// Calls of the bot so far, by method; of those that write.
    var calls: [String: Int] { get async }
    /// The seconds that so many answers of one message each take by the limits that hold, when all are wanted at once.
    func leastSeconds(for answers: Int) -> Double
    /// How many calls were told to come later.
    var refusals: Int { get async }
    func stop() async
}

/// Where and after what an answer is expected.
struct BenchQuestion: Sendable {
    let room: Int
    /// The network's id of it.
    let id: String
}

/// A message of the bot's as it stands there.
struct BenchWords: Sendable {
    let text: String
    /// Shown as one that grows.
    let isGrowing: Bool
}
