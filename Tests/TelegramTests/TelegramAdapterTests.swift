import Chat
import EventLoop
import HTTP
import HTTPClient
import HTTPServer
import JSON
import Kit
import Primitives
import Telegram
import TestSupport
import Testing

@Suite("The adapter", .timeLimit(.minutes(1)))
struct TelegramAdapterTests {
    private func adapter(
        _ transport: ScriptedTransport, memory: MemoryStore = .none,
        intake: TelegramSettings.Intake = .polling
    ) throws -> TelegramAdapter {
        TelegramAdapter(try Transcript.settings(intake), memory: memory, transport: transport)
    }

    @Test("The adapter connects, delivers, acknowledges stored updates, posts, and stops")
    func life() async throws {
        let transport = ScriptedTransport()
        let adapter = try self.adapter(transport)
        let sink = RecordingSink()
        expectEqual(adapter.status.state, .down)
        try await withRunning(adapter, sink) {
            await sink.wait(for: .up)
            transport.say(Sample.message(5, "hello"))
            let message = await sink.message("hello")
            expectEqual(message?.sender.id, "telegram:42")
            let reference = try await adapter.post(Transcript.message("hi"))
            expectEqual(reference, Transcript.reference(42, 101))
            try await adapter.replace(reference, with: Transcript.message("hi there"))
            await adapter.react("👀", isOn: true, to: reference, isNeeded: false)
            await adapter.setTyping(true, in: Transcript.route(42))
            await transport.wait { $0.contains { $0.method == "sendChatAction" } }
        }
        expectEqual(transport.calls.last { $0.method == "getUpdates" }?.parameters["offset"], 6)
        #expect(sink.statuses.last?.state == .down && adapter.status.lastEvent != nil)
    }

    @Test("Delivery is retried while the store fails, and nothing is acknowledged before")
    func storeFails() async throws {
        let transport = ScriptedTransport()
        let sink = RecordingSink(failures: 2)
        let adapter = try self.adapter(transport)
        try await withRunning(adapter, sink) {
            transport.say(Sample.message(5, "a"), Sample.message(6, "b", id: 11))
            await sink.message("b")
            await transport.wait { $0.contains { $0.method == "getUpdates" && $0.parameters["offset"] == 7 } }
        }
        expectEqual(sink.messages.map(\.text), ["a", "b"])
    }

    @Test("A reply joins the thread of the answered message if the core knows it")
    func threads() async throws {
        let transport = ScriptedTransport()
        let sink = RecordingSink()
        let known = ThreadKey(adapter: Transcript.adapter, value: "-1001/4")
        sink.remember(Transcript.reference(Sample.group, 9), in: known)
        let adapter = try self.adapter(transport)
        try await withRunning(adapter, sink) {
            transport.say(
                Sample.message(1, "a", chat: Sample.group, more: ["reply_to_message": Sample.reply(9, from: 999)]),
                Sample.message(
                    2, "b", chat: Sample.group, id: 12, more: ["reply_to_message": Sample.reply(8, from: 999)]))
            await expectEqual(sink.message("a")?.thread, known)
            await expectEqual(sink.message("b")?.thread.value, "-1001/8")
        }
    }

    @Test("A button press is answered after it is stored")
    func callback() async throws {
        let transport = ScriptedTransport()
        let sink = RecordingSink()
        let adapter = try self.adapter(transport)
        try await withRunning(adapter, sink) {
            await sink.wait(for: .up)
            let message = Transcript.message("?", buttons: [MessageButton(label: "Go", command: "approve 1")])
            try await adapter.post(message)
            let markup = transport.calls.last?.parameters["reply_markup"]
            let data = try #require(markup?["inline_keyboard"]?[0]?[0]?["callback_data"])
            transport.say([
                "update_id": 1,
                "callback_query": [
                    "id": "c", "from": Sample.user(42), "data": data,
                    "message": ["message_id": 101, "chat": Sample.chat(42)],
                ],
            ])
            await transport.wait { $0.contains { $0.method == "answerCallbackQuery" } }
            expectEqual(sink.events.count, 1)
        }
    }

    /// Knows one person.
    private struct KnowingSink: MessageSink {
        func deliver(_ event: InboundEvent) async throws -> Delivery { .stored }
        func mayShow(_ message: InboundMessage) async -> Bool { message.sender.id == "telegram:42" }
    }

