import Chat
import EventLoop
import HTTP
import HTTPClient
import HTTPServer
import Primitives
import Telegram
import TestSupport
import Testing

/// Faults between the adapter and the stand-in.
@Suite("With a faulty server", .timeLimit(.minutes(1)))
struct TelegramFaultTests {
    private static let ada: Int64 = 1_001

    private func with(
        flood: LoopbackTelegram.FloodMode = .real,
        _ body: @escaping @Sendable (LoopbackTelegram, TelegramAdapter, RecordingSink) async throws -> Void
    ) async throws {
        try await TelegramServerTests.with(
            {
                $0.flood = flood
                $0.conflictDelay = 0.1
            }, pollTimeout: .seconds(1), pollGrace: .milliseconds(500), commands: [], body)
    }

    private func message(_ text: String, _ chat: Int64 = Self.ada) -> OutgoingMessage {
        let room = RoomID(adapter: AdapterID("telegram:bot"), name: "\(chat)")
        return OutgoingMessage(text: text, route: Route(room: room), token: text)
    }

    @Test("A 429 is reported with its delay, and the next call is refused locally until then")
    func flood() async throws {
        try await self.with { telegram, adapter, _ in
            telegram.inject(.flood(retryAfter: 3), at: "sendMessage")
            let error = await #expect(throws: AdapterError.self) { try await adapter.post(self.message("x")) }
            #expect(error?.code == .rateLimited && error?.retryAfter == .seconds(3) && error?.isCertain == true)
            let calls = telegram.count("sendMessage")
            let again = await #expect(throws: AdapterError.self) { try await adapter.post(self.message("x")) }
            #expect(again?.code == .rateLimited && telegram.count("sendMessage") == calls)
        }
    }

    @Test("A lost answer or a gateway's page leaves the outcome unknown; a restarting server does not")
    func unknown() async throws {
        try await self.with(flood: .off) { telegram, adapter, _ in
            for (fault, isCertain) in [
                (TelegramFault.answerLost, false), (.badGateway, false), (.restart, true),
                (.refusal(403, "Forbidden: bot was blocked by the user"), true),
            ] {
                telegram.inject(fault, at: "sendMessage")
                let error = await #expect(throws: AdapterError.self) { try await adapter.post(self.message("x")) }
                expectEqual(error?.isCertain, isCertain, "\(fault)")
            }
        }
    }

    @Test("A poll that hangs times out, and the pending updates arrive")
    func halfOpen() async throws {
        try await self.with { telegram, _, sink in
            telegram.inject(.hang, at: "getUpdates")
            telegram.say("first", as: Self.ada, in: Self.ada)
            await sink.message("first")
            telegram.say("second", as: Self.ada, in: Self.ada)
            await sink.message("second")
            await sink.wait(for: .up)
        }
    }

    @Test("A revoked token is reported, and nothing more is sent")
    func revoked() async throws {
        try await self.with { telegram, adapter, sink in
            telegram.revokeToken()
            await sink.wait(for: .refused)
            let calls = telegram.calls.count
            let error = await #expect(throws: AdapterError.self) { try await adapter.post(self.message("x")) }
            #expect(error?.code == .unauthorized && telegram.calls.count == calls)
        }
    }

    @Test("A server outage is reported as down and up, and no message is lost")
    func restart() async throws {
        try await self.with { telegram, adapter, sink in
            telegram.inject(.page(502), at: "getUpdates", times: 2)
            await sink.wait(for: .down)
            telegram.say("one", as: Self.ada, in: Self.ada)
            await sink.message("one")
            await sink.wait(for: .up)
            try await adapter.post(self.message("here"))
            expectEqual(telegram.shownByBot(in: Self.ada).map(\.text), ["here"])
        }
    }

    @Test("Fifty messages to ten chats never exceed the stand-in's real limits")
    func pace() async throws {
        try await self.with { telegram, adapter, _ in
            for chat in 1...10 { telegram.addPerson(TelegramPerson(Int64(2_000 + chat), "P")) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for chat in 1...10 {
                    group.addTask {
                        for number in 1...5 {
                            while true {
                                do {
                                    try await adapter.post(self.message("\(number)", Int64(2_000 + chat)))
                                    break
                                } catch let error as AdapterError {
                                    try await Task.sleep(for: try #require(error.retryAfter))
                                }
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(telegram.statuses[429] ?? 0 == 0)
            for chat in 1...10 {
                expectEqual(telegram.shownByBot(in: Int64(2_000 + chat)).map(\.text), ["1", "2", "3", "4", "5"])
            }
        }
    }

    @Test("A webhook is set with its secret; updates are acknowledged once stored and otherwise sent again")
    func webhook() async throws {
        let box = Protected<TelegramAdapter?>(nil)
        let server = HTTPServer(HTTPServerSettings()) { request in
            guard let adapter = box.withLock({ $0 }) else { return .text("", .serviceUnavailable) }
            return await adapter.respond(to: request)
        }
        try await server.start()
        let running = Task { try await server.run() }
        var settings = LoopbackTelegram.Settings()
        settings.webhookDelay = 0.05
        let telegram = try await LoopbackTelegram.started(settings)
        telegram.addPerson(TelegramPerson(Self.ada, "Ada"))
        let port = try #require(server.boundAddress?.port)
        let url = try HTTPURL("http://127.0.0.1:\(port)/hooks/telegram/bot")
        let adapter = TelegramAdapter(
            TelegramSettings(
                id: "bot", token: Secret(telegram.token), apiURL: try HTTPURL(telegram.apiURL),
                intake: .webhook(url: url, secret: Secret("s3cret"))))
        let sink = RecordingSink(failures: 1)
        try await withRunning(adapter, sink) {
            await sink.wait(for: .up)
            telegram.say("one", as: Self.ada, in: Self.ada)
            telegram.uploadAlbum([.photo([1]), .photo([2])], caption: "two", as: Self.ada, in: Self.ada)
            box.withLock { $0 = adapter }
            await sink.message("one")
            await expectEqual(sink.message("two")?.attachments.count, 2)
            try await telegram.wait { $0.waitingUpdates == 0 }
        }
        await telegram.stop()
        await server.stop()
        try await running.value
    }
}
