internal import HTTPServer
internal import JSON
internal import TestSupport

extension ConversationBenchmark {
    // MARK: Many groups

    /// People talk in many groups that the bot is in, without asking it anything.
    func remember() async throws {
        let rooms = self.arguments.number("rooms", default: 1_000)
        let lines = self.arguments.number("lines", default: 50)
        var settings = LoopbackTelegram.Settings()
        settings.hasPrivacyMode = false
        settings.flood = .off
        settings.messageLimit = lines
        let telegram = try await LoopbackTelegram.started(settings)
        let people = (1_001...1_005).map { Int64($0) }
        for person in people { telegram.addPerson(TelegramPerson(person, "Person \(person)")) }
        for room in 0..<rooms { telegram.addGroup(Self.group(room), "Room \(room)", members: people) }
        let model = try await RequestClock().start()
        Self.serving(
            [
                "ours": [
                    "api_url": .string(telegram.apiURL), "token": .string(telegram.token),
                    "members": .array(people.map { .string("telegram:\($0)") }),
                ]
            ], model)
        try await Self.ask(telegram, people[0])
        BenchOutput.line(["event": "ready"])
        try await Task.sleep(for: .seconds(7))
        for number in 0..<lines {
            for room in 0..<rooms {
                telegram.say(Self.line(number, room), as: people[(number + room) % people.count], in: Self.group(room))
            }
            try await telegram.wait { $0.waitingUpdates == 0 }
        }
        try await Self.ask(telegram, people[0])
        BenchOutput.line(["event": "filled"])
        try await Task.sleep(for: .seconds(7))
        await telegram.stop()
        await model.stop()
    }

    private static func group(_ room: Int) -> Int64 { -1_001_000_000_000 - Int64(room) }

    /// At most 200 characters, 110 in the middle.
    private static func line(_ number: Int, _ room: Int) -> String {
        let length = 20 + (number * 7_919 + room * 104_729) % 181
        return String("\(number) in \(room): \(Self.talk.joined(separator: " "))".prefix(length))
    }

    /// Waits for an answer, after which everything before the question has been taken in.
    private static func ask(_ telegram: LoopbackTelegram, _ person: Int64) async throws {
        let question = telegram.say("Are you there?", as: person, in: person)
        try await telegram.wait { telegram in
            telegram.shownByBot(in: person).contains { $0.id > question && $0.text.contains("instant answer.") }
        }
    }
}
