internal import JSON
internal import Primitives

/// Rehearsed questions about a specification, and the sentence that an answer changes.
struct RehearsalQuestions {
    private typealias Question = (text: String, options: [String], place: String)

    private static let most = 5
    /// Places that are tried: the whole text is searched for each of them.
    private static let mostPlaces = 100

    private let specification: String
    private let material: RehearsalMaterial

    init(_ material: RehearsalMaterial) {
        self.material = material
        let specification = material.block("specification") ?? material.document("spec.md") ?? ""
        self.specification = specification.beginning(bytes: RehearsalReading.limit)
    }

    /// A JSON array of questions.
    var text: String {
        // The section Clarifications has those that are answered.
        let open = (self.marked + self.usual).filter { !self.specification.contains("Q: \($0.text) →") }
        let questions = open.prefix(Self.most).map { question -> JSON in
            [
                "question": JSON(question.text), "options": JSON(question.options.map { JSON($0) }), "recommended": 0,
                "where": JSON(question.place),
            ]
        }
        return JSON(questions).text
    }

    /// The JSON object of the sentence that the answer changes.
    var change: String {
        let answer = (self.material.block("answer") ?? "").rehearsedLine
        guard let place = self.material.block("place"), !answer.isEmpty, self.isOnce(place) else { return "{}" }
        let change: JSON = ["old": JSON(place), "new": JSON(Self.sentence(place, answer))]
        return change.text
    }

    private static func sentence(_ place: String, _ answer: String) -> String {
        if place.hasPrefix("[NEEDS CLARIFICATION") { return answer }
        let words = String(answer.reversed().drop { ".!".contains($0) }.reversed())
        if place.hasSuffix("?") { return "\(place) \(words)." }
        return place.hasSuffix(".") ? "\(place.dropLast()): \(words)." : "\(place): \(words)"
    }

    private var marked: [Question] {
        var (questions, count): ([Question], Int) = ([], 0)
        for start in self.specification.ranges(of: "[NEEDS CLARIFICATION") where count < Self.mostPlaces {
            // Bounded, because each mark that is never closed would be looked through to the end.
            let rest = self.specification[start.upperBound...].prefix(410)
            let text = rest[rest.prefix(8).prefix { $0 == ":" || $0 == " " }.endIndex...].prefix { $0 != "]" }
            guard text.endIndex < rest.endIndex, text.count <= 400 else { continue }
            count += 1
            let mark = String(self.specification[start.lowerBound...text.endIndex])
            guard self.isOnce(mark) else { continue }
            let question = text.isEmpty ? "What belongs here?" : String(text)
            questions.append((question, ["What is usual elsewhere", "Leave it out for now"], mark))
        }
        return questions
    }

    /// Questions to sentences that the rehearsal writes, or one to the first requirement of others.
    private var usual: [Question] {
        let lines = self.specification.split(whereSeparator: \.isNewline).map(Self.entry)
        let known = RehearsalList.items("clarify").compactMap { known -> Question? in
            let sign = known["sign"]?.stringValue ?? ""
            guard let line = lines.first(where: { $0.contains(sign) }), self.isOnce(line) else { return nil }
            let options = known["options"]?.arrayValue?.compactMap(\.stringValue) ?? []
            return (known["question"]?.stringValue ?? "", options, line)
        }
        let requirements = lines.lazy.filter { $0.contains("MUST") && !$0.contains("[NEEDS CLARIFICATION") }
        let other = requirements.prefix(Self.mostPlaces).first { self.isOnce($0) }
        guard known.isEmpty, let other else { return known }
        let text = "Is this part of the first version: “\(other.prefix(160))”?"
        return [(text, ["Part of the first version", "Follows later"], other)]
    }

    /// The text of a list's entry without its mark and id.
    private static func entry(_ line: Substring) -> String {
        let text = line.drop { $0 == " " || $0 == "-" }
        return String(RehearsedFeature.afterID(text)?.text ?? text)
    }

    private func isOnce(_ text: String) -> Bool {
        let search = WordSearch(text)
        guard let first = search.firstPlace(in: self.specification.utf8) else { return false }
        return search.firstPlace(in: self.specification.utf8.dropFirst(first + text.utf8.count)) == nil
    }
}
