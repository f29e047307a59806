import Chat
import HTTP
import JSON
import Kit
import Primitives
import Telegram
import TestSupport
import Testing

@Suite("The connection's life cycle")
struct TelegramLifeTests {
    private let commands = [
        MenuCommand(name: "help", argument: "", summary: "What there is"),
        MenuCommand(name: "run", argument: "COMMAND", summary: "Runs it"),
        MenuCommand(name: "Not-Valid", argument: "", summary: "x"),
    ]

    @Test("The bot identifies itself, deletes a webhook, and polls without dropping pending updates")
    func start() throws {
        let transcript = try Transcript()
        transcript.handle(.begin)
        expectEqual(transcript.statuses(), ["connecting "])
        expectEqual(transcript.methods(), ["getMe"])
        transcript.answer(.identity, Transcript.me)
        let removal = transcript.calls()
        expectEqual(removal.map(\.method), ["deleteWebhook"])
        expectEqual(removal.first?.parameters["drop_pending_updates"], false)
        transcript.answer(.intake, true)
        expectEqual(transcript.statuses(), ["up "])
        let poll = try #require(transcript.calls().first)
        #expect(poll.method == "getUpdates" && poll.parameters["offset"] == nil)
        #expect(poll.parameters["timeout"] == 50 && poll.timeout == 65_000)
        expectEqual(poll.parameters["allowed_updates"]?.arrayValue?.contains("message_reaction"), true)
    }

    @Test("The offset advances only once all earlier updates are stored")
    func offset() throws {
        let transcript = try Transcript()
        transcript.start()
        transcript.answer(.poll, [Sample.message(5, "a"), Sample.message(6, "b", id: 11)])
        #expect(transcript.methods().isEmpty)
        let incoming = transcript.store()
        expectEqual(incoming.compactMap(\.message?.text), ["a", "b"])
        expectEqual(transcript.calls().first?.parameters["offset"], 7)
        transcript.answer(.poll, [])
        expectEqual(transcript.calls().first?.parameters["offset"], 7)
    }

    @Test("Unreadable updates are skipped")
    func noise() throws {
        let transcript = try Transcript()
        transcript.start()
        let incoming = transcript.poll(
            ["update_id": 1, "message": 7], ["update_id": 2, "poll": [:]], "text", ["message": ["message_id": 1]],
            Sample.message(3, "ok"))
        expectEqual(incoming.compactMap(\.message?.text), ["ok"])
        expectEqual(transcript.calls().first?.parameters["offset"], 4)
    }

