import EventLoop
import JSON
import TestSupport
import Testing

@Suite("Telegram on loopback: updates", .timeLimit(.minutes(3)))
struct TelegramUpdatesTests {
    @Test("an update is confirmed only by fetching the next one")
    func offsets() async throws {
        try await TelegramBench.run { bot, telegram in
            for text in ["one", "two", "three"] { telegram.say(text, as: TelegramBench.ada, in: TelegramBench.ada) }
            let first = try await bot.updates(0, ["limit": 2])
            expectEqual(first.map { $0["message"]?["text"] }, ["one", "two"])
            let again = try await bot.updates(0)
            expectEqual(again.count, 3)
            let second = try #require(again[1]["update_id"]?.intValue)
            let rest = try await bot.updates(second + 1)
            expectEqual(rest.map { $0["message"]?["text"] }, ["three"])
            telegram.say("four", as: TelegramBench.ada, in: TelegramBench.ada)
            let last = try await bot.updates(-1)
            expectEqual(last.map { $0["message"]?["text"] }, ["four"])
            expectEqual(telegram.waitingUpdates, 1)
            telegram.skip(86_401)
            let gone = try await bot.updates(0)
            #expect(gone.isEmpty)
        }
    }

    @Test("a long poll is answered as soon as there is an update")
    func longPoll() async throws {
        try await TelegramBench.run { bot, telegram in
            async let updates = bot.result("getUpdates", ["timeout": 50])
            try await telegram.wait { $0.pollCount == 1 }
            telegram.say("hello", as: TelegramBench.ada, in: TelegramBench.ada)
            let answer = try await updates
            expectEqual(answer[0]?["message"]?["text"], "hello")
        }
    }

    @Test("of two polls the older one gets the conflict")
    func conflict() async throws {
        try await TelegramBench.run({ $0.conflictDelay = 0.01 }) { bot, telegram in
            async let older = bot.call("getUpdates", ["timeout": 50])
            try await telegram.wait { $0.pollCount == 1 }
            async let newer = bot.call("getUpdates", ["timeout": 50])
            let refused = try await older
            expectEqual(refused["error_code"], 409)
            expectEqual(
                refused["description"],
                "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running")
            telegram.say("hello", as: TelegramBench.ada, in: TelegramBench.ada)
            let answered = try await newer
            expectEqual(answered["ok"], true)
            _ = try await bot.call("setWebhook", ["url": "https://example.org/hook"])
            let polled = try await bot.error("getUpdates")
            expectEqual(
                polled,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete "
                    + "the webhook first")
            _ = try await bot.call("deleteWebhook")
            let after = try await bot.call("getUpdates", ["offset": -1])
            expectEqual(after["ok"], true)
        }
    }

    @Test("a waiting poll ends when the token is revoked")
    func waitingPolls() async throws {
        try await TelegramBench.run { bot, telegram in
            async let waiting = bot.call("getUpdates", ["offset": -1, "timeout": 50])
            try await telegram.wait { $0.pollCount == 1 }
            telegram.revokeToken()
            let refused = try await waiting
            expectEqual(refused["error_code"], 401)
            expectEqual(telegram.statuses[401], 1)
        }
    }

    @Test("only the requested kinds of updates come, and the last request is remembered")
    func kinds() async throws {
        try await TelegramBench.run { bot, telegram in
            let message = telegram.say("hello", as: TelegramBench.ada, in: TelegramBench.ada)
            telegram.react("👍", to: message, as: TelegramBench.ada, in: TelegramBench.ada)
            try await expectEqual(bot.heard(), ["hello"])
            _ = try await bot.updates(0, ["allowed_updates": ["message_reaction"]])
            telegram.react(nil, to: message, as: TelegramBench.ada, in: TelegramBench.ada)
            telegram.say("unheard", as: TelegramBench.ada, in: TelegramBench.ada)
            let updates = try await bot.updates()
            expectEqual(updates.count, 1)
            let reaction = updates[0]["message_reaction"]
            expectEqual(reaction?["old_reaction"]?[0]?["emoji"], "👍")
            expectEqual(reaction?["new_reaction"], [])
            expectEqual(reaction?["user"]?["id"], JSON(TelegramBench.ada))
        }
    }

