internal import JSON
internal import Primitives
internal import TestSupport

/// Private chats on the loopback Telegram.
struct BenchTelegram: BenchNetwork {
    private static let firstPerson: Int64 = 1_001
    private let telegram: LoopbackTelegram
    let connection: JSONObject

    init(rooms: Int, hasLimits: Bool, token: String) async throws {
        var settings = LoopbackTelegram.Settings()
        settings.token = token
        settings.flood = hasLimits ? .real : .off
        let telegram = try await LoopbackTelegram.started(settings)
        let people = (0..<rooms).map { Self.firstPerson + Int64($0) }
        for person in people { telegram.addPerson(TelegramPerson(person, "Person \(person)")) }
        self.telegram = telegram
        self.connection = [
            "api_url": .string(telegram.apiURL), "token": .string(token),
            "members": .array(people.map { .string("telegram:\($0)") }),
        ]
    }

    func open() async throws {}

    func ask(_ text: String, in room: Int) async throws -> BenchQuestion {
        let person = Self.firstPerson + Int64(room)
        return BenchQuestion(room: room, id: String(self.telegram.say(text, as: person, in: person)))
    }

    func wait(
        _ question: BenchQuestion, within limit: Duration, until isMet: @escaping @Sendable ([BenchWords]) -> Bool
    ) async throws -> [BenchWords] {
        let done: Void? = try await withDeadline(limit) { () async throws(any Error) in
            try await self.telegram.wait { isMet(self.words(question, $0)) }
        }
        guard done != nil else { throw BenchFailure("timed out after \(limit)") }
        return self.words(question, self.telegram)
    }

    func words(after question: BenchQuestion) async -> [BenchWords] { self.words(question, self.telegram) }

    private func words(_ question: BenchQuestion, _ telegram: LoopbackTelegram) -> [BenchWords] {
        let id = Int(question.id) ?? 0
        return telegram.shownByBot(in: Self.firstPerson + Int64(question.room)).filter { $0.id > id }
            .map { BenchWords(text: $0.text, isGrowing: false) }
    }

    /// Thirty at once, then thirty per second.
    func leastSeconds(for answers: Int) -> Double { max(0, Double(answers - 30) / 30) }

    var calls: [String: Int] {
        self.telegram.counts.filter { ["sendMessage", "editMessageText", "sendMessageDraft"].contains($0.key) }
    }

    var refusals: Int { self.telegram.statuses[429] ?? 0 }

    func stop() async { await self.telegram.stop() }
}
