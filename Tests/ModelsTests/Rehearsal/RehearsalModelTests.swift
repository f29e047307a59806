import TestSupport
import Testing

@testable import Models

@Suite("The rehearsal", .timeLimit(.minutes(1)))
struct RehearsalModelTests {
    private let model = RehearsalModel(pace: nil)

    private func ask(_ messages: [ModelMessage], purpose: ModelRequest.Purpose = .chat) async throws -> String {
        var text = ""
        for try await event in self.model.stream(ModelRequest(messages: messages, purpose: purpose)) {
            if case .delta(let piece) = event { text += piece }
        }
        return text
    }

    private func ask(_ text: String, purpose: ModelRequest.Purpose = .chat) async throws -> String {
        try await self.ask([ModelMessage(.system, "Be helpful."), ModelMessage(.user, text)], purpose: purpose)
    }

    @Test("every chat answer says that it is a rehearsal and repeats the question")
    func banner() async throws {
        let text = try await self.ask("Why is the sky blue?")
        #expect(text.contains("rehearsal") && text.contains("no language model"))
        #expect(text.contains("“Why is the sky blue?”") && text.contains("**sky**"))
    }

    @Test("equal requests get equal answers")
    func deterministic() async throws {
        for purpose in [ModelRequest.Purpose.chat, .specification, .summary] {
            let first = try await self.ask("A page where members vote.", purpose: purpose)
            try await expectEqual(self.ask("A page where members vote.", purpose: purpose), first)
        }
    }

    @Test(
        "formats are shown on request",
        arguments: [
            ("show me some python code", "```python\n"), ("make a table of it", "|:-----|"), ("give me a list", "1. "),
            ("try markdown", "## A heading"), ("some emoji please", "👩‍👩‍👧‍👦"), ("count to 12", "11\n12"),
        ])
    func forms(request: String, expected: String) async throws {
        #expect(try await self.ask(request).contains(expected))
    }

    @Test(
        "an answer of the requested length",
        arguments: [("6,000 characters", 6000), ("a 2000-character answer", 2000), ("3k chars", 3000)])
    func length(request: String, characters: Int) async throws {
        let text = try await self.ask("Answer with \(request) and code blocks")
        #expect(abs(text.count - characters) < 900, "\(text.count)")
        #expect(text.contains("```swift\n"))
        expectEqual(text.split(separator: "```", omittingEmptySubsequences: false).count % 2, 1)
    }

    @Test("the earlier conversation is known")
    func memory() async throws {
        let text = try await self.ask([
            ModelMessage(.user, "My cat is Mia."), ModelMessage(.assistant, "Hello Mia."),
            ModelMessage(.user, "What did I say earlier?"),
        ])
        #expect(text.contains("- “My cat is Mia.”"))
        #expect(text.contains("one earlier message"))
    }

    @Test("an interrupted answer resumes exactly where it stopped")
    func goOn() async throws {
        let whole = try await self.ask("Answer with 2000 characters")
        let given = String(whole.prefix(777))
        let builder = PromptBuilder(model: "rehearsal", inputLimit: 8192, instructions: "Be helpful.")
        let request = Requests.turn("Answer with 2000 characters", continuing: given)
        guard case .ready(let prompt) = builder.plan(request) else {
            Issue.record("no prompt")
            return
        }
        expectEqual(given + (try await self.ask(prompt.messages)), whole)
    }

    @Test("faults can be rehearsed")
    func faults() async throws {
        await #expect(throws: ModelError.self) { try await self.ask("rehearse a failure") }
        let cut = await #expect(throws: ModelError.self) { try await self.ask("please rehearse a cut") }
        expectEqual(cut?.code, .interrupted)
        var notices: [RetryNotice] = []
        let request = ModelRequest(messages: [ModelMessage(.user, "rehearse a busy model")])
        for try await event in self.model.stream(request) {
            if case .waiting(let notice) = event { notices.append(notice) }
        }
        expectEqual(notices.count, 1)
    }

    @Test("a prompt over its limit and an unknown model are refused as an endpoint would")
    func refusals() async throws {
        let long = await #expect(throws: ModelError.self) {
            try await self.ask(String(repeating: "word ", count: 20_000))
        }
        expectEqual(long?.code, .tooLong)
        expectEqual(long?.inputLimit, 8192)
        let unknown = await #expect(throws: ModelError.self) {
            for try await _ in self.model.stream(ModelRequest(model: "gpt-9", messages: [])) {}
        }
        expectEqual(unknown?.code, .unknownModel)
    }

    @Test("the output limit is respected and reported")
    func outputLimit() async throws {
        let request = ModelRequest(messages: [ModelMessage(.user, "write 9000 characters")], outputLimit: 50)
        var text = ""
        var finish: ModelEvent?
        for try await event in self.model.stream(request) {
            if case .delta(let piece) = event { text += piece }
            finish = event
        }
        expectEqual(finish, .finished(.length))
        #expect(TokenEstimator.weight(of: text) <= 50)
    }

    @Test("it streams at the pace of its clock, and ends at once when it is cancelled")
    func pace() async throws {
        let clock = ManualClock()
        let model = RehearsalModel(pace: 40, clock: ModelClock(clock))
        let stream = model.stream(ModelRequest(messages: [ModelMessage(.user, "hello")]))
        let reader = Task {
            var count = 0
            do {
                for try await _ in stream { count += 1 }
            } catch {}
            return count
        }
        for _ in 0..<5 {
            await clock.sleepers(1)
            clock.advance(by: .seconds(1))
        }
        await clock.sleepers(1)
        reader.cancel()
        #expect(await reader.value <= 5)
    }

    @Test("a summary has the first sentence of every message, within its limit")
    func summary() async throws {
        let source = "[alice] The house is blue. It is old.\n\n[assistant] I will remember that. Anything else?"
        let text = try await self.ask(source, purpose: .summary)
        expectEqual(text, "- [alice] The house is blue.\n- [assistant] I will remember that.")
        let long = (0..<200).map { "[bob] Message number \($0) says something of its own." }.joined(separator: "\n\n")
        let request = ModelRequest(messages: [ModelMessage(.user, long)], purpose: .summary, outputLimit: 200)
        var short = ""
        for try await event in self.model.stream(request) {
            if case .delta(let piece) = event { short += piece }
        }
        #expect(TokenEstimator.weight(of: short) <= 200)
        #expect(short.contains("number 199") && !short.contains("number 0 "))
    }
}
