import JSON
import TestSupport
import Testing

@Suite("Telegram on loopback: the bot's files", .timeLimit(.minutes(3)))
struct TelegramFilesTests {
    private static func part(_ name: String, _ value: [UInt8], fileName: String? = nil) -> [UInt8] {
        let file = fileName.map { "; filename=\"\($0)\"\r\nContent-Type: application/octet-stream" } ?? ""
        return Array("--X\r\nContent-Disposition: form-data; name=\"\(name)\"\(file)\r\n\r\n".utf8) + value + [13, 10]
    }

    /// The answer to a multipart call.
    private static func send(_ bot: TelegramBench, _ method: String, _ parts: [[UInt8]]) async throws -> JSON {
        let body = parts.flatMap { $0 } + Array("--X--\r\n".utf8)
        let answer = try await bot.send(raw: body, "multipart/form-data; boundary=X", to: method)
        return try JSON.parse(answer.body)
    }

    private static let chat = Self.part("chat_id", Array("1001".utf8))
    private static let jpeg: [UInt8] = [0xFF, 0xD8, 0xFF, 0xE0]

    private static func png(_ width: UInt16, _ height: UInt16) -> [UInt8] {
        let bytes = { (number: UInt16) in [0, 0, UInt8(number >> 8), UInt8(number & 0xFF)] as [UInt8] }
        return [0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82] + bytes(width) + bytes(height)
    }

    @Test("a file is sent, sent again by its id, and its caption edited")
    func documents() async throws {
        try await TelegramBench.run { bot, telegram in
            let sent = try await Self.send(
                bot, "sendDocument",
                [
                    Self.chat, Self.part("caption", Array("one".utf8)),
                    Self.part("document", [1, 2], fileName: "a%22b.bin"),
                ])
            let document = sent["result"]?["document"]
            #expect(document?["file_name"] == "a\"b.bin" && document?["file_size"] == 2)
            let again = try await bot.result(
                "sendDocument", ["chat_id": 1_001, "document": document?["file_id"] ?? .null])
            expectEqual(again["document"]?["file_id"], document?["file_id"])
            let message = sent["result"]?["message_id"] ?? .null
            let caption: JSON = ["chat_id": 1_001, "message_id": message, "caption": "two"]
            try await expectEqual(bot.error("editMessageCaption", caption), "")
            try await expectEqual(
                bot.error("editMessageText", ["chat_id": 1_001, "message_id": message, "text": "two"]),
                "Bad Request: there is no text in the message to edit")
            expectEqual(telegram.shownByBot(in: TelegramBench.ada).map(\.text), ["two", ""])
            let long: JSON = [
                "chat_id": 1_001, "document": "x", "caption": .string(String(repeating: "x", count: 1_025)),
            ]
            try await expectEqual(bot.error("sendDocument", long), "Bad Request: message caption is too long")
            try await expectEqual(
                bot.error("sendDocument", ["chat_id": 1_001, "document": "x"]),
                "Bad Request: wrong file identifier/HTTP URL specified")
            try await expectEqual(
                bot.error("sendDocument", ["chat_id": 1_001]), "Bad Request: there is no document in the request")
        }
    }

    @Test("pictures have maximum dimensions")
    func pictures() async throws {
        try await TelegramBench.run { bot, _ in
            let tell = { (bytes: [UInt8]) in
                let answer = try await Self.send(
                    bot, "sendPhoto", [Self.chat, Self.part("photo", bytes, fileName: "a.png")])
                return answer["description"]?.stringValue ?? ""
            }
            let fine = try await tell(Self.png(800, 600))
            expectEqual(fine, "")
            try await expectEqual(tell(Self.png(9_000, 1_500)), "Bad Request: PHOTO_INVALID_DIMENSIONS")
            try await expectEqual(tell(Self.png(2_100, 100)), "Bad Request: PHOTO_INVALID_DIMENSIONS")
            try await expectEqual(tell([1, 2, 3]), "Bad Request: IMAGE_PROCESS_FAILED")
            try await expectEqual(tell([]), "Bad Request: file must be non-empty")
        }
    }

    @Test("an album has two to ten items")
    func albums() async throws {
        try await TelegramBench.run { bot, telegram in
            let item =
                #"{"type":"photo","media":"attach://one","caption":"both"},{"type":"photo","media":"attach://two"}"#
            let files = [
                Self.part("one", Self.jpeg, fileName: "1.jpg"), Self.part("two", Self.jpeg, fileName: "2.jpg"),
            ]
            let sent = try await Self.send(
                bot, "sendMediaGroup", [Self.chat, Self.part("media", Array("[\(item)]".utf8))] + files)
            expectEqual(sent["result"]?[0]?["media_group_id"], sent["result"]?[1]?["media_group_id"])
            expectEqual(telegram.shownByBot(in: TelegramBench.ada).map(\.text), ["both", ""])
            let few = try await bot.call("sendMediaGroup", ["chat_id": 1_001, "media": []])
            expectEqual(few["error_code"], 400)
        }
    }

    @Test("files over fifty megabytes are refused")
    func tooLarge() async throws {
        try await TelegramBench.run { bot, telegram in
            let answer = try await Self.send(
                bot, "sendDocument",
                [Self.chat, Self.part("document", Array(repeating: 0, count: 51 << 20), fileName: "a")])
            #expect(answer["error_code"] == 413 && answer["description"] == "Request Entity Too Large")
            #expect(telegram.shownByBot(in: TelegramBench.ada).isEmpty)
        }
    }
}
