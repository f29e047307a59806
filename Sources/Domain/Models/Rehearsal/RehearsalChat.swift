/// The rehearsal's chat answers: repeat the question, in the formats that people want to try.
struct RehearsalChat {
    static let banner = "*This is a rehearsal: no language model is connected, a script answers.*"

    /// The message to answer.
    private let question: String
    /// People's earlier messages, oldest first.
    private let earlier: [String]
    /// The part of the answer that was already given.
    private let given: String?
    private let hasSummary: Bool
    private let isBrief: Bool

    init(_ messages: [ModelMessage], isBrief: Bool) {
        var people = messages.filter { $0.role == .user }.map(\.text)
        var given: String?
        if people.last == PromptBuilder.goOn {
            people.removeLast()
            given = messages.last { $0.role == .assistant }?.text ?? ""
        }
        self.question = people.last ?? ""
        self.earlier = people.dropLast()
        self.given = given
        self.hasSummary =
            messages.first.map { $0.role == .system && $0.text.contains(PromptBuilder.summaryMark) } ?? false
        self.isBrief = isBrief
    }

    var script: RehearsalScript {
        let words = RehearsalWords(self.question)
        var script = RehearsalScript(text: self.answer(words))
        if let given = self.given {
            script.text = script.text.hasPrefix(given) ? String(script.text.dropFirst(given.count)) : self.ending
            return script
        }
        if words.contains("rehearse") || words.contains("simulate") || words.contains("pretend") {
            self.stage(words, in: &script)
        }
        return script
    }

    /// Simulates faults on request, so that people can see their messages.
    private func stage(_ words: RehearsalWords, in script: inout RehearsalScript) {
        if words.contains(anyOf: ["error", "failure", "outage"]) {
            script.failure = ModelError(
                .unavailable, "The rehearsal failed (500), as requested; ask without “rehearse a failure”.")
        }
        if words.contains(anyOf: ["wait", "busy", "retry", "limit"]) {
            script.waits = [RetryNotice(reason: "the rehearsal is busy (429)", delay: .seconds(3), attempt: 2)]
        }
        if words.contains(anyOf: ["cut", "interruption", "drop"]) {
            script.isCut = true
            script.text = String(script.text.prefix(script.text.count * 2 / 3))
        }
    }

    private var ending: String { "That was the rest of the answer." }

    private func answer(_ words: RehearsalWords) -> String {
        if self.isBrief { return "\(Self.banner) You wrote \(Self.quoted(self.question, most: 60))." }
        var blocks = [Self.banner, self.echo]
        if let length = words.wantedLength {
            blocks.append(RehearsalText.long(characters: length, hasCode: words.contains(anyOf: Self.codeWords)))
            return blocks.joined(separator: "\n\n")
        }
        let count = blocks.count
        if words.contains(anyOf: ["remember", "earlier", "before", "history", "said", "first"]), !self.earlier.isEmpty {
            blocks.append(self.recollection)
        }
        if words.contains(anyOf: ["heading", "headings", "markdown", "formatting"]) {
            blocks.append(RehearsalText.formatting)
        }
        if words.contains(anyOf: ["list", "lists", "steps", "markdown"]) { blocks.append(self.list(words)) }
        if words.contains(anyOf: ["table", "tables", "markdown"]) { blocks.append(self.table(words)) }
        if words.contains(anyOf: Self.codeWords + ["markdown"]) { blocks.append(RehearsalText.code(words.language)) }
        if words.contains(anyOf: ["emoji", "unicode", "umlaut"]) { blocks.append(RehearsalText.unicode) }
        if let last = words.countTo { blocks.append((1...last).map(String.init).joined(separator: "\n")) }
        if blocks.count == count { blocks.append(self.offer) }
        return blocks.joined(separator: "\n\n")
    }

    private static let codeWords = ["code", "program", "function", "script", "snippet"]

    private var echo: String {
        let words = RehearsalWords(self.question)
        var sentence = "I read \(words.count == 1 ? "one word" : "\(words.count) words"): "
        sentence += Self.quoted(self.question, most: 200) + "."
        if let topic = words.topics.first {
            sentence += " " + (words.isQuestion ? "You are asking about" : "It is about") + " **\(topic)**"
            sentence += words.topics.count > 1 ? ", and **\(words.topics[1])**." : "."
        }
        if !self.earlier.isEmpty {
            let messages = self.earlier.count == 1 ? "one earlier message" : "\(self.earlier.count) earlier messages"
            sentence += " I also received \(messages) of this thread"
            sentence += self.hasSummary ? " and a summary of those before them." : "."
        } else if self.hasSummary {
            sentence += " I also received a summary of the earlier conversation."
        }
        return sentence
    }

    private var recollection: String {
        "Earlier in this thread:\n\n"
            + self.earlier.suffix(8).map { "- \(Self.quoted($0, most: 100))" }.joined(separator: "\n")
    }

    private func list(_ words: RehearsalWords) -> String {
        let topics = words.topics.isEmpty ? ["question"] : words.topics
        var lines = ["What a model could do with it:", ""]
        for (number, topic) in topics.prefix(4).enumerated() {
            lines.append("\(number + 1). Say what **\(topic)** means here")
            lines.append("   - and give an example")
        }
        return lines.joined(separator: "\n")
    }

    private func table(_ words: RehearsalWords) -> String {
        let topics = words.topics.isEmpty ? ["question"] : words.topics
        let rows = topics.prefix(5).map { "| \($0) | \($0.count) | \($0.count > 6 ? "long" : "short") |" }
        return (["| word | letters | kind |", "|:-----|--------:|:----:|"] + rows).joined(separator: "\n")
    }

    private var offer: String {
        """
        Ask me for a *list*, a *table*, some *code*, *markdown* or *emoji*, for an answer of *3000 characters*, to \
        *count to 50* (and then `stop` me), or what you said *earlier*. Ask me to *rehearse a cut*, *a busy model* or \
        *a failure* to see what those look like. For real answers set `model.provider` in the configuration.
        """
    }

    private static func quoted(_ text: String, most: Int) -> String {
        let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return "“" + (line.count > most ? line.prefix(most) + "…" : line) + "”"
    }
}
