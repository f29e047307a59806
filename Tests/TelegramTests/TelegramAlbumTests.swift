import Chat
import HTTP
import JSON
import Primitives
import Telegram
import TestSupport
import Testing

@Suite("Albums")
struct TelegramAlbumTests {
    private func part(_ update: Int64, id: Int64, caption: String = "", chat: Int64 = 42, group: String = "g") -> JSON {
        var more: JSONObject = [
            "text": .null, "media_group_id": .string(group), "photo": [["file_id": .string("p\(id)")]],
        ]
        if !caption.isEmpty { more["caption"] = .string(caption) }
        if caption.hasPrefix("@JetBot") { more["caption_entities"] = [["type": "mention", "offset": 0, "length": 7]] }
        return Sample.message(update, "", chat: chat, id: id, more: more)
    }

    @Test("The parts become one message a second after the first")
    func together() throws {
        let transcript = try Transcript()
        transcript.start()
        #expect(transcript.poll(self.part(1, id: 10), self.part(2, id: 11, caption: "look")).isEmpty)
        // The memory holds the parts before the next poll acknowledges them.
        expectEqual(transcript.memories().last?.parts.count, 2)
        expectEqual(transcript.calls().last?.parameters["offset"], 3)
        #expect(transcript.poll(self.part(3, id: 12)).isEmpty)
        transcript.pass(1_000)
        let message = try #require(transcript.store().first?.message)
        #expect(message.text == "look" && message.attachments.map(\.id) == ["p10", "p11", "p12"])
        expectEqual(transcript.memories().last?.parts.isEmpty, true)
    }

    @Test("Beyond 8 MiB of all open albums, the oldest are delivered")
    func large() throws {
        let transcript = try Transcript()
        transcript.start()
        let large = JSON.string(String(repeating: "x", count: 1 << 20))
        for number: Int64 in 1...10 {
            let part = Sample.message(
                number, "", id: number,
                more: [
                    "text": .null, "media_group_id": .string("g\(number)"), "reply_markup": large,
                    "photo": [["file_id": .string("p\(number)")]],
                ])
            transcript.answer(.poll, [part])
            let messages = transcript.store().compactMap(\.message)
            expectEqual(messages.flatMap(\.attachments).map(\.id), number < 8 ? [] : ["p\(number - 7)"])
            transcript.pass(1)
        }
        let memory = try #require(transcript.memories().last)
        expectEqual(memory.parts.count, 7)
    }

    @Test("Parts with very many values keep neither the albums nor the key of buttons from being read again")
    func crammed() throws {
        let many = JSON.array(Array(repeating: 0, count: 15_000))
        var memory = TelegramMemory(key: Transcript.key)
        memory.parts = (1...20).map { number in
            Sample.message(number, "", id: number, more: ["media_group_id": "g", "entities": many])
        }
        let read = TelegramMemory(bytes: memory.bytes)
        expectEqual(read.key, memory.key)
        expectEqual(read.parts.count, 20)
    }

    @Test("The next message from the same person comes after the album")
    func order() throws {
        let transcript = try Transcript()
        transcript.start()
        transcript.poll(self.part(1, id: 10, caption: "a"))
        let incoming = transcript.poll(Sample.message(2, "b", id: 11))
        expectEqual(incoming.compactMap(\.message?.text), ["a", "b"])
    }

    @Test("A crash before the album is stored loses nothing")
    func restart() throws {
        let transcript = try Transcript()
        transcript.start()
        transcript.poll(self.part(1, id: 10, caption: "a"))
        let memory = try #require(transcript.memories().last)
        let second = try Transcript(memory: TelegramMemory(bytes: memory.bytes))
        second.start()
        second.pass(1_000)
        expectEqual(second.store().first?.event?.id, "42/10")
        expectEqual(second.memories().last?.parts.isEmpty, true)
    }

    @Test("A part that comes again while its album is being stored is held until it is stored, too")
    func repeated() throws {
        let transcript = try Transcript(
            .webhook(url: try HTTPURL("https://b.example.org/h"), secret: Secret("s")))
        transcript.start()
        let part = try #require(TelegramUpdate(self.part(1, id: 10)))
        transcript.handle(.update(ticket: 1, part))
        transcript.pass(1_000)
        transcript.handle(.update(ticket: 2, part))
        transcript.store()
        expectEqual(transcript.memories().last?.parts.count, 1)
        transcript.pass(1_000)
        transcript.store()
        expectEqual(transcript.memories().last?.parts.count, 0)
    }

    @Test("An album that a crash has left waits until the bot knows its name")
    func restartInGroup() throws {
        let transcript = try Transcript()
        transcript.start()
        transcript.poll(self.part(1, id: 10, caption: "@JetBot look", chat: -55))
        let memory = try #require(transcript.memories().last)
        let second = try Transcript(memory: TelegramMemory(bytes: memory.bytes))
        second.handle(.begin)
        second.pass(1_500)
        #expect(second.store().isEmpty)
        second.answer(.identity, Transcript.me)
        second.answer(.intake, true)
        second.pass(1_000)
        expectEqual(second.store().first?.message?.isAddressed, true)
    }

    @Test("With a webhook each part is acknowledged at once")
    func webhook() throws {
        let transcript = try Transcript(
            .webhook(url: try HTTPURL("https://b.example.org/h"), secret: Secret("s")))
        transcript.start()
        transcript.handle(.update(ticket: 1, try #require(TelegramUpdate(self.part(1, id: 10)))))
        transcript.store()
        expectEqual(transcript.accepted(), [1])
        transcript.handle(.update(ticket: 2, try #require(TelegramUpdate(self.part(2, id: 11)))))
        transcript.store()
        transcript.pass(1_000)
        expectEqual(transcript.store().first?.message?.attachments.count, 2)
    }
}
