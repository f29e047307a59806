import JSON
import Processes
import TestSupport
import Testing

/// What a person reads in the web chat when the model's endpoint fails, with the real program.
@Suite("A model endpoint that fails", .serialized, .timeLimit(.minutes(2)))
struct ModelFaultTests {
    private static let beginning = "A finished paragraph.\n\nA sentence that"

    /// A signed-in person with a thread.
    private struct Scene {
        let model: LoopbackModelServer
        let host: HostProcess
        let client: GatewayClient
        let thread: String

        static func make(modelSettings: String = "") async throws -> Scene {
            let model = try await LoopbackModelServer.started(behaviors: ["test": .answer("The whole answer.")])
            let host = try await HostProcess(
                configuration: HostConfiguration.web(model, modelSettings: modelSettings))
            try await host.start()
            let client = try await host.signIn()
            return Scene(model: model, host: host, client: client, thread: try await client.newThread())
        }

        func ask(_ text: String = "What is it?") async throws -> (state: String, frames: [JSON]) {
            let operation = try await self.client.send(text, to: self.thread)
            let frames = try await self.client.frames(of: operation)
            let ended = try await self.client.ended(operation)
            return (ended["state"]?.stringValue ?? "", frames)
        }

        func end() async {
            await expectEqual(self.host.terminate(), .exited(0))
            await self.model.stop()
        }
    }

    @Test(
        "A break in mid-answer: the received text stays, the turn reports the break, resume continues",
        arguments: [
            (ModelBehavior.drop(after: Self.beginning), "the connection to the model broke"),
            (.stall(after: Self.beginning), "the model stopped responding"),
            (
                .errorInStream(after: Self.beginning, message: "The engine is overloaded."),
                "the model endpoint ended it with an error: “The engine is overloaded”"
            ),
            (
                .events([
                    #"{"choices":[{"index":0,"delta":{"content":\#(JSON.string(Self.beginning).text)}}]}"#,
                    #"{"choices":[{"index":0,"delta":{"content":"bro"#,
                    #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#, "[DONE]",
                ]), "the model's stream contained a malformed event"
            ),
            (.finish(Self.beginning, reason: "length"), "the answer reached the model's output limit"),
        ])
    func cut(behavior: ModelBehavior, reason: String) async throws {
        let scene = try await Scene.make(modelSettings: ", timeout: 1s")
        scene.model.enqueue(behavior, .answer(" goes on here."))
        let (state, frames) = try await scene.ask()
        let line = "Cut off: \(reason). Type `/resume` to continue."
        expectEqual(state, "interrupted")
        #expect(frames.last?["type"]?.stringValue == "error" && frames.last?["content"]?.stringValue == line)
        let transcript = try await scene.client.transcript(of: scene.thread)
        expectEqual(transcript.map(\.role), ["user", "assistant", "note"])
        expectEqual(transcript.map(\.text), ["What is it?", Self.beginning, line])
        try await expectEqual(scene.ask("/resume").state, "complete")
        try await expectEqual(scene.client.transcript(of: scene.thread).last?.text, " goes on here.")
        let resumed = try #require(scene.model.requests.last)
        #expect(resumed.messages.contains { $0.text.contains(Self.beginning) })
        await scene.end()
    }

    @Test(
        "A failure before the first word: one line that says what failed and what to do",
        arguments: [
            (ModelBehavior.rubbish, "check model.base_url"), (.webPage, "check model.base_url"),
            (
                .refusal(status: 401, code: "invalid_api_key", message: "no"),
                "requires an API key (401); set model.api_key"
            ),
            (.refusal(status: 429, code: "insufficient_quota", message: "no"), "quota is used up (429); add credit"),
            (.refusal(status: 404, code: "model_not_found", message: "no"), "has no model “test”"),
        ])
    func failure(behavior: ModelBehavior, part: String) async throws {
        let scene = try await Scene.make()
        scene.model.enqueue(behavior)
        let (state, frames) = try await scene.ask()
        let line = frames.last?["content"]?.stringValue ?? ""
        expectEqual(state, "failed")
        expectEqual(frames.last?["type"]?.stringValue, "error")
        #expect(line.contains(part) && !line.contains("\n"), "\(line)")
        let transcript = try await scene.client.transcript(of: scene.thread)
        expectEqual(transcript.map(\.text), ["What is it?", line])
        // The next one is not affected.
        try await expectEqual(scene.ask().state, "complete")
        await scene.end()
    }

    @Test(
        "Retries are reported while they last, and then the answer comes",
        arguments: [
            (
                [ModelBehavior.refusal(status: 429, code: "rate_limit_exceeded", message: "slow", retryAfter: "1")],
                ["retrying in 1 s (2 of 5)."]
            ),
            (
                [
                    .refusal(status: 500, code: "server_error", message: "no"),
                    .refusal(status: 503, code: "x", message: ""),
                ],
                ["(2 of 5).", "(3 of 5)."]
            ),
        ])
    func wait(behaviors: [ModelBehavior], notices: [String]) async throws {
        let scene = try await Scene.make()
        for behavior in behaviors { scene.model.enqueue(behavior) }
        let (state, frames) = try await scene.ask()
        expectEqual(state, "complete")
        let told = frames.filter { $0["type"]?.stringValue == "thinking" }.compactMap { $0["content"]?.stringValue }
        expectEqual(told.count, notices.count, "\(told)")
        for (line, notice) in zip(told, notices) { #expect(line.hasSuffix(notice), "\(line)") }
        expectEqual(frames.compactMap { $0["sequence"]?.intValue }, Array(1...frames.count))
        try await expectEqual(scene.client.transcript(of: scene.thread).last?.text, "The whole answer.")
        await scene.end()
    }

    @Test("A silent endpoint times out, and stop works during the wait")
    func silence() async throws {
        let scene = try await Scene.make()
        scene.model.enqueue(.silence)
        let operation = try await scene.client.send("What is it?", to: scene.thread)
        while scene.model.answersUnderWay == 0 { try await Task.sleep(for: .milliseconds(10)) }
        _ = try await scene.client.send("/stop", to: scene.thread)
        try await expectEqual(scene.client.ended(operation)["state"]?.stringValue, "stopped")
        try await expectEqual(scene.ask().state, "complete")
        await scene.end()
    }
}
