import Chat
import Delivery
import IRC
import Markdown
import Slack
import Telegram
import TestSupport
import Testing

@testable import Matrix

@Suite("Answers as networks receive them", .timeLimit(.minutes(1)))
struct AnswerTextTests {
    struct Network: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let renderer: any MessageRenderer
        let unit: RoomTraits.TextUnit
        var isMultiline = true
        /// Of all answers below.
        let digest: UInt64
        /// What a reader of a message sees, without spaces.
        let shown: @Sendable (String) -> String

        func messages(for markdown: String, limit: Int) -> [String] {
            let traits = RoomTraits(
                textLimit: limit + "(may be a repeat) ".utf8.count, textUnit: self.unit, isMultiline: self.isMultiline)
            return Composer(traits: traits, renderer: self.renderer).messages(for: markdown)
        }

        static let all = [
            Network(
                testDescription: "IRC", renderer: IRCFormatting(), unit: .bytes, isMultiline: false,
                digest: 0x482D_B0DF_5C6D_83AA,
                shown: { String($0.unicodeScalars.filter { $0.value > 0x20 }.map(Character.init)) }),
            Network(
                testDescription: "Matrix", renderer: MatrixFormatting(), unit: .bytes,
                digest: 0xA81F_0C8A_CB1A_643F,
                shown: { message in
                    let html = "<>" + (MatrixMarkup(message).html ?? message)
                    let parts = html.split(separator: "<").map { $0.drop { $0 != ">" }.dropFirst() }
                    return parts.joined().replacing(" ", with: "").replacing("&lt;", with: "<").replacing(
                        "&amp;", with: "&")
                }),
            Network(
                testDescription: "Slack", renderer: SlackFormatting(), unit: .characters,
                digest: 0xC4D8_DB88_9524_6A85,
                shown: { String(decoding: StyledLines($0).bytes, as: UTF8.self).replacing(" ", with: "") }),
            Network(
                testDescription: "Telegram", renderer: TelegramFormatting(), unit: .utf16,
                digest: 0x901A_2530_BF09_FF4A,
                shown: { TelegramMarkup($0).text.replacing(" ", with: "") }),
        ]
    }

    @Test("a line can be cut anywhere: its styles go on, and nothing else is seen", arguments: Network.all)
    func cuts(network: Network) {
        let link = network.testDescription == "Slack" ? "" : "[link & more](https://e.org/?a=1&b=2) "
        let text = "a **bold \(link)`co<de` x** é *y & ~~<z~~ 👩‍👩‍👧* "
        let markdown = String(repeating: text, count: 4)
        let whole = network.shown(network.messages(for: markdown, limit: 10_000).joined())
        for limit in 60..<160 {
            let messages = network.messages(for: markdown, limit: limit)
            #expect(messages.count > 1)
            expectEqual(messages.map(network.shown).joined(), whole, "\(limit): \(messages)")
        }
    }

    /// Who means to change what a network receives compares the texts of this test before and after, and notes the new
    /// digest.
    @Test("answers arrive byte by byte as before", arguments: Network.all)
    func digests(network: Network) {
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        for seed in 0..<60 {
            for limit in [300, 4_000] {
                for message in network.messages(for: Self.answer(UInt64(seed)), limit: limit) {
                    for byte in message.utf8 + [0] { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
                }
            }
        }
        expectEqual(digest, network.digest)
    }

    private static let words = [
        "the store", "日本語も", "مرحبا", "👩‍👩‍👧", "@ann", "/stop", "snake_case", "a*b", "&lt; <b> &", "`co|de`", "**bold**",
        "*it **both***", "~~struck~~", "强调。**后面**", "[link](https://e.org/a_b?c=d&e)",
        "[bank.com](https://evil.example)",
        "![img](https://e.org/i.png)",
        "https://example.org/thoughts?page=1", "[me](mailto:a@b.org)", "\\(a^2\\)", "1. x",
        "<!here>",
    ]

    private static func answer(_ seed: UInt64) -> String {
        var random = SeededGenerator(state: seed)
        func words(_ most: Int) -> String {
            (0..<Int.random(in: 1...most, using: &random)).map { _ in Self.words.randomElement(using: &random) ?? "" }
                .joined(separator: " ")
        }
        let blocks = (0..<Int.random(in: 1...8, using: &random)).map { _ in
            switch Int.random(in: 0..<9, using: &random) {
            case 0: "## \(words(4))"
            case 1: "- \(words(6))\n- [x] \(words(3))\n  3. \(words(9))\n\n     > \(words(4))"
            case 2: "```swift\n\(words(5))\n\n\t\(words(30))\n```"
            case 3: "| a | \(words(1)) |\n|--:|:-:|\n| \(words(2)) | `b` |\n| | \(words(5)) |"
            case 4: "> \(words(20))\\\n> \(words(2))\n>\n> - \(words(3))"
            case 5: "---\n<div>\n\(words(2))\n</div>"
            default: "\(words(20))\n**\(words(40))**\\\n\(words(3))"
            }
        }
        return blocks.joined(separator: "\n\n")
    }
}
