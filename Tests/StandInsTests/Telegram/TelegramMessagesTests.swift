import HTTP
import JSON
import TestSupport
import Testing

@Suite("Telegram on loopback: messages", .timeLimit(.minutes(3)))
struct TelegramMessagesTests {
    @Test("a wrong token, a wrong method and a revoked token give different errors")
    func tokens() async throws {
        try await TelegramBench.run { bot, telegram in
            let wrong = try await bot.call("getMe", token: "1000:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
            #expect(wrong["error_code"] == 401 && wrong["description"] == "Unauthorized")
            let malformed = try await bot.call("getMe", token: "nonsense")
            #expect(malformed["error_code"] == 404 && malformed["description"] == "Not Found")
            try await expectEqual(bot.call("getYou")["error_code"], 404)
            try await expectEqual(bot.result("GETME")["username"], "JetbridgeBot")
            telegram.revokeToken()
            try await expectEqual(bot.call("getMe")["error_code"], 401)
        }
    }

    @Test("parameters are read from query, form, JSON and multipart")
    func forms() async throws {
        try await TelegramBench.run { bot, telegram in
            let form = "application/x-www-form-urlencoded"
            _ = try await bot.send(raw: [], form, to: "sendMessage", query: "?chat_id=1001&text=a%20b", .get)
            _ = try await bot.send(raw: Array("chat_id=1001&text=c+d".utf8), form, to: "sendMessage")
            let parts =
                "--X\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n1001\r\n--X\r\nContent-Disposition: "
                + "form-data; name=\"document\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\n\r\n--Y\r\n--X--\r\n"
            let sent = try await bot.send(
                raw: Array(parts.utf8), "multipart/form-data; boundary=X", to: "sendDocument")
            expectEqual(sent.status, 200)
            let shown = telegram.shown(in: TelegramBench.ada)
            expectEqual(shown.map(\.text), ["a b", "c d", ""])
            expectEqual(shown[2].fileName, "a.txt")
            expectEqual(shown[2].bytes, Array("\r\n--Y".utf8))
            let broken = try await bot.send(raw: Array("{".utf8), "application/json", to: "sendMessage")
            expectEqual(broken.status, 400)
        }
    }

    @Test("where the bot cannot write, the error says why")
    func places() async throws {
        try await TelegramBench.run { bot, telegram in
            telegram.addPerson(TelegramPerson(1_003, "Eve"), hasStarted: false)
            let tell = { (chat: JSON) in try await bot.error("sendMessage", ["chat_id": chat, "text": "x"]) }
            try await expectEqual(tell(.null), "Bad Request: chat_id is empty")
            try await expectEqual(tell(-5), "Bad Request: chat not found")
            try await expectEqual(tell(1_003), "Forbidden: bot can't initiate conversation with a user")
            telegram.kick(from: TelegramBench.ada, by: TelegramBench.ada)
            try await expectEqual(tell(JSON(TelegramBench.ada)), "Forbidden: bot was blocked by the user")
            telegram.kick(from: TelegramBench.team, by: TelegramBench.ada)
            try await expectEqual(tell(JSON(TelegramBench.team)), "Forbidden: bot was kicked from the supergroup chat")
            telegram.join(TelegramBench.forum, by: TelegramBench.ada, as: "left")
            try await expectEqual(
                tell(JSON(TelegramBench.forum)), "Forbidden: bot is not a member of the supergroup chat")
        }
    }

    @Test("failed edits say why")
    func edits() async throws {
        try await TelegramBench.run { bot, telegram in
            let own = try await bot.send("one", to: TelegramBench.ada)["message_id"] ?? .null
            let theirs = telegram.say("mine", as: TelegramBench.ada, in: TelegramBench.ada)
            let edit = { (message: JSON, text: String) in
                try await bot.error(
                    "editMessageText", ["chat_id": 1_001, "message_id": message, "text": .string(text)])
            }
            try await expectEqual(edit(own, "two"), "")
            try await expectEqual(
                edit(own, "two"),
                "Bad Request: message is not modified: specified new message content and reply markup are exactly "
                    + "the same as a current content and reply markup of the message")
            try await expectEqual(edit(99, "two"), "Bad Request: message to edit not found")
            try await expectEqual(edit(JSON(theirs), "two"), "Bad Request: message can't be edited")
            let shown = try #require(telegram.shownByBot(in: TelegramBench.ada).first)
            #expect(shown.text == "two" && shown.edits == 1)
        }
    }

    @Test("an edit without a keyboard removes the keyboard")
    func keyboards() async throws {
        try await TelegramBench.run { bot, telegram in
            let button: JSON = ["text": "Yes", "callback_data": "y"]
            let keyboard: JSON = ["inline_keyboard": [[button]]]
            let own =
                try await bot.send("one", to: TelegramBench.ada, ["reply_markup": keyboard])["message_id"] ?? .null
            expectEqual(telegram.shownByBot(in: TelegramBench.ada)[0].buttons[0][0].data, "y")
            _ = try await bot.call("editMessageText", ["chat_id": 1_001, "message_id": own, "text": "two"])
            #expect(telegram.shownByBot(in: TelegramBench.ada)[0].buttons.isEmpty)
            let tell = { (rows: JSON) in
                try await bot.error(
                    "sendMessage", ["chat_id": 1_001, "text": "x", "reply_markup": ["inline_keyboard": rows]])
            }
            try await expectEqual(
                tell([[["text": "x", "callback_data": .string(String(repeating: "é", count: 33))]]]),
                "Bad Request: BUTTON_DATA_INVALID")
            try await expectEqual(
                tell([.array(Array(repeating: button, count: 9))]), "Bad Request: REPLY_MARKUP_TOO_LONG")
            let rows = Array(repeating: JSON.array(Array(repeating: button, count: 8)), count: 13)
            try await expectEqual(tell(.array(rows)), "Bad Request: REPLY_MARKUP_TOO_LONG")
        }
    }

    @Test("messages can be deleted for two days, others' messages only by administrators")
    func deletes() async throws {
        try await TelegramBench.run { bot, telegram in
            let delete = { (chat: Int64, message: JSON) in
                try await bot.error("deleteMessage", ["chat_id": JSON(chat), "message_id": message])
            }
            let own = try await bot.send("one", to: TelegramBench.team)["message_id"] ?? .null
            let theirs = telegram.say("two", as: TelegramBench.ada, in: TelegramBench.team)
            try await expectEqual(
                delete(TelegramBench.team, JSON(theirs)), "Bad Request: message can't be deleted for everyone")
            try await expectEqual(delete(TelegramBench.team, own), "")
            try await expectEqual(delete(TelegramBench.team, own), "Bad Request: message to delete not found")
            let old = try await bot.send("old", to: TelegramBench.ada)["message_id"] ?? .null
            telegram.skip(48 * 3_600 + 1)
            try await expectEqual(delete(TelegramBench.ada, old), "Bad Request: message can't be deleted for everyone")
            let theirsInForum = telegram.say("three", as: TelegramBench.ada, in: TelegramBench.forum)
            try await expectEqual(delete(TelegramBench.forum, JSON(theirsInForum)), "")
        }
    }

    @Test("topics: their messages are marked, General has no number, and a reply chain is not a topic")
    func topics() async throws {
        try await TelegramBench.run { bot, telegram in
            let (ada, forum, team) = (TelegramBench.ada, TelegramBench.forum, TelegramBench.team)
            let topic = telegram.makeTopic("Work", as: ada, in: forum)
            telegram.say("in it", as: ada, in: forum, topic: topic)
            let general = telegram.say("in General", as: ada, in: forum)
            telegram.say("on", as: ada, in: forum, replyTo: general)
            let updates = try await Array(bot.updates().dropFirst())
            expectEqual(updates[0]["message"]?["message_thread_id"], JSON(topic))
            expectEqual(updates[0]["message"]?["is_topic_message"], true)
            expectEqual(updates[0]["message"]?["reply_to_message"]?["forum_topic_created"]?["name"], "Work")
            expectEqual(updates[1]["message"]?["message_thread_id"], nil)
            expectEqual(updates[2]["message"]?["message_thread_id"], JSON(general))
            expectEqual(updates[2]["message"]?["is_topic_message"], nil)
            let tell = { (chat: Int64, thread: Int) in
                try await bot.error(
                    "sendMessage", ["chat_id": JSON(chat), "text": "x", "message_thread_id": JSON(thread)])
            }
            try await expectEqual(tell(forum, topic), "")
            try await expectEqual(tell(forum, 1), "Bad Request: message thread not found")
            try await expectEqual(tell(forum, general), "Bad Request: message thread not found")
            try await expectEqual(tell(team, 7), "Bad Request: message thread not found")
            let action: JSON = ["chat_id": JSON(forum), "action": "typing", "message_thread_id": 1]
            try await expectEqual(bot.result("sendChatAction", action), true)
            telegram.deleteTopic(topic, in: forum)
            try await expectEqual(tell(forum, topic), "Bad Request: message thread not found")
        }
    }

    @Test("replies must refer to an existing message, unless the call allows a missing one")
    func replies() async throws {
        try await TelegramBench.run { bot, telegram in
            let first = telegram.say("one", as: TelegramBench.ada, in: TelegramBench.team)
            let answer = try await bot.send(
                "two", to: TelegramBench.team, ["reply_parameters": ["message_id": JSON(first)]])
            expectEqual(answer["reply_to_message"]?["message_id"], JSON(first))
            expectEqual(answer["message_thread_id"], JSON(first))
            let missing: JSON = ["message_id": 999]
            try await expectEqual(
                bot.error(
                    "sendMessage",
                    ["chat_id": JSON(TelegramBench.team), "text": "x", "reply_parameters": missing]),
                "Bad Request: message to be replied not found")
            let free = try await bot.send(
                "x", to: TelegramBench.team,
                ["reply_parameters": ["message_id": 999, "allow_sending_without_reply": true]])
            #expect(free["message_id"] != nil && free["reply_to_message"] == nil)
        }
    }

    @Test("only some emoji can be reactions, one at a time, and the bot gets no update about its own reaction")
    func reactions() async throws {
        try await TelegramBench.run { bot, telegram in
            let message = telegram.say("one", as: TelegramBench.ada, in: TelegramBench.ada)
            let react = { (emoji: [String]) in
                try await bot.error(
                    "setMessageReaction",
                    [
                        "chat_id": 1_001, "message_id": JSON(message),
                        "reaction": .array(emoji.map { ["type": "emoji", "emoji": .string($0)] }),
                    ])
            }
            try await expectEqual(react(["👀"]), "")
            expectEqual(telegram.shown(message, in: TelegramBench.ada)?.reactions, [telegram.botID: ["👀"]])
            try await expectEqual(react(["✅"]), "Bad Request: REACTION_INVALID")
            try await expectEqual(react(["❤️"]), "Bad Request: REACTION_INVALID")
            try await expectEqual(react(["❤"]), "")
            try await expectEqual(react(["👍", "👎"]), "Bad Request: REACTIONS_TOO_MANY")
            try await expectEqual(react([]), "")
            expectEqual(telegram.shown(message, in: TelegramBench.ada)?.reactions.isEmpty, true)
            _ = try await bot.updates(-1, ["allowed_updates": ["message_reaction"]])
            try await expectEqual(bot.heard(), ["one"])
            let inTeam = telegram.say("two", as: TelegramBench.ada, in: TelegramBench.team)
            telegram.react("👍", to: inTeam, as: TelegramBench.bob, in: TelegramBench.team)
            #expect(try await bot.heard().isEmpty)
        }
    }

    @Test("a pressed button must be answered in time; its data may be anything")
    func buttons() async throws {
        try await TelegramBench.run { bot, telegram in
            let keyboard: JSON = ["inline_keyboard": [[["text": "Yes", "callback_data": "y"]]]]
            let own = try await bot.send("ok?", to: TelegramBench.team, ["reply_markup": keyboard])
            let message = try #require(own["message_id"]?.intValue)
            let query = try #require(telegram.press("Yes", on: message, as: TelegramBench.bob, in: TelegramBench.team))
            telegram.press(data: "forged", on: 999, as: TelegramBench.bob, in: TelegramBench.team)
            let updates = try await bot.updates()
            expectEqual(updates[0]["callback_query"]?["data"], "y")
            expectEqual(updates[0]["callback_query"]?["from"]?["id"], JSON(TelegramBench.bob))
            expectEqual(updates[1]["callback_query"]?["message"]?["date"], 0)
            let late = "Bad Request: query is too old and response timeout expired or query ID is invalid"
            let answer: JSON = ["callback_query_id": .string(query), "text": "done"]
            try await expectEqual(bot.error("answerCallbackQuery", answer), "")
            expectEqual(telegram.answer(to: query)?.text, "done")
            try await expectEqual(bot.error("answerCallbackQuery", ["callback_query_id": "1"]), late)
            let second = telegram.press(data: "y", on: message, as: TelegramBench.bob, in: TelegramBench.team)
            telegram.skip(16)
            try await expectEqual(bot.error("answerCallbackQuery", ["callback_query_id": .string(second)]), late)
        }
    }

    @Test("drafts are for private chats, and end after a time, by a message or by the stop button")
    func drafts() async throws {
        try await TelegramBench.run { bot, telegram in
            let ada = TelegramBench.ada
            let draft = { (chat: Int64, id: Int, text: String) in
                try await bot.error(
                    "sendMessageDraft",
                    ["chat_id": JSON(chat), "draft_id": JSON(id), "text": .string(text), "can_stop": true])
            }
            try await expectEqual(draft(TelegramBench.team, 1, "x"), "Bad Request: TEXTDRAFT_PEER_INVALID")
            try await expectEqual(draft(ada, 1, ""), "")
            try await expectEqual(draft(ada, 1, "so far"), "")
            expectEqual(telegram.drafts(in: ada).map(\.text), ["so far"])
            expectEqual(telegram.drafts(in: ada)[0].count, 2)
            // Its clock goes on beside the skips, so they stay far from the 30 seconds.
            telegram.skip(5)
            expectEqual(telegram.drafts(in: ada).count, 1)
            telegram.skip(26)
            #expect(telegram.drafts(in: ada).isEmpty)
            _ = try await draft(ada, 2, "again")
            _ = try await bot.send("whole", to: ada)
            #expect(telegram.drafts(in: ada).isEmpty)
            _ = try await draft(ada, 3, "third")
            #expect(telegram.stopDraft(in: ada))
            #expect(telegram.drafts(in: ada).isEmpty)
            let stopped = try await bot.updates().last?["stopped_message_generation"]
            #expect(stopped?["draft_id"] == 3 && stopped?["chat"]?["id"] == JSON(ada))
        }
    }

    @Test("commands are checked and stored by scope")
    func commands() async throws {
        try await TelegramBench.run { bot, telegram in
            let set = { (name: String, description: String) in
                try await bot.error(
                    "setMyCommands",
                    ["commands": [["command": .string(name), "description": .string(description)]]])
            }
            try await expectEqual(set("ask", "asks"), "")
            try await expectEqual(set("Ask", "asks"), "Bad Request: BOT_COMMAND_INVALID")
            try await expectEqual(set(String(repeating: "a", count: 33), "asks"), "Bad Request: BOT_COMMAND_INVALID")
            try await expectEqual(set("ask", ""), "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
            let scope: JSON = ["type": "chat", "chat_id": JSON(TelegramBench.team)]
            let commands: JSON = [["command": "stop", "description": "stops"]]
            _ = try await bot.call("setMyCommands", ["commands": commands, "scope": scope])
            expectEqual(telegram.commands(), ["ask"])
            expectEqual(telegram.commands(scope: "chat", chat: TelegramBench.team), ["stop"])
            try await expectEqual(bot.result("getMyCommands", ["scope": scope])[0]?["command"], "stop")
            _ = try await bot.call("deleteMyCommands", ["scope": scope])
            #expect(telegram.commands(scope: "chat", chat: TelegramBench.team).isEmpty)
        }
    }

    @Test("a forward names its author as far as they allow, and only what a message says can be quoted")
    func forwards() async throws {
        try await TelegramBench.run { bot, telegram in
            let ada = TelegramBench.ada
            var hidden = TelegramPerson(77, "Eve")
            hidden.isHidden = true
            telegram.addPerson(hidden)
            let messages = [telegram.say("one", as: ada, in: ada), telegram.say("two", as: 77, in: 77)]
            telegram.forward([messages[0]], from: ada, as: ada, in: ada)
            telegram.forward([messages[1]], from: 77, as: ada, in: ada)
            telegram.say("quoted", as: ada, in: ada, replyTo: messages[0], quote: "ne")
            telegram.say("not quoted", as: ada, in: ada, replyTo: messages[0], quote: "two")
            let updates = try await bot.result("getUpdates").arrayValue ?? []
            let received = updates.compactMap { $0["message"] }.suffix(4)
            let origins = received.compactMap { $0["forward_origin"] }
            expectEqual(origins.map { $0["type"] }, ["user", "hidden_user"])
            expectEqual(origins[0]["sender_user"]?["id"], JSON(ada))
            expectEqual(origins[1]["sender_user_name"], "Eve")
            let quote: JSON = ["text": "ne", "position": 1, "is_manual": true]
            expectEqual(received.suffix(2).map { $0["quote"] }, [quote, nil])
        }
    }

    @Test("people's files can be downloaded by path, up to twenty megabytes")
    func files() async throws {
        try await TelegramBench.run { bot, telegram in
            let ada = TelegramBench.ada
            telegram.upload(.document("a.zip", [1, 2, 3]), caption: "see", as: ada, in: ada)
            telegram.upload(.document("big", [1], size: 21 << 20), as: ada, in: ada)
            telegram.upload(.voice([1]), as: ada, in: ada)
            telegram.uploadAlbum(
                [.photo([0xFF, 0xD8, 0xFF]), .photo([0xFF, 0xD8, 0xFF])], caption: "two", as: ada, in: ada)
            let updates = try await bot.updates().compactMap { $0["message"] }
            #expect(updates[0]["document"]?["file_name"] == "a.zip" && updates[0]["caption"] == "see")
            let file = try await bot.result("getFile", ["file_id": updates[0]["document"]?["file_id"] ?? .null])
            let path = try #require(file["file_path"]?.stringValue)
            let fetched = try await bot.get("/file/bot\(telegram.token)/\(path)")
            #expect(fetched.status == 200 && fetched.body == [1, 2, 3])
            let big = try await bot.error("getFile", ["file_id": updates[1]["document"]?["file_id"] ?? .null])
            expectEqual(big, "Bad Request: file is too big")
            expectEqual(updates[2]["voice"]?["duration"], 1)
            expectEqual(updates[3]["media_group_id"], updates[4]["media_group_id"])
            #expect(updates[3]["caption"] == "two" && updates[4]["caption"] == nil)
            expectEqual(updates[3]["photo"]?.arrayValue?.last?["width"], 800)
        }
    }
}
