import Chat
import TestSupport
import Testing

@testable import Sessions

@Suite("Commands about the model's work", .timeLimit(.minutes(1)))
struct AgentCommandTests {
    private static let agent = AgentDirectory(
        personas: {
            [PersonaChoice(name: "chat", summary: "talks"), PersonaChoice(name: "coder", summary: "changes code")]
        }, defaultPersona: { "coder" },
        explain: { command, role, persona, repository in
            "\(command) \(role) \(persona ?? "default") \(repository ?? "default")"
        })

    private static func harness() async throws -> BridgeHarness {
        try await BridgeHarness(
            traits: RoomTraits(textLimit: 2_000, textUnit: .bytes, isMultiline: true), agent: Self.agent)
    }

    @Test("a persona is chosen for the thread, and later turns carry it")
    func chosen() async throws {
        let harness = try await Self.harness()
        _ = try await harness.ask("!persona chat")
        let question = try #require(try await harness.ask("hello"))
        _ = try await harness.frames(of: question.operation)
        expectEqual(harness.worker.requests.map(\.persona), ["chat"])
        _ = try await harness.ask("!persona coder")
        let second = try #require(try await harness.ask("hello again"))
        _ = try await harness.frames(of: second.operation)
        expectEqual(harness.worker.requests.map(\.persona), ["chat", nil])
        try await harness.settleOutbox()
        expectEqual(harness.adapter.texts.first, "From now on the model works as `chat` in this thread.")
    }

    @Test("a persona's model is that of threads without one; the default can be chosen besides it")
    func model() async throws {
        let agent = AgentDirectory(
            personas: {
                [
                    PersonaChoice(name: "chat", summary: "talks"),
                    PersonaChoice(name: "coder", summary: "changes code", model: "large"),
                ]
            }, defaultPersona: { "coder" }, explain: { _, _, _, _ in "" })
        let harness = try await BridgeHarness(
            traits: RoomTraits(textLimit: 2_000, textUnit: .bytes, isMultiline: true), agent: agent)
        var models: [String?] = []
        for (command, text) in [
            ("!model", "The model of this thread is `large`."), ("!status", "- model: large (test)"),
            ("!model small", "From now on this thread uses `small`."),
            ("!model", "The model of this thread is `small`."),
            ("!model large", "From now on this thread uses `large`."),
            ("!persona chat", "From now on"), ("!model", "The model of this thread is `small`."),
        ] {
            _ = try await harness.ask(command)
            try await harness.settleOutbox()
            #expect(harness.adapter.texts.last?.contains(text) == true, "\(command): \(harness.adapter.texts)")
            let question = try #require(try await harness.ask("hello"))
            _ = try await harness.frames(of: question.operation)
            try await harness.settleOutbox()
            models.append(harness.worker.requests.last?.model)
        }
        // Without one, the persona's or the default.
        expectEqual(models, [nil, nil, "small", "small", nil, nil, nil])
    }

    @Test("without a name the personas are listed, and a wrong name gets the nearest one")
    func listed() async throws {
        let harness = try await Self.harness()
        _ = try await harness.ask("!persona chat")
        _ = try await harness.ask("!persona")
        _ = try await harness.ask("!persona codr")
        try await harness.settleOutbox()
        let texts = harness.adapter.texts
        #expect(texts[1].contains("- `chat`: talks (in use here)"))
        #expect(texts[1].contains("- `coder`: changes code (default)"))
        #expect(texts[2].hasPrefix("There is no persona `codr`. Did you mean `coder`? `!persona` lists them all."))
    }

    @Test("a command is explained for the person's role, in the thread's persona")
    func explained() async throws {
        let harness = try await Self.harness()
        _ = try await harness.ask("!persona chat")
        _ = try await harness.ask("!policy explain git status && rm x")
        _ = try await harness.ask("!policy")
        _ = try await harness.ask("!policy explain ")
        try await harness.settleOutbox()
        expectEqual(harness.adapter.texts[1], "git status && rm x owner chat default")
        for text in harness.adapter.texts[2...] { #expect(text.contains("`!policy explain COMMAND`")) }
    }

    @Test("guests may use neither", arguments: ["!persona chat", "!policy explain ls", "!steer look"])
    func guests(_ text: String) async throws {
        let harness = try await Self.harness()
        _ = try await harness.ask(text, from: "gina")
        try await harness.settleOutbox()
        expectEqual(harness.adapter.texts.first?.contains("needs the role member"), true)
    }

    @Test("on a host without tools the commands say so")
    func unavailable() async throws {
        let harness = try await BridgeHarness()
        _ = try await harness.ask("!persona")
        try await harness.settleOutbox()
        expectEqual(harness.adapter.texts.first?.hasPrefix("The model has no tools here"), true)
    }
}
