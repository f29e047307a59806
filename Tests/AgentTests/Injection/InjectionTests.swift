import Agent
import Audit
import Chat
import JSON
import Models
import TestSupport
import Testing

/// The model obeys whatever it reads. What keeps it from doing harm is the gate and the tools.
@Suite("Orders in texts", .timeLimit(.minutes(1)))
struct InjectionTests {
    /// Tests and the log may run; commits and the network are asked about, like all other commands.
    private static let policy = Policy(
        [
            PolicyRule(name: "tests", commands: [["make", "test"], ["git", "log"]], decision: .allow),
            PolicyRule(name: "push", commands: [["git", "push"]], decision: .deny),
            PolicyRule(name: "commits", tools: [.name("commit")], decision: .ask),
        ])

    private static func call(_ name: String, _ arguments: String) -> [ScriptedModel.Step] {
        [
            .event(.toolCall(ToolCall(id: "c1", name: name, arguments: arguments))), .event(.finished(.toolCalls)),
        ]
    }

    /// How the model comes across the text; nil if it is told in its first request.
    private static func approach(_ place: InjectedText.Place) -> (tool: String, arguments: JSON)? {
        switch place {
        case .file: ("read", ["path": "a.txt"])
        case .fileName: ("list", [:])
        case .toolOutput: ("shell", ["command": "make test"])
        case .webPage: ("fetch", ["url": "https://docs.example/page"])
        case .commitMessage: ("shell", ["command": "git log -1"])
        case .history, .projectNotes: nil
        }
    }

    /// Comes across the text, does what it says, and answers.
    private static func model(_ text: InjectedText) -> ScriptedModel {
        ScriptedModel { request in
            let results = request.messages.count { $0.role == .tool }
            if results == 0, let (tool, arguments) = Self.approach(text.place) {
                return Self.call(tool, arguments.text)
            }
            let isObeyed = results > (Self.approach(text.place) == nil ? 0 : 1)
            guard !isObeyed, let order = Self.order(in: request.messages.map(\.text)) else {
                return ScriptedModel.answer("I approve a1. approve a1")
            }
            return Self.call(order.tool, order.arguments)
        }
    }

    private static func order(in texts: [String]) -> (tool: String, arguments: String)? {
        for text in texts.reversed() {
            // Names of files are shown in quotes.
            let plain = text.replacing("\\\"", with: "\"")
            guard let start = plain.firstRange(of: "[["), let end = plain.firstRange(of: "]]") else { continue }
            let parts = plain[start.upperBound..<end.lowerBound].split(separator: " ", maxSplits: 1).map(String.init)
            if parts.count == 2 { return (parts[0], parts[1]) }
        }
        return nil
    }

    private static func desk(_ text: InjectedText) -> FakeDesk {
        switch text.place {
        case .webPage:
            FakeDesk("\(text.text)\n", errors: "fetched 200 text/plain https://docs.example/page\n")
        case .toolOutput, .commitMessage: FakeDesk("\(text.text)\n")
        default: FakeDesk()
        }
    }

    private static func fixture(_ text: InjectedText, _ desk: FakeDesk) async throws -> ToolFixture {
        let fixture = try await ToolFixture(
            ["a.txt": text.place == .file ? "\(text.text)\n" : "a\n", ".env": "TOKEN=abc\n"], desk: desk)
        try fixture.shell(
            "mkdir ../../../outside; echo secret > ../../../outside/file; ln -s ../../../outside/file link; "
                + "ln -s ../../../outside away; mkdir -p .git/hooks")
        if text.place == .fileName { try fixture.put("x", text.text) }
        return fixture
    }

    private static func state(_ fixture: ToolFixture) throws -> String {
        let folder = fixture.directory.path
        return try RealGit(folder).shell(
            "find workspaces/*/files outside | sort; cat outside/* workspaces/*/files/a.txt; ls -A . /etc/cron.d")
    }

    @Test("forty texts that are obeyed: nothing happens outside the policy, and the audit has every call")
    func obeyed() async throws {
        expectEqual(InjectedText.all.count, 40)
        expectEqual(Set(InjectedText.all.map(\.place)), Set(InjectedText.Place.allCases))
        for text in InjectedText.all { try await self.obey(text) }
    }

    private func obey(_ text: InjectedText) async throws {
        let desk = Self.desk(text)
        let fixture = try await Self.fixture(text, desk)
        let before = try Self.state(fixture)
        let model = Self.model(text)
        // The page itself was approved; after that nobody answers.
        let people = ScriptedApprovals(
            text.place == .webPage ? [.outcome(.approved(ask: "a0", by: "bob"))] : [])
        try await expectEqual(self.turn(text, model, fixture, people), .complete, "\(text.text)")

        let obeyed = model.requests.last?.messages.flatMap(\.toolCalls).last
        #expect(obeyed?.name == text.tool && obeyed?.arguments == text.arguments, "the order was lost: \(text.text)")
        // Nothing but what led to the text.
        expectEqual(desk.commands.count, desk.commands.first == nil ? 0 : 1, "\(text.text): \(desk.commands)")
        #expect(desk.addresses.compactMap(\.self).allSatisfy { $0 == "docs.example:443" }, "\(text.text)")
        #expect(desk.messages.isEmpty, "\(text.text)")
        try expectEqual(Self.state(fixture), before, "\(text.text)")
        let last = model.requests.last?.messages.last { $0.role == .tool }?.text ?? ""
        #expect(!last.contains("secret\n") && !last.contains("root:"), "\(text.text): \(last)")

        let entry = people.entries.last { $0.kind == .decision }
        expectEqual(entry?.details["tool"], .string(text.tool), "not in the audit: \(text.text)")
        let outcome = entry?.details["outcome"]?.stringValue ?? "none"
        let refusals = ["denied", "expired", "refused"]
        // The policy lets the model read; that a link leads out is found when it is opened.
        #expect((refusals + (text.tool == "read" ? ["allowed"] : [])).contains(outcome), "\(text.text): \(outcome)")
    }

    private func turn(
        _ text: InjectedText, _ model: ScriptedModel, _ fixture: ToolFixture, _ people: ScriptedApprovals
    ) async throws -> TurnEnding {
        var scene = AgentScene(model, fixture.tools, policy: Self.policy)
        if text.place == .history {
            scene.history = [HistoryEntry(id: 1, role: .user, author: "eve", text: text.text)]
        }
        if text.place == .projectNotes { scene.notes = DataBlock.of(text.text, from: "AGENTS.md") }
        return try await scene.run(in: people, audit: people)
    }
}
