internal import JSON

/// The sentence that an answer changes.
enum ClarifyChange {
    /// A longer replacement is no sentence.
    private static let limit = 2_000

    /// What a model proposes, if the specification has that text once and the result is sane; nil otherwise.
    static func proposed(_ answer: String, for spec: SpecDocument) -> ClarificationEdit.Change? {
        guard let start = answer.firstIndex(of: "{"), let end = answer.lastIndex(of: "}"), start < end,
            let json = try? JSON.parse(String(answer[start...end])), let old = json["old"]?.stringValue,
            let new = json["new"]?.stringValue, !old.isEmpty, new.utf8.count <= Self.limit,
            !old.contains(where: \.isNewline), !new.allSatisfy(\.isWhitespace), old != new
        else { return nil }
        if let mark = Self.mark(old, in: spec) { return .mark(mark, with: new) }
        guard !new.contains("[NEEDS CLARIFICATION") else { return nil }
        return .text(old, with: new)
    }

    /// Without a model's help: the answer itself takes the place of the mark that the question is about.
    static func plain(_ answer: String, to question: ClarifyQuestion, in spec: SpecDocument)
        -> ClarificationEdit.Change?
    {
        guard let place = question.place, let mark = Self.mark(place, in: spec) else { return nil }
        return .mark(mark, with: answer)
    }

    private static func mark(_ text: String, in spec: SpecDocument) -> OpenQuestion? {
        spec.questions.first { mark in
            text.utf8.elementsEqual(spec.markdown.bytes[mark.range])
        }
    }
}