    @Test("A stranger's voice message gets no answer, and does not keep a known person from getting one")
    func voice() async throws {
        let transport = ScriptedTransport()
        let adapter = try self.adapter(transport)
        func note(_ update: Int64, from: Int64) -> JSON {
            Sample.message(
                update, "", chat: Sample.group, id: 10 + update, from: from,
                more: ["text": .null, "voice": ["file_id": "V"], "reply_to_message": Sample.reply(9, from: 999)])
        }
        let (stranger, known) = (note(1, from: 43), note(2, from: 42))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await adapter.run(delivering: KnowingSink()) }
            transport.say(stranger, known)
            await transport.wait { $0.contains { $0.method == "sendMessage" } }
            await adapter.stop()
            try await group.waitForAll()
        }
        let answers = transport.calls.filter { $0.method == "sendMessage" }
        expectEqual(answers.map { $0.parameters["reply_parameters"]?["message_id"] }, [12])
    }

    @Test("A file is downloaded in pieces")
    func download() async throws {
        let transport = ScriptedTransport()
        let sink = RecordingSink()
        let adapter = try self.adapter(transport)
        let pieces = Protected<[String]>([])
        try await withRunning(adapter, sink) {
            await sink.wait(for: .up)
            try await adapter.download(Attachment(id: "F", name: "a")) { bytes in
                pieces.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) }
            }
        }
        expectEqual(pieces.withLock { $0 }, ["one ", "documents/a.zip"])
    }

    @Test("A lost connection is reported as down, renewed, and reported as up again")
    func lost() async throws {
        let transport = ScriptedTransport()
        transport.answer(
            "getUpdates", .broken(TelegramBreak("timeout", mayHaveArrived: true, isTimeout: true)), .result([]))
        let sink = RecordingSink()
        let adapter = try self.adapter(transport)
        try await withRunning(adapter, sink) {
            await sink.wait { _, statuses in statuses.map(\.state).suffix(2) == [.down, .up] }
            expectEqual(transport.renewals, 1)
        }
    }

    @Test("An invalid token is reported with advice and not retried in a loop")
    func refused() async throws {
        let transport = ScriptedTransport()
        transport.answer("getMe", Transcript.refused(401, "Unauthorized"))
        let sink = RecordingSink()
        let adapter = try self.adapter(transport)
        try await withRunning(adapter, sink) { await sink.wait(for: .refused) }
        #expect(sink.statuses.contains { $0.detail?.contains("@BotFather") == true })
        expectEqual(transport.calls.count, 1)
    }

    @Test("Cancellation ends the run at once")
    func cancellation() async throws {
        let transport = ScriptedTransport()
        let sink = RecordingSink()
        let adapter = try self.adapter(transport)
        let run = Task { try await adapter.run(delivering: sink) }
        await sink.wait(for: .up)
        run.cancel()
        await #expect(throws: CancellationError.self) { try await run.value }
    }

    @Test("After a stop before the start, the run returns at once")
    func stopFirst() async throws {
        let adapter = try self.adapter(ScriptedTransport())
        await adapter.stop()
        try await adapter.run(delivering: RecordingSink())
        expectEqual(adapter.status.state, .down)
    }

    @Test("The key survives a restart in the memory file, so that buttons still work")
    func memoryFile() async throws {
        let directory = try TemporaryDirectory()
        let store = MemoryStore.file(directory.path + "/telegram.state")
        for _ in 0..<2 {
            let sink = RecordingSink()
            try await withRunning(try self.adapter(ScriptedTransport(), memory: store), sink) {
                await sink.wait(for: .up)
            }
        }
        let first = TelegramMemory(bytes: await store.load())
        expectEqual(first, TelegramMemory(bytes: await store.load()))
        #expect(TelegramMemory(bytes: nil).key != first.key && first.key.count == 32)
        expectEqual(TelegramMemory(bytes: Array("{\"key\":7}".utf8)).key.count, 32)
    }

    @Test("The webhook accepts updates with the secret and answers once they are stored")
    func webhook() async throws {
        let url = try HTTPURL("https://bot.example.org/hooks/telegram/bot")
        let adapter = try self.adapter(ScriptedTransport(), intake: .webhook(url: url, secret: Secret("s3cret")))
        let sink = RecordingSink()
        let server = HTTPServer(HTTPServerSettings()) { await adapter.respond(to: $0) }
        try await server.start()
        let port = try #require(server.boundAddress?.port)
        let hook = try HTTPURL("http://127.0.0.1:\(port)/hooks/telegram/bot")
        let client = HTTPClient()
        @Sendable func call(_ secret: String?, _ body: JSON) async throws -> Int {
            var request = HTTPClientRequest(.post, hook, body: .bytes(body.bytes))
            if let secret { request.headers.append("X-Telegram-Bot-Api-Secret-Token", secret) }
            return try await client.execute(request).status.code
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            try await expectEqual(call("s3cret", Sample.message(1, "early")), 503)
            try await withRunning(adapter, sink) {
                await sink.wait(for: .up)
                var statuses = [try await call(nil, Sample.message(1, "x"))]
                statuses.append(try await call("s3creT", Sample.message(1, "x")))
                statuses.append(try await call("s3cret", "no update"))
                statuses.append(try await call("s3cret", Sample.message(1, "hi")))
                expectEqual(statuses, [403, 403, 400, 200])
                expectEqual(sink.messages.map(\.text), ["hi"])
            }
            try await expectEqual(call("s3cret", Sample.message(2, "late")), 503)
            await server.stop()
            try await group.waitForAll()
        }
    }

    @Test("The check reports privacy mode, a conflicting webhook and a missing menu")
    func diagnosis() async throws {
        let transport = ScriptedTransport()
        transport.answer("getWebhookInfo", .result(["url": "https://other.example.org/"]))
        var settings = try Transcript.settings(.polling)
        settings.commands = [MenuCommand(name: "help", argument: "", summary: "x")]
        let findings = await TelegramAdapter(settings, transport: transport).diagnose()
        expectEqual(findings.map(\.severity), [.ok, .warning, .warning, .warning])
        #expect(findings[1].text.contains("/setprivacy") && findings[2].text.contains("webhook"))
        let wrong = ScriptedTransport()
        wrong.answer("getMe", Transcript.refused(401, "Unauthorized"))
        let refused = await TelegramAdapter(settings, transport: wrong).diagnose()
        #expect(refused.count == 1 && refused[0].severity == .failed && refused[0].text.contains("@BotFather"))
    }
}