    @Test("An answer that holds too much is read update by update, and acknowledged also where none can be read")
    func crammed() throws {
        func answer(_ updates: [String]) -> TelegramAnswer {
            let list = updates.joined(separator: ",")
            return TelegramAnswer(status: 200, body: Array(#"{"ok":true,"result":[\#(list)]}"#.utf8))
        }
        func update(_ id: Int64, values: Int) -> String {
            let many = JSON.array(Array(repeating: 0, count: values))
            return Sample.message(id, #"say "update_id":9"#, id: id, more: ["entities": many]).text
        }
        let transcript = try Transcript()
        transcript.start()
        transcript.handle(.answer(.poll, answer((1...100).map { update($0, values: 2_100) })))
        expectEqual(transcript.store().count { $0.message != nil }, 100)
        expectEqual(transcript.calls().last?.parameters["offset"], 101)
        transcript.handle(.answer(.poll, answer([update(101, values: 210_000)])))
        #expect(transcript.store().isEmpty)
        expectEqual(transcript.calls().last?.parameters["offset"], 102)
    }

    @Test("Of an answer with more updates than Telegram sends, 100 are read, and the others fetched next")
    func oversized() throws {
        let transcript = try Transcript()
        transcript.start()
        let updates = (1...250).map { (number: Int64) in Sample.message(number, "a", id: number) }
        var read: [Int] = []
        for offset in [0, 100, 200] {
            transcript.answer(.poll, .array(Array(updates.dropFirst(offset))))
            read.append(transcript.store().count { $0.message != nil })
            expectEqual(transcript.calls().last?.parameters["offset"]?.intValue, min(offset + 101, 251))
        }
        expectEqual(read, [100, 100, 50])
    }

    @Test("An update far beyond the offset is ignored, and does not keep later ones from being fetched")
    func farID() throws {
        let transcript = try Transcript()
        transcript.start()
        transcript.poll(Sample.message(5, "a"))
        let incoming = transcript.poll(
            Sample.message((1 << 53) - 1, "far", id: 11), Sample.message(1 << 31, "b", id: 12))
        expectEqual(incoming.compactMap(\.message?.text), ["b"])
        expectEqual(transcript.calls().last?.parameters["offset"]?.intValue, (1 << 31) + 1)
    }

    @Test("After two failed polls, one update is asked for, since a long answer may be what fails")
    func shortPoll() throws {
        let transcript = try Transcript()
        transcript.start()
        var limits: [JSON?] = []
        for _ in 0..<3 {
            transcript.handle(.answer(.poll, .broken(TelegramBreak("too large", mayHaveArrived: true))))
            transcript.pass(5_000)
            limits += transcript.calls().map { $0.parameters["limit"] }
        }
        expectEqual(limits, [100, 1, 1])
        transcript.poll(Sample.message(5, "a"))
        expectEqual(transcript.calls().last?.parameters["limit"], 100)
    }

    @Test("An invalid token is reported and retried slowly", arguments: [401, 404])
    func badToken(code: Int) throws {
        let transcript = try Transcript()
        transcript.handle(.begin)
        _ = transcript.calls()
        transcript.refuse(.identity, code, code == 401 ? "Unauthorized" : "Not Found")
        let status = transcript.statuses().last ?? ""
        #expect(status.hasPrefix("refused ") && status.contains("@BotFather"))
        transcript.pass(599_000)
        #expect(transcript.methods().isEmpty)
        transcript.pass(2_000)
        expectEqual(transcript.methods(), ["getMe"])
    }

    @Test("A token revoked during the run is reported as well")
    func revoked() throws {
        let transcript = try Transcript()
        transcript.start()
        transcript.refuse(.poll, 401, "Unauthorized")
        expectEqual(transcript.statuses().last?.hasPrefix("refused "), true)
        let (calls, step) = transcript.run(.post(Transcript.message("x")))
        #expect(calls.isEmpty && step.error?.code == .unauthorized)
    }

    @Test("A server with only the four core methods is enough")
    func coreMethods() throws {
        let transcript = try Transcript(commands: self.commands)
        transcript.handle(.begin)
        transcript.answer(.identity, Transcript.me)
        _ = transcript.calls()
        transcript.refuse(.intake, 404, "Not Found")
        expectEqual(transcript.statuses().last, "up ")
        #expect(transcript.methods().contains("getUpdates"))
        transcript.refuse(.commands(last: true), 404, "Not Found")
        let (_, draft) = transcript.run(
            .draft(Transcript.message("x", stage: .preview)), Transcript.refused(404, "Not Found"))
        expectEqual(draft.error?.code, .invalid)
        #expect(!transcript.machine.traits(of: Transcript.route(42).room).capabilities.contains(.drafts))
        transcript.handle(.typing(true, Transcript.route(42)))
        transcript.pass(200)
        expectEqual(transcript.methods(), ["sendChatAction"])
        transcript.refuse(.typing(chat: 42), 404, "Not Found")
        transcript.pass(30_000)
        #expect(transcript.methods().isEmpty)
        let (_, reaction) = transcript.run(
            .react("👀", isOn: true, Transcript.reference(42, 5)), Transcript.refused(404, "Not Found"))
        #expect(reaction.error != nil)
        let edit = TelegramOperation.Kind.edit(Transcript.reference(42, 5), Transcript.message("y"))
        expectEqual(transcript.run(edit, Transcript.refused(404, "Not Found")).1.error?.code, .uneditable)
        let (_, post) = transcript.run(.post(Transcript.message("x")), Transcript.sent(42, 6))
        expectEqual(post.outcome, .message(Transcript.reference(42, 6)))
        #expect(transcript.statuses().isEmpty)
    }

    @Test("A bare 404 counts as an unknown method only for optional calls; for messages it may be a gateway's")
    func barePaths() throws {
        let bare = TelegramAnswer(status: 404, body: Array("<html>Not Found</html>".utf8))
        let transcript = try Transcript()
        transcript.handle(.begin)
        transcript.answer(.identity, Transcript.me)
        _ = transcript.calls()
        transcript.handle(.answer(.intake, bare))
        expectEqual(transcript.statuses().last, "up ")
        #expect(transcript.methods().contains("getUpdates"))
        _ = transcript.run(.draft(Transcript.message("x", stage: .preview)), bare)
        #expect(!transcript.machine.traits(of: Transcript.route(42).room).capabilities.contains(.drafts))
        let edit = TelegramOperation.Kind.edit(Transcript.reference(42, 5), Transcript.message("y"))
        for kind in [edit, .post(Transcript.message("x"))] {
            expectEqual(transcript.run(kind, bare).1.error?.code, .disconnected)
        }
        // Before any call has succeeded, it does not mean that the token is invalid.
        let wrong = try Transcript()
        wrong.handle(.begin)
        wrong.handle(.answer(.identity, bare))
        expectEqual(wrong.statuses().last?.hasPrefix("down "), true)
    }

    @Test("When a method disappears, the token is checked before it is blamed")
    func vanished() throws {
        let transcript = try Transcript()
        transcript.start()
        let (_, post) = transcript.run(.post(Transcript.message("x")), Transcript.refused(404, "Not Found"))
        expectEqual(post.error?.code, .disconnected)
        transcript.refuse(.poll, 404, "Not Found")
        expectEqual(transcript.statuses().last?.hasPrefix("down "), true)
        transcript.pass(1_500)
        expectEqual(transcript.methods(), ["getMe"])
        transcript.refuse(.identity, 404, "Not Found")
        expectEqual(transcript.statuses().last?.hasPrefix("refused "), true)
    }

    @Test("A server that answers polls at once is not polled in a busy loop")
    func hasty() throws {
        let transcript = try Transcript()
        transcript.start()
        var pauses = 0
        for _ in 0..<200 {
            transcript.answer(.poll, [])
            if transcript.methods().isEmpty {
                transcript.pass(500)
                expectEqual(transcript.methods(), ["getUpdates"])
                pauses += 1
            }
        }
        expectEqual(pauses, 198)
        transcript.pass(10_000)
        transcript.answer(.poll, [])
        expectEqual(transcript.methods(), ["getUpdates"])
    }

    @Test("A server that repeats acknowledged updates is not polled in a busy loop")
    func repeating() throws {
        let transcript = try Transcript()
        transcript.start()
        for _ in 0..<4 {
            transcript.answer(.poll, [Sample.message(5, "a")])
            transcript.store()
        }
        expectEqual(transcript.methods().count, 3)
        transcript.pass(500)
        expectEqual(transcript.methods(), ["getUpdates"])
    }

    @Test("A lost connection is renewed and retried with growing delays")
    func lost() throws {
        let transcript = try Transcript()
        transcript.start()
        var gaps: [Int64] = []
        for _ in 0..<8 {
            transcript.handle(.answer(.poll, .broken(TelegramBreak("timeout", mayHaveArrived: true, isTimeout: true))))
            #expect(transcript.isRenewed)
            expectEqual(transcript.statuses().last?.hasPrefix("down "), true)
            let begin = transcript.now.monotonic
            let due = try #require(transcript.machine.deadline)
            gaps.append(due - begin)
            transcript.pass(due - begin)
            let poll = transcript.calls()
            #expect(poll.map(\.method) == ["getUpdates"] && poll.first?.parameters["timeout"] == 0)
            transcript.actions = []
        }
        #expect(gaps[0] <= 1_000 && gaps[0] >= 500 && gaps[7] >= 30_000 && gaps[7] <= 60_000)
        transcript.answer(.poll, [])
        expectEqual(transcript.statuses(), ["up "])
        expectEqual(transcript.calls().first?.parameters["timeout"], 50)
    }

    @Test("A throttled poll is retried after the requested delay")
    func flood() throws {
        let transcript = try Transcript()
        transcript.start()
        transcript.refuse(.poll, 429, "Too Many Requests: retry after 30", retryAfter: 30)
        transcript.pass(29_000)
        #expect(transcript.methods().isEmpty)
        transcript.pass(1_100)
        expectEqual(transcript.methods(), ["getUpdates"])
    }

    @Test("A server may ask for a pause before the next poll, but not for a day")
    func longFlood() throws {
        let transcript = try Transcript()
        transcript.start()
        transcript.refuse(.poll, 429, "Too Many Requests: retry after 86400", retryAfter: 86_400)
        transcript.pass(299_000)
        #expect(transcript.methods().isEmpty)
        transcript.pass(1_100)
        expectEqual(transcript.methods(), ["getUpdates"])
    }

    @Test("Another program's polls are ignored for a minute, then reported")
    func conflict() throws {
        let transcript = try Transcript()
        transcript.start()
        let text = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
        let begin = transcript.now.monotonic
        while transcript.now.monotonic - begin < 59_000 {
            transcript.refuse(.poll, 409, text)
            #expect(transcript.statuses().isEmpty)
            transcript.pass(5_000)
            expectEqual(transcript.methods(), ["getUpdates"])
        }
        transcript.pass(5_000)
        transcript.refuse(.poll, 409, text)
        expectEqual(transcript.statuses().last?.contains("Another program"), true)
        let (calls, _) = transcript.run(.post(Transcript.message("x")), Transcript.sent(42, 1))
        expectEqual(calls.map(\.method), ["sendMessage"])
        transcript.pass(40_000)
        expectEqual(transcript.methods(), ["getUpdates"])
        transcript.answer(.poll, [])
        expectEqual(transcript.statuses(), ["up "])
    }

    @Test("A webhook that comes back is deleted once, then reported")
    func webhookInTheWay() throws {
        let transcript = try Transcript()
        transcript.start()
        let text =
            "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
        transcript.refuse(.poll, 409, text)
        expectEqual(transcript.methods(), ["deleteWebhook"])
        transcript.answer(.intake, true)
        expectEqual(transcript.methods(), ["getUpdates"])
        transcript.pass(1_000)
        transcript.refuse(.poll, 409, text)
        expectEqual(transcript.statuses().last?.contains("webhook"), true)
    }

    @Test("The menu is registered for each scope, but only if it has changed")
    func menu() throws {
        let transcript = try Transcript(commands: self.commands)
        transcript.handle(.begin)
        transcript.answer(.identity, Transcript.me)
        _ = transcript.calls()
        transcript.answer(.intake, true)
        let calls = transcript.calls().filter { $0.method == "setMyCommands" }
        expectEqual(
            calls.map { $0.parameters["scope"]?["type"]?.stringValue ?? "" },
            [
                "default", "all_private_chats", "all_group_chats",
            ])
        expectEqual(
            calls.last?.parameters["commands"],
            [
                ["command": "help", "description": "What there is"],
                ["command": "run", "description": "COMMAND — Runs it"],
            ])
        // Strangers see how to get access.
        let brief: JSON = [
            ["command": "start", "description": "Say hello"], ["command": "help", "description": "What there is"],
        ]
        expectEqual(calls.prefix(2).map { $0.parameters["commands"] }, [brief, brief])
        for isLast in [false, false, true] { transcript.answer(.commands(last: isLast), true) }
        let memory = try #require(transcript.memories().last)
        let second = try Transcript(commands: self.commands, memory: TelegramMemory(bytes: memory.bytes))
        second.handle(.begin)
        second.answer(.identity, Transcript.me)
        second.answer(.intake, true)
        #expect(!second.methods().contains("setMyCommands"))
    }

    @Test("People with access get the whole menu in their private chat, until they no longer have it")
    func personalMenu() throws {
        let transcript = try Transcript(commands: self.commands)
        transcript.start()
        func methods(_ isKnown: Bool, _ transcript: Transcript) -> [String] {
            transcript.handle(.access(isKnown, chat: 42))
            return transcript.calls().map { "\($0.method) \($0.parameters["scope"]?["chat_id"]?.intValue ?? 0)" }
        }
        #expect(methods(false, transcript).isEmpty)
        expectEqual(methods(true, transcript), ["setMyCommands 42"])
        #expect(methods(true, transcript).isEmpty)
        transcript.answer(.menu(chat: 42, isKnown: true), true)
        let memory = try #require(transcript.memories().last)
        let second = try Transcript(commands: self.commands, memory: TelegramMemory(bytes: memory.bytes))
        second.start()
        #expect(methods(true, second).isEmpty)
        expectEqual(methods(false, second), ["deleteMyCommands 42"])
        second.answer(.menu(chat: 42, isKnown: false), true)
        expectEqual(methods(true, second), ["setMyCommands 42"])
        // A group has its menu from the scope of groups.
        second.handle(.access(true, chat: -55))
        #expect(second.calls().isEmpty)
    }

    @Test("A webhook is set with its secret, checked, and set again after another program changed it")
    func webhook() throws {
        let url = try HTTPURL("https://bot.example.org/hooks/telegram/bot")
        let transcript = try Transcript(.webhook(url: url, secret: Secret("s3cret")))
        transcript.handle(.begin)
        transcript.answer(.identity, Transcript.me)
        let set = try #require(transcript.calls().last)
        expectEqual(set.method, "setWebhook")
        expectEqual(set.parameters["url"], "https://bot.example.org/hooks/telegram/bot")
        #expect(set.parameters["secret_token"] == "s3cret" && set.parameters["allowed_updates"] != nil)
        transcript.answer(.intake, true)
        #expect(transcript.methods().isEmpty)
        transcript.handle(.update(ticket: 3, try #require(TelegramUpdate(Sample.message(1, "hi")))))
        #expect(transcript.accepted().isEmpty)
        expectEqual(transcript.store().first?.message?.text, "hi")
        expectEqual(transcript.accepted(), [3])
        transcript.pass(60_000)
        expectEqual(transcript.methods(), ["getWebhookInfo"])
        transcript.answer(.check, ["url": "https://other.example.org/"])
        expectEqual(transcript.methods(), ["setWebhook"])
    }

    @Test("After a stop the bot makes no further calls")
    func stop() throws {
        let transcript = try Transcript()
        transcript.start()
        transcript.poll(Sample.message(5, "a"))
        _ = transcript.calls()
        transcript.handle(.stop)
        #expect(transcript.methods().isEmpty && transcript.statuses() == ["down "])
        #expect(transcript.actions.contains { if case .finished = $0 { true } else { false } })
        expectEqual(transcript.machine.deadline, nil)
    }
}
