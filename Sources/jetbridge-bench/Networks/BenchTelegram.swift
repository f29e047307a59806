internal import JSON
internal import Primitives
internal import TestSupport

/// The loopback Telegram.
struct BenchTelegram: BenchNetwork {
    private static let firstPerson: Int64 = 1_001
    private static let firstGroup: Int64 = -1_001_000_000_000
    private let telegram: LoopbackTelegram
    private let place: BenchPlace
    let connection: JSONObject

    init(rooms: Int, hasLimits: Bool, token: String, place: BenchPlace) async throws {
        var settings = LoopbackTelegram.Settings()
        settings.token = token
        settings.hasPrivacyMode = place == .direct
        settings.flood = hasLimits ? .real : .off
        let telegram = try await LoopbackTelegram.started(settings)
        let people = (0..<rooms).map { Self.firstPerson + Int64($0) }
        for person in people { telegram.addPerson(TelegramPerson(person, "Person \(person)")) }
        if place == .room {
            for (number, person) in people.enumerated() {
                telegram.addGroup(Self.firstGroup - Int64(number), "Room \(number)", members: [person])
            }
        }
        self.telegram = telegram
        self.place = place
        self.connection = [
            "api_url": .string(telegram.apiURL), "token": .string(token),
            "members": .array(people.map { .string("telegram:\($0)") }),
        ]
    }

    func open() async throws {}

    func ask(_ text: String, in room: Int) async throws -> BenchQuestion {
        let text = self.place == .room ? "@\(self.telegram.username) \(text)" : text
        return BenchQuestion(
            room: room,
            id: String(self.telegram.say(text, as: Self.firstPerson + Int64(room), in: self.chat(room))))
    }

    func talk(_ text: String, in room: Int) async throws {
        self.telegram.say(text, as: Self.firstPerson + Int64(room), in: self.chat(room))
    }

    private func chat(_ room: Int) -> Int64 {
        self.place == .room ? Self.firstGroup - Int64(room) : Self.firstPerson + Int64(room)
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
        return telegram.shownByBot(in: self.chat(question.room)).filter { $0.id > id }
            .map { BenchWords(text: $0.text, isGrowing: false) }
    }

    /// Thirty at once, then thirty per second.
    func leastSeconds(for answers: Int) -> Double { max(0, Double(answers - 30) / 30) }

    var calls: [String: Int] {
        self.telegram.counts.filter { ["sendMessage", "editMessageText", "sendMessageDraft"].contains($0.key) }
    }

    var counts: [String: Int] { self.telegram.counts.filter { $0.key != "getUpdates" } }

    var refusals: Int { self.telegram.statuses[429] ?? 0 }

    func stop() async { await self.telegram.stop() }
}
