import TestSupport

/// The beginning of one answer, as each network shows it: made from what people received, so that it cannot differ from
/// the program.
struct TranscriptPage {
    /// A network's part of the page.
    private struct Section {
        let network: String
        let title: String
        /// Follows the number of messages.
        let remark: String
        /// False where the number depends on how quickly lines were sent before the answer turned out to be long.
        var isCounted = true
    }

    private static let sections = [
        Section(
            network: "irc", title: "IRC (ngIRCd)",
            remark: """
                One message a line, as fast as the server allows. Bold, italics and code use IRC's
                formatting codes, which are not visible here. So long an answer ends with a link to
                the whole.
                """, isCounted: false),
        Section(
            network: "matrix", title: "Matrix (Synapse)",
            remark: """
                Clients show the formatted text; below is its plain-text version, for notifications
                and clients without formatting. An invisible character defuses mentions.
                """),
        Section(
            network: "slack", title: "Slack",
            remark: """
                Each is a block of Slack's own Markdown, which Slack renders. An invisible character
                defuses mentions.
                """),
        Section(
            network: "telegram", title: "Telegram",
            remark: """
                Bold, italics, links, quotes and code use Telegram's formats, which are not visible
                here: *the guide* is a link, and the table and the code are set in fixed width.
                """),
        Section(network: "web", title: "Web", remark: "The page renders the Markdown."),
    ]

    /// Where the omitted paragraphs begin.
    static let cut = "Part 1. "

    let answer: String
    /// The bot's messages by network.
    var words: [String: [String]] = [:]

    var text: String {
        let parts = Self.sections.map { section -> String in
            let words = self.words[section.network] ?? []
            let count = section.isCounted ? Self.count(words.count) + ". " : ""
            return "## \(section.title)\n\n\(count)\(section.remark)"
                + "\n\n````text\n\(Self.beginning(of: words.joined(separator: "\n")))\n````\n"
        }
        return Self.introduction + "````markdown\n\(Self.beginning(of: self.answer))\n````\n\n"
            + parts.joined(separator: "\n")
    }

    /// Compares it with the stored page, or stores it. Returns what differs.
    func problem() -> String? {
        TranscriptFile(name: "same-answer", test: "SameQuestionTests", text: self.text).problem()
    }

    private static func count(_ count: Int) -> String { count == 1 ? "One message" : "\(count) messages" }

    /// The part before the omitted paragraphs, without formatting codes.
    private static func beginning(of text: String) -> String {
        var rest = text[...]
        for cut in [Self.cut, "The whole answer"] {
            if let range = rest.firstRange(of: cut) { rest = rest[..<range.lowerBound] }
        }
        while let last = rest.last, last.isWhitespace { rest = rest.dropLast() }
        let lines = rest.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
            var line = Self.withoutCodes(line)
            while line.last == " " { line.removeLast() }
            return line
        }
        return lines.joined(separator: "\n")
    }

    /// Removes IRC's formatting codes: https://modern.ircdocs.horse/formatting
    private static func withoutCodes(_ line: Substring) -> String {
        var plain = String.UnicodeScalarView()
        var scalars = line.unicodeScalars[...]
        while let scalar = scalars.popFirst() {
            if scalar == "\u{03}" {
                for _ in 0..<2 where scalars.first?.properties.numericType != nil { scalars.removeFirst() }
            } else if scalar.value >= 0x20 || scalar == "\t" {
                plain.append(scalar)
            }
        }
        return String(plain)
    }

    private static let introduction = """
        # The same answer on every network

        One host, five networks, one question at the same time: *how do I greet somebody politely?* The answer has over 12,000
        characters: first the formatting that is hard to show, then 44 paragraphs, which are omitted here. The test
        `SameQuestionTests` asks the question in rooms with other people on Matrix (a thread), Slack (a thread), Telegram (a
        group) and IRC (a channel), and in the web chat, and checks that each paragraph appears exactly once. (On IRC, which
        shortens a very long answer, it checks only the first paragraph.) The test also compares this file with what people
        received. To update it, or to see the whole transcripts:

        ```sh
        \(TranscriptFile.updating)=1 ./scripts/test SameQuestionTests
        mkdir transcripts && JETBRIDGE_TRANSCRIPTS=$PWD/transcripts ./scripts/test SameQuestionTests
        ```

        ## What the model wrote


        """
}