    @Test("with privacy mode a bot only gets group messages meant for it")
    func privacy() async throws {
        try await TelegramBench.run { bot, telegram in
            let (ada, team) = (TelegramBench.ada, TelegramBench.team)
            let own = try await bot.send("mine", to: team)["message_id"]?.intValue
            telegram.say("among people", as: ada, in: team)
            telegram.say("/ask", as: ada, in: team)
            telegram.say("/ask@other_bot", as: ada, in: team)
            telegram.say("/ask@JetbridgeBot", as: ada, in: team)
            telegram.say("hey @jetbridgebot", as: ada, in: team)
            telegram.say("an answer", as: ada, in: team, replyTo: own)
            try await expectEqual(bot.heard(), ["/ask", "/ask@JetbridgeBot", "hey @jetbridgebot", "an answer"])
            telegram.join(team, by: ada, as: "administrator")
            telegram.say("everything", as: ada, in: team)
            try await expectEqual(bot.heard(), ["my_chat_member", "everything"])
            telegram.join(team, by: ada)
            telegram.setBot(hasPrivacyMode: false)
            telegram.say("open", as: ada, in: team)
            try await expectEqual(bot.heard(), ["my_chat_member", "open"])
        }
    }

    @Test("messages from bots are not delivered")
    func senders() async throws {
        try await TelegramBench.run { bot, telegram in
            let forum = TelegramBench.forum
            telegram.addPerson(TelegramPerson(900, "Relay", username: "relay_bot", isBot: true))
            telegram.say("from a bot", as: 900, in: forum)
            _ = try await bot.send("mine", to: forum)
            telegram.say("from a person", as: TelegramBench.ada, in: forum)
            try await expectEqual(bot.updates().map { $0["message"]?["text"] }, ["from a person"])
        }
    }

    @Test("edits are delivered, even those without a visible change")
    func edits() async throws {
        try await TelegramBench.run { bot, telegram in
            let message = telegram.say("one", as: TelegramBench.ada, in: TelegramBench.ada)
            telegram.edit(message, in: TelegramBench.ada, to: "two")
            telegram.edit(message, in: TelegramBench.ada, to: nil)
            let updates = try await bot.updates()
            expectEqual(updates.map { $0["edited_message"]?["text"] }, [nil, "two", "two"])
        }
    }

    @Test("a group's upgrade is announced in both chats and to anyone who writes to the old one")
    func migration() async throws {
        try await TelegramBench.run { bot, telegram in
            let new = telegram.migrate(TelegramBench.group, by: TelegramBench.ada)
            let updates = try await bot.updates()
            expectEqual(updates.first?["message"]?["migrate_to_chat_id"], JSON(new))
            expectEqual(updates.last?["message"]?["migrate_from_chat_id"], JSON(TelegramBench.group))
            let refused = try await bot.call("sendMessage", ["chat_id": JSON(TelegramBench.group), "text": "hello"])
            expectEqual(refused["error_code"], 400)
            expectEqual(refused["description"], "Bad Request: group chat was upgraded to a supergroup chat")
            expectEqual(refused["parameters"]?["migrate_to_chat_id"], JSON(new))
            #expect(try await bot.send("hello", to: new)["message_id"] != nil)
        }
    }

    @Test("updates are held, doubled, repeated and reversed")
    func faults() async throws {
        try await TelegramBench.run { bot, telegram in
            let ada = TelegramBench.ada
            telegram.holdUpdates(2)
            for text in ["one", "two", "three"] { telegram.say(text, as: ada, in: ada) }
            let heard = try await bot.heard()
            expectEqual(heard, ["three"])
            telegram.release(isReversed: true)
            try await expectEqual(bot.heard(), ["two", "one"])
            telegram.doubleUpdates(1)
            telegram.say("twice", as: ada, in: ada)
            try await expectEqual(bot.heard(), ["twice", "twice"])
            telegram.repeatUpdates(1)
            try await expectEqual(bot.heard(), ["twice"])
        }
    }
}
