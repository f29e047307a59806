import Chat
import Telegram
import TestSupport
import Testing

@Suite("Private chats on Telegram", .timeLimit(.minutes(1)))
struct TelegramDirectTests {
    @Test("who has started the bot is reached in the chat with their id; 403 means that somebody has not")
    func started() async throws {
        let transport = ScriptedTransport()
        let adapter = TelegramAdapter(try Transcript.settings(.polling), transport: transport)
        let sink = RecordingSink()
        #expect(adapter.mayReach("telegram:42"))
        for other in ["telegram:-10042", "telegram:@alice", "telegram:", "slack:T1/U1"] {
            #expect(!adapter.mayReach(other))
        }
        try await withRunning(adapter, sink) {
            await sink.wait(for: .up)
            let direct = try await adapter.direct(with: "telegram:42")
            expectEqual(
                direct,
                DirectConversation(
                    thread: ThreadKey(adapter: adapter.id, value: "42"),
                    route: Route(room: RoomID(adapter: adapter.id, name: "42"))))
            let refusals = [
                TelegramRefusal(code: 403, text: "Forbidden: bot can't initiate conversation with a user"),
                TelegramRefusal(code: 400, text: "Bad Request: chat not found"),
            ]
            for refusal in refusals {
                transport.answer("sendChatAction", .refused(refusal))
                let nobody = try await adapter.direct(with: "telegram:43")
                #expect(nobody == nil)
            }
            transport.answer("sendChatAction", .refused(TelegramRefusal(code: 429, text: "", retryAfter: 3)))
            await #expect(throws: AdapterError.self) { try await adapter.direct(with: "telegram:43") }
        }
    }
}
