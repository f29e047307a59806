internal import JSON

/// Rehearsed questions about a specification, and the sentence that an answer changes.
struct RehearsalQuestions {
    private struct Question {
        let text: String
        let options: [String]
        let place: String
    }

    private static let most = 5

    private let specification: String
    private let material: RehearsalMaterial

    init(_ material: RehearsalMaterial) {
        self.material = material
        self.specification = material.block("specification") ?? material.document("spec.md") ?? ""
    }

    /// A JSON array of questions.
    var text: String {
        let questions = (self.marked + self.usual).filter { !self.isAnswered($0) }.prefix(Self.most)
        return JSON(
            questions.map { question -> JSON in
                [
                    "question": JSON(question.text), "options": JSON(question.options.map { JSON($0) }),
                    "recommended": 0,
                    "where": JSON(question.place),
                ]
            }
        ).text
    }

    /// Whether the section Clarifications has it.
    private func isAnswered(_ question: Question) -> Bool { self.specification.contains("Q: \(question.text) →") }

    /// The JSON object of the sentence that the answer changes.
    var change: String {
        let answer = (self.material.block("answer") ?? "").split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard let place = self.material.block("place"), !answer.isEmpty, self.isOnce(place) else { return "{}" }
        let change: JSON = ["old": JSON(place), "new": JSON(Self.sentence(place, answer))]
        return change.text
    }

    private static func sentence(_ place: String, _ answer: String) -> String {
        if place.hasPrefix("[NEEDS CLARIFICATION") { return answer }
        var words = Substring(answer)
        while let last = words.last, ".!".contains(last) { words.removeLast() }
        if place.hasSuffix("?") { return "\(place) \(words)." }
        guard place.hasSuffix(".") else { return "\(place): \(words)" }
        return "\(place.dropLast()): \(words)."
    }

    private var marked: [Question] {
        var questions: [Question] = []
        var rest = Substring(self.specification)
        while let start = rest.firstRange(of: "[NEEDS CLARIFICATION"),
            let end = rest[start.upperBound...].firstIndex(of: "]")
        {
            let mark = String(rest[start.lowerBound...end])
            let words = rest[start.upperBound..<end].drop { $0 == ":" || $0 == " " }
            if self.isOnce(mark) {
                questions.append(
                    Question(
                        text: words.isEmpty ? "What belongs here?" : String(words),
                        options: ["What is usual elsewhere", "Leave it out for now"], place: mark))
            }
            rest = rest[rest.index(after: end)...]
        }
        return questions
    }

    /// Questions to sentences that the rehearsal writes, and one to the first requirement of others.
    private var usual: [Question] {
        let lines = self.specification.split(whereSeparator: \.isNewline).map(Self.entry)
        var questions: [Question] = []
        for (sign, text, options) in Self.known {
            guard let line = lines.first(where: { $0.contains(sign) }), self.isOnce(line) else { continue }
            questions.append(Question(text: text, options: options, place: line))
        }
        if questions.isEmpty,
            let line = lines.first(where: {
                $0.contains("MUST") && !$0.contains("[NEEDS CLARIFICATION") && self.isOnce($0)
            })
        {
            questions.append(
                Question(
                    text: "Is this part of the first version: “\(line.prefix(160))”?",
                    options: ["Part of the first version", "Follows later"], place: line))
        }
        return questions
    }

    private static let known: [(sign: String, question: String, options: [String])] = [
        (
            "only to people with permission", "Who may use this?",
            ["All members of the team", "Everybody who can read it", "Only the owners"]
        ),
        (
            "at the same moment", "What happens when two people do the same at the same moment?",
            ["The first one counts, and the other one sees why", "Both count", "The last one counts"]
        ),
        (
            "across a restart", "How long is a completed action kept?",
            ["Until somebody deletes it", "For 30 days", "For a year"]
        ),
    ]

    /// The text of a list's entry without its mark and id.
    private static func entry(_ line: Substring) -> String {
        let text = line.drop { $0 == " " || $0 == "-" }
        guard text.hasPrefix("**"), let end = text.dropFirst(2).firstRange(of: "**") else { return String(text) }
        return String(text[end.upperBound...].drop { $0 == ":" || $0 == " " })
    }

    private func isOnce(_ text: String) -> Bool {
        guard !text.isEmpty, let first = self.specification.firstRange(of: text) else { return false }
        return self.specification[first.upperBound...].firstRange(of: text) == nil
    }
}
