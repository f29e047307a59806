internal import JSON
internal import TestSupport

/// Direct messages in the loopback Slack.
struct BenchSlack: BenchNetwork {
    private let slack: LoopbackSlack
    private let channels: [String]
    private let people: [String]
    let connection: JSONObject

    init(rooms: Int, hasLimits: Bool) async throws {
        var settings = LoopbackSlack.Settings()
        settings.rateLimits = hasLimits ? .real : .off
        let slack = try await LoopbackSlack.started(settings)
        self.people = (0..<rooms).map { slack.addUser("Person \($0)") }
        self.channels = self.people.map { slack.directChannel(with: $0) }
        self.slack = slack
        self.connection = [
            "api_url": .string(slack.apiURL), "bot_token": .string(slack.botToken),
            "app_token": .string(slack.appToken),
            "members": .array(self.people.map { .string("slack:\(slack.teamID)/\($0)") }),
        ]
    }

    func open() async throws {
        try await self.slack.wait("a connection") { $0.connectionCount > 0 }
    }

    func ask(_ text: String, in room: Int) async throws -> BenchQuestion {
        BenchQuestion(
            room: room, id: self.slack.say(text, as: self.people[room], in: self.channels[room]))
    }

    func wait(
        _ question: BenchQuestion, within limit: Duration, until isMet: @escaping @Sendable ([BenchWords]) -> Bool
    ) async throws -> [BenchWords] {
        try await self.slack.wait("an answer", for: limit) { isMet(self.words(question, $0)) }
        return self.words(question, self.slack)
    }

    func words(after question: BenchQuestion) async -> [BenchWords] { self.words(question, self.slack) }

    private func words(_ question: BenchQuestion, _ slack: LoopbackSlack) -> [BenchWords] {
        slack.shown(in: self.channels[question.room]).filter { $0.ts > question.id }
            .map { BenchWords(text: $0.content, isGrowing: $0.isStreaming) }
    }

    /// Three hundred posts per minute, in any distribution.
    func leastSeconds(for answers: Int) -> Double { Double((answers - 1) / 300) * 60 }

    var calls: [String: Int] {
        self.slack.counts.filter { $0.key.hasPrefix("chat.") }
    }

    var refusals: Int { self.slack.refusals["ratelimited"] ?? 0 }

    func stop() async { await self.slack.stop() }
}
