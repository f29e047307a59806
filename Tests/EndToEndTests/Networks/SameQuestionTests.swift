import Glibc
import TestSupport
import Testing

/// How one answer appears to people on different networks.
@Suite("The same question on all networks", .timeLimit(.minutes(4)))
struct SameQuestionTests {
    private static let question = "how do I greet somebody politely?"

    /// Over 12,000 characters: text, a nested list, a table, code, a quote, a link, an emoji of several code points.
    static let answer: String = {
        let head = """
            # Greeting somebody

            Say hello 👩🏽‍🚀 first, **then** ask. The *details* are in [the guide](https://example.org/guide?a=1&b=2), and \
            nobody such as @everyone, <!channel> or @room has to be woken for that.

            1. Look at the person
               - not at the ground
               - not at the telephone
            2. Smile
            3. Speak

            | word | language | letters |
            |:-----|:--------:|--------:|
            | hello | English | 5 |
            | Grüß Gott | German | 8 |
            | こんにちは | Japanese | 5 |

            ```swift
            func greet(_ name: String) -> String {
                "Hello, \\(name)! 1 < 2 && 3 > 2"
            }
            ```

            > Politeness is the flower of humanity.

            """
        let sentence =
            "Whoever is greeted well answers well, and that is why the first sentence matters more than all that follow it"
        let paragraphs = (1...44).map {
            "Part \($0). \(sentence), said the teacher in lesson \($0). \(sentence). Enough of it."
        }
        return head + "\n" + paragraphs.joined(separator: "\n\n") + "\n\nThat was the whole answer."
    }()

    private static func essence(_ text: String) -> String { text.filter { $0.isLetter || $0.isNumber } }

    @Test("one host serves five networks at once, and the same answer arrives complete on each")
    func sameQuestion() async throws {
        #expect(Self.answer.count > 12_000)
        let model = try await LoopbackModelServer.started(
            behaviors: ["test": .answer(Self.answer, rate: 150, chunkLength: 24)])
        let all = try await AllNetworks(conversations: 2, model: model)
        try await all.start()
        // Slack's conversation 1 is a thread; Matrix's and Telegram's are in rooms with others.
        for network in all.networks { try await network.say(Self.question, in: 1) }
        var page = TranscriptPage(answer: Self.answer)
        for network in all.networks {
            let words = try await network.wait(in: 1, for: "the end of the answer", within: .seconds(150)) { words in
                words.contains { $0.contains("That was the whole answer") }
            }
            self.check(words, on: network.name)
            Self.keep(words, of: network.name)
            page.words[network.name] = words
        }
        let problem = page.problem()
        expectEqual(problem, nil)
        try await self.checkMarkup(all)
        let status = await all.stop()
        let log = await all.host.log
        expectEqual(status, "exit status 0", "\(log.suffix(4_000))")
        await model.stop()
    }

    private func check(_ words: [String], on network: String) {
        // IRC shortens a very long answer to its beginning and a link to the rest.
        let text = words.joined(separator: "\n")
        let essence = Self.essence(text)
        for part in 1...(network == "irc" ? 1 : 44) {
            let count = essence.ranges(of: "Part\(part)Whoever").count
            expectEqual(count, 1, "part \(part) appears \(count) times on \(network)")
        }
        for piece in [
            "👩🏽‍🚀", "not at the telephone", "Grüß Gott", "こんにちは", "func greet(_ name: String) -> String {",
            "1 < 2 && 3 > 2", "flower of humanity",
        ] { #expect(text.contains(piece), "\(piece) is missing on \(network)") }
        #expect(!words.contains { $0.contains("may be a repeat") }, "\(network) repeated something")
    }

    /// Checks the parts that only each network's markup shows.
    private func checkMarkup(_ all: AllNetworks) async throws {
        let html = await all.matrix.markup(in: 1).joined()
        #expect(html.contains("<code class=\"language-swift\">") && html.contains("<table>"))
        #expect(html.contains("href=\"https://example.org/guide?a=1&amp;b=2\""))
        let telegram = all.telegram.markup(in: 1).joined()
        #expect(telegram.contains("language-swift") && telegram.contains("https://example.org/guide?a=1&"))
        #expect(all.telegram.telegram.pings.isEmpty)
        let slack = try await all.slack.words(in: 1).joined()
        #expect(slack.contains("https://example.org/guide?a=1&b=2") && slack.contains("| hello"))
        #expect(all.slack.slack.pings.isEmpty, "\(all.slack.slack.pings)")
        #expect(all.slack.slack.mistakes.isEmpty, "\(all.slack.slack.mistakes)")
    }

    /// Saves the texts for the transcripts in the documentation.
    private static func keep(_ words: [String], of network: String) {
        guard let folder = getenv("JETBRIDGE_TRANSCRIPTS").map({ String(cString: $0) }),
            let file = fopen("\(folder)/\(network).txt", "w")
        else { return }
        fputs(words.joined(separator: "\n--- next message ---\n") + "\n", file)
        fclose(file)
    }
}
