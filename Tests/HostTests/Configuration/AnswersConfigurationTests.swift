import Chat
import Host
import JSON
import TestSupport
import Testing

@Suite("Configuration: when it answers")
struct AnswersConfigurationTests {
    private static let slack = "id: team, bot_token: {env: XOXB}, app_token: {env: XAPP}"
    private static let environment = ["XOXB": "xoxb-1-secret", "XAPP": "xapp-1-secret"]

    private func rules(_ top: String, _ slack: String = "") throws -> AnswerRules {
        let loaded = load("\(top)\nadapters: {slack: [{\(Self.slack)\(slack)}]}", environment: Self.environment)
        expectEqual(loaded.issues, [])
        return try #require(loaded.configuration).adapters.answers
    }

    @Test("the top, an adapter and a room say it, in either form; the narrower counts")
    func levels() throws {
        let adapter = AdapterID("slack:team")
        let (general, random) = (RoomID(adapter: adapter, name: "C1"), RoomID(adapter: adapter, name: "C2"))
        try expectEqual(self.rules("").threads(in: general), .always)
        for form in ["mentioned", "{threads: mentioned}"] {
            try expectEqual(self.rules("answers: \(form)").threads(in: general), .mentioned)
            try expectEqual(self.rules("", ", answers: \(form)").threads(in: general), .mentioned)
            let rooms = try self.rules("", ", rooms: {C1: {answers: \(form)}, C2: {}}")
            #expect(rooms.threads(in: general) == .mentioned && rooms.threads(in: random) == .always)
        }
        let all = try self.rules(
            "answers: mentioned", ", answers: {threads: always}, rooms: {C2: {answers: mentioned}}")
        #expect(all.threads(in: general) == .always && all.threads(in: random) == .mentioned)
        let other = RoomID(adapter: AdapterID("irc:local"), name: "C1")
        expectEqual(all.threads(in: other), .mentioned)
    }

    @Test(
        "mistakes are reported with their place",
        arguments: [
            ("answers: sometimes", "answers"), ("answers: {threads: never}", "answers.threads"),
            ("answers: {thread: always}", "answers.thread"),
            ("adapters: {slack: [{\(Self.slack), answers: 1}]}", "adapters.slack[0].answers"),
            ("adapters: {slack: [{\(Self.slack), rooms: [C1]}]}", "adapters.slack[0].rooms"),
            (
                "adapters: {slack: [{\(Self.slack), rooms: {C1: {answers: all}}}]}",
                "adapters.slack[0].rooms.C1.answers"
            ),
            (
                "adapters: {slack: [{\(Self.slack), rooms: {C1: {answer: mentioned}}}]}",
                "adapters.slack[0].rooms.C1.answer"
            ),
        ])
    func mistakes(text: String, path: String) {
        expectEqual(load(text, environment: Self.environment).errors.map(\.path), [path])
    }

    @Test("what takes effect names the default")
    func effective() {
        expectEqual(load("").effective["answers"], ["threads": "always"])
    }
}
