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

    @Test("a file is sent, and sent again by its id")
    func documents() async throws {
        try await TelegramBench.run { bot, telegram in
            let sent = try await Self.send(
                bot, "sendDocument",
                [
                    Self.chat, Self.part("caption", Array("two".utf8)),
                    Self.part("document", [1, 2], fileName: "a%22b.bin"),
                ])
            let document = sent["result"]?["document"]
            #expect(document?["file_name"] == "a\"b.bin" && document?["file_size"] == 2)
            let again = try await bot.result(
                "sendDocument", ["chat_id": 1_001, "document": document?["file_id"] ?? .null])
            expectEqual(again["document"]?["file_id"], document?["file_id"])
            let message = sent["result"]?["message_id"] ?? .null
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
            let empty = try await Self.send(
                bot, "sendDocument", [Self.chat, Self.part("document", [], fileName: "a")])
            expectEqual(empty["description"], "Bad Request: file must be non-empty")
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
