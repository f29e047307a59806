import Chat
import Host
import JSON
import TestSupport
import Testing

@Suite("Configuration: what a model is given")
struct ContextConfigurationTests {
    private static let slack = "id: team, bot_token: {env: XOXB}, app_token: {env: XAPP}"
    private static let environment = ["XOXB": "xoxb-1-secret", "XAPP": "xapp-1-secret"]

    private func rules(_ top: String, _ slack: String = "") throws -> ContextRules {
        let loaded = load("\(top)\nadapters: {slack: [{\(Self.slack)\(slack)}]}", environment: Self.environment)
        expectEqual(loaded.issues, [])
        return try #require(loaded.configuration).adapters.context
    }

    @Test("the top, an adapter and a room say it; the narrower counts, and what it does not say has the default")
    func levels() throws {
        let adapter = AdapterID("slack:team")
        let (general, random) = (RoomID(adapter: adapter, name: "C1"), RoomID(adapter: adapter, name: "C2"))
        try expectEqual(self.rules("").limits(in: general), ContextLimits())
        try expectEqual(self.rules("context: none").limits(in: general), nil)
        let limits = ContextLimits(thread: 5, room: 0, age: 3_600_000, tokens: 500)
        try expectEqual(
            self.rules("context: {thread: 5, room: 0, age: 1h, tokens: 500}").limits(in: general), limits)
        let rooms = try self.rules(
            "context: none", ", context: {room: 3}, rooms: {C1: {context: none, answers: mentioned}, C2: {}}")
        expectEqual(rooms.limits(in: general), nil)
        expectEqual(rooms.limits(in: random), ContextLimits(room: 3))
        expectEqual(rooms.limits(in: RoomID(adapter: AdapterID("irc:local"), name: "C1")), nil)
    }

    @Test(
        "mistakes are reported with their place",
        arguments: [
            ("context: some", "context"), ("context: {thread: 201}", "context.thread"),
            ("context: {age: 91d}", "context.age"), ("context: {tokens: 9}", "context.tokens"),
            ("context: {lines: 5}", "context.lines"),
            ("adapters: {slack: [{\(Self.slack), context: 1}]}", "adapters.slack[0].context"),
            (
                "adapters: {slack: [{\(Self.slack), rooms: {C1: {context: all}}}]}",
                "adapters.slack[0].rooms.C1.context"
            ),
        ])
    func mistakes(text: String, path: String) {
        expectEqual(load(text, environment: Self.environment).errors.map(\.path), [path])
    }

    @Test(
        "what takes effect names the default",
        arguments: [
            ("context", ["thread": 50, "room": 20, "age": "7d", "tokens": 8_000]), ("answers", ["threads": "always"]),
            ("files", ["images": 1_568, "documents": 100_000]), ("access.requests", true), ("approvals.timeout", "30m"),
        ] as [(String, JSON)])
    func effective(path: String, value: JSON) {
        let found = path.split(separator: ".").reduce(load("").effective as JSON?) { $0?[String($1)] }
        expectEqual(found, value)
    }
}
