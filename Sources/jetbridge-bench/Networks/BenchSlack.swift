internal import JSON
internal import TestSupport

/// The loopback Slack.
struct BenchSlack: BenchNetwork {
    private let slack: LoopbackSlack
    private let channels: [String]
    private let people: [String]
    let connection: JSONObject

    private let place: BenchPlace

    init(rooms: Int, hasLimits: Bool, place: BenchPlace) async throws {
        var settings = LoopbackSlack.Settings()
        settings.rateLimits = hasLimits ? .real : .off
        let slack = try await LoopbackSlack.started(settings)
        self.people = (0..<rooms).map { slack.addUser("Person \($0)") }
        self.channels = self.people.enumerated().map { number, person in
            guard place == .room else { return slack.directChannel(with: person) }
            let channel = slack.addChannel("room-\(number)")
            slack.addMember(person, to: channel)
            return channel
        }
        self.slack = slack
        self.place = place
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
        let text = self.place == .room ? "\(self.slack.mention) \(text)" : text
        return BenchQuestion(
            room: room, id: self.slack.say(text, as: self.people[room], in: self.channels[room]))
    }

    func talk(_ text: String, in room: Int) async throws {
        self.slack.say(text, as: self.people[room], in: self.channels[room])
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

    var counts: [String: Int] { self.slack.counts }

    var refusals: Int { self.slack.refusals["ratelimited"] ?? 0 }

    func stop() async { await self.slack.stop() }
}
