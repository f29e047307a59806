internal import JSON
internal import Primitives

/// The rehearsal's chat answers: repeat the question, in the formats that people want to try.
struct RehearsalChat {
    static let banner = RehearsalPage.section("banner", of: "chat.md")

    /// The message to answer.
    private let question: String
    /// People's earlier messages, oldest first.
    private let earlier: [String]
    /// The part of the answer that was already given.
    private let given: String?
    private let hasSummary: Bool
    private let isBrief: Bool

    init(_ messages: [ModelMessage], isBrief: Bool) {
        var people = messages.filter { $0.role == .user }.map { $0.text.beginning(bytes: RehearsalReading.limit) }
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
            let isPart = script.text.hasPrefix(given)
            script.text = isPart ? String(script.text.dropFirst(given.count)) : "That was the rest of the answer."
        } else if words.contains(anyOf: ["rehearse", "simulate", "pretend"]) {
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

    private func answer(_ words: RehearsalWords) -> String {
        let values = self.values(words)
        if self.isBrief { return RehearsalPage.section("brief", of: "chat.md", values) }
        var blocks = [Self.banner, RehearsalPage.section("echo", of: "chat.md", values)]
        if let length = words.wantedLength {
            blocks.append(Self.long(characters: length, hasCode: words.contains(anyOf: RehearsalList.words("code"))))
            return blocks.joined(separator: "\n\n")
        }
        let wanted = RehearsalPage.sections(of: "chat.md").filter { section in
            section.names.first == "on" && words.contains(anyOf: section.names.dropFirst())
        }.map { RehearsalPage.fill($0.text, values) }.filter { !$0.isEmpty }
        blocks += wanted.isEmpty ? [RehearsalPage.section("offer", of: "chat.md")] : wanted
        return blocks.joined(separator: "\n\n")
    }

    private func values(_ words: RehearsalWords) -> JSON {
        let messages = self.earlier.count == 1 ? "one earlier message" : "\(self.earlier.count) earlier messages"
        let topics = words.topics.isEmpty ? ["question"] : words.topics
        let language = words.first(of: Self.codes.flatMap(\.names)) ?? "swift"
        return [
            "banner": JSON(Self.banner), "question": JSON(self.question.rehearsedLine.rehearsedStart(200)),
            "short": JSON(self.question.rehearsedLine.rehearsedStart(60)),
            "count": JSON(words.count == 1 ? "one word" : "\(words.count) words"), "isQuestion": JSON(words.isQuestion),
            "topic": JSON(words.topics.first ?? ""), "second": JSON(words.topics.dropFirst().first ?? ""),
            "messages": JSON(self.earlier.isEmpty ? "" : messages), "hasSummary": JSON(self.hasSummary),
            "earlier": JSON(self.earlier.suffix(8).map { JSON($0.rehearsedLine.rehearsedStart(100)) }),
            "steps": JSON(topics.prefix(4).enumerated().map { ["number": JSON($0 + 1), "word": JSON($1)] }),
            "rows": JSON(
                topics.prefix(5).map { word -> JSON in
                    [
                        "word": JSON(word), "letters": JSON(word.count),
                        "kind": JSON(word.count > 6 ? "long" : "short"),
                    ]
                }),
            "code": JSON(Self.code(language)),
            "numbers": JSON(words.countTo.map { (1...$0).map(String.init).joined(separator: "\n") } ?? ""),
        ]
    }

    private static let codes = RehearsalPage.sections(of: "code.md")

    /// A code block; the file's sections are named by their languages.
    private static func code(_ language: String) -> String {
        "```\(language)\n\(self.codes.first { $0.names.contains(language) }?.text ?? "")```"
    }

    /// About `characters` characters in paragraphs, with code blocks on request.
    private static func long(characters: Int, hasCode: Bool) -> String {
        let sentences = RehearsalPage.text("sentences.txt").split(separator: "\n")
        var blocks: [String] = []
        var count = 0
        var sentence = 0
        while count < characters {
            let number = blocks.count
            var block = "Paragraph \(number + 1)."
            if hasCode, number % 3 == 2 {
                block = self.code(["swift", "python", "bash"][number / 3 % 3])
            } else {
                let most = min(420, characters - count)
                while block.count < most {
                    block += " " + sentences[sentence % sentences.count]
                    sentence += 1
                }
            }
            count += block.count + 2
            blocks.append(block)
        }
        return blocks.joined(separator: "\n\n")
    }
}
