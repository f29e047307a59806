import EventLoop
import HTTP
import HTTPClient
import HTTPServer
import JSON
import Primitives
import TestSupport
import Testing

@Suite("Telegram on loopback: limits, faults and webhooks", .timeLimit(.minutes(3)))
struct TelegramLimitsTests {
    @Test("a chat accepts a short burst and then one message per second")
    func chat() async throws {
        let clock = Protected(1_000_000.0)
        try await TelegramBench.run({
            $0.flood = .real
            $0.now = { clock.withLock { $0 } }
        }) { bot, telegram in
            for number in 0..<5 { #expect(try await bot.send("\(number)", to: TelegramBench.ada)["message_id"] != nil) }
            let refused = try await bot.call("sendMessage", ["chat_id": 1_001, "text": "x"])
            expectEqual(refused["error_code"], 429)
            let seconds = try #require(refused["parameters"]?["retry_after"]?.intValue)
            expectEqual(refused["description"], .string("Too Many Requests: retry after \(seconds)"))
            #expect(try await bot.send("other", to: TelegramBench.bob)["message_id"] != nil)
            telegram.skip(Double(seconds))
            #expect(try await bot.send("later", to: TelegramBench.ada)["message_id"] != nil)
        }
    }

    @Test("calls during a penalty extend it")
    func ignored() async throws {
        let clock = Protected(1_000_000.0)
        try await TelegramBench.run({
            $0.flood = .real
            $0.now = { clock.withLock { $0 } }
        }) { bot, telegram in
            let wait = {
                try await bot.call("sendMessage", ["chat_id": 1_001, "text": "x"])["parameters"]?["retry_after"]?
                    .intValue
            }
            for _ in 0..<5 { _ = try await wait() }
            let first = try #require(try await wait())
            telegram.skip(2)
            let second = try #require(try await wait())
            telegram.skip(2)
            let third = try #require(try await wait())
            #expect(first < second && second < third)
        }
    }

    @Test("a group accepts twenty messages and edits per minute")
    func group() async throws {
        let clock = Protected(1_000_000.0)
        try await TelegramBench.run({
            $0.flood = .real
            $0.now = { clock.withLock { $0 } }
        }) { bot, telegram in
            let message = try await bot.send("0", to: TelegramBench.team)["message_id"] ?? .null
            for number in 1..<20 {
                telegram.skip(1.5)
                let edit: JSON = [
                    "chat_id": JSON(TelegramBench.team), "message_id": message, "text": .string("\(number)"),
                ]
                try await expectEqual(bot.call("editMessageText", edit)["ok"], true)
            }
            telegram.skip(1.5)
            let refused = try await bot.call("sendMessage", ["chat_id": JSON(TelegramBench.team), "text": "x"])
            expectEqual(refused["parameters"]?["retry_after"], 30)
        }
    }

    @Test("all chats together accept thirty messages per second")
    func overall() async throws {
        let clock = Protected(1_000_000.0)
        try await TelegramBench.run({
            $0.flood = .real
            $0.now = { clock.withLock { $0 } }
        }) { bot, telegram in
            for id in 2_000..<2_031 { telegram.addPerson(TelegramPerson(Int64(id), "P")) }
            for id in 2_000..<2_030 {
                let sent = try await bot.send("x", to: Int64(id))
                #expect(sent["message_id"] != nil)
            }
            let refused = try await bot.call("sendMessage", ["chat_id": 2_030, "text": "x"])
            expectEqual(refused["error_code"], 429)
        }
    }

    @Test("a call's answer is lost, or it is refused, answered by a gateway, or never answered")
    func faults() async throws {
        try await TelegramBench.run { bot, telegram in
            let message: JSON = ["chat_id": 1_001, "text": "x"]
            telegram.inject(.answerLost, at: "sendMessage")
            await #expect(throws: HTTPClientError.self) { try await bot.call("sendMessage", message) }
            expectEqual(telegram.shownByBot(in: TelegramBench.ada).count, 1)
            telegram.inject(.flood(retryAfter: 7), at: "*")
            try await expectEqual(bot.call("sendMessage", message)["parameters"]?["retry_after"], 7)
            telegram.inject(.restart, at: "sendMessage")
            try await expectEqual(bot.error("sendMessage", message), "Internal Server Error: restart")
            telegram.inject(.badGateway, at: "sendMessage")
            let page = try await bot.send(raw: message.bytes, "application/json", to: "sendMessage")
            #expect(page.status == 502 && page.body.starts(with: Array("<html>".utf8)))
            expectEqual(telegram.shownByBot(in: TelegramBench.ada).count, 1)
            telegram.inject(.hang, at: "getUpdates")
            let poll = Task { try await bot.call("getUpdates", ["timeout": 50]) }
            try await telegram.wait { $0.faultsLeft == 0 }
            telegram.say("hello", as: TelegramBench.ada, in: TelegramBench.ada)
            poll.cancel()
            _ = try? await poll.value
            try await expectEqual(bot.heard(), ["hello"])
            expectEqual(telegram.count("sendMessage"), 4)
            #expect(telegram.statuses[429] == 1 && telegram.statuses[502] == 1)
        }
    }

    @Test("a webhook gets each update until it answers with success, with the secret")
    func webhook() async throws {
        let seen = Protected<[(secret: String?, text: String)]>([])
        let changed = WaitList()
        let hook = HTTPServer(HTTPServerSettings()) { request in
            let body = try JSON.parse(try await request.body.collect())
            let count = seen.withLock {
                $0.append(
                    (
                        request.headers["x-telegram-bot-api-secret-token"],
                        body["message"]?["text"]?.stringValue ?? ""
                    ))
                return $0.count
            }
            EventLoop.shared.execute { changed.wakeAll() }
            if count == 1 { return HTTPServerResponse(.internalServerError) }
            return .json(["method": "sendMessage", "chat_id": 1_001, "text": "by the way"])
        }
        try await hook.start()
        try await TelegramBench.run({ $0.webhookDelay = 0.01 }) { bot, telegram in
            let url = hook.loopbackURL + "/hook"
            let wrong = try await bot.error("setWebhook", ["url": "http://example.org/"])
            expectEqual(wrong, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
            let port = try await bot.error("setWebhook", ["url": "https://example.org:9000/"])
            expectEqual(port, "Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
            let secret = try await bot.error("setWebhook", ["url": .string(url), "secret_token": "a b"])
            expectEqual(secret, "Bad Request: secret token contains unallowed characters")
            _ = try await bot.call("setWebhook", ["url": .string(url), "secret_token": "s3cret"])
            telegram.say("one", as: TelegramBench.ada, in: TelegramBench.ada)
            telegram.say("two", as: TelegramBench.ada, in: TelegramBench.ada)
            try await telegram.wait { $0.shownByBot(in: TelegramBench.ada).count == 2 && $0.waitingUpdates == 0 }
            expectEqual(seen.withLock { $0.map(\.text) }, ["one", "one", "two"])
            #expect(seen.withLock { $0.allSatisfy { $0.secret == "s3cret" } })
            let info = try await bot.result("getWebhookInfo")
            #expect(info["url"] == .string(url) && info["pending_update_count"] == 0)
            expectEqual(info["last_error_message"], "Wrong response from the webhook: 500 Internal Server Error")
        }
        await hook.stop()
    }

    @Test("the stored messages of a chat are bounded")
    func bounds() async throws {
        try await TelegramBench.run({ $0.messageLimit = 10 }) { _, telegram in
            for number in 0..<100 { telegram.say("\(number)", as: TelegramBench.ada, in: TelegramBench.ada) }
            #expect((10...13).contains(telegram.shown(in: TelegramBench.ada).count))
            expectEqual(telegram.shown(in: TelegramBench.ada).last?.text, "99")
            telegram.forget()
            expectEqual(telegram.messageCount, 0)
        }
    }
}
