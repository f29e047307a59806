import Chat
import Primitives
import TestSupport
import Testing

@testable import Turns

@Suite("Which turn answers a message", .timeLimit(.minutes(1)))
struct MessageTurnTests {
    private struct Saying: TurnWorker {
        let text: String

        func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
            try await thread.report(.text(self.text))
            return .complete
        }
    }

    @Test("where the model only talks, the thread hears why, once for each model")
    func hint() async throws {
        let hints = GivenHints()
        let turn = MessageTurn(
            talking: Saying(text: "talk"), working: Saying(text: "work"),
            canWork: { $0.model == "able" },
            hint: { request in
                let model = request.model ?? ""
                return hints.isNew(model, in: request.session) ? "\(model) only talks" : nil
            }, hasWorked: { _ in false })
        let events = Protected<[TurnEvent]>([])
        let thread = ClosureThread { event in events.withLock { $0.append(event) } }
        let sender = Sender(id: "x/a", identities: [Identity("x/a")], displayName: "a")
        for model in ["plain", "plain", "able", "dull", "plain"] {
            _ = try await turn.run(
                TurnRequest(id: "t", session: "s", text: "Hi", sender: sender, model: model), in: thread)
        }
        #expect(
            events.withLock { $0 } == [
                .notice("plain only talks"), .text("talk"), .text("talk"), .text("work"), .notice("dull only talks"),
                .text("talk"), .notice("plain only talks"), .text("talk"),
            ])
    }
}
