/// Collects an answer that people do not see as it arrives.
struct SilentDraft: AnswerDraft, Sendable {
    private(set) var text = ""

    var hasBegun: Bool { self.text.contains { !$0.isWhitespace } }
    var preface: String { "" }
    var excess: String? { self.text.utf8.count > StageLimits.document ? "the answer exceeded 100 KB" : nil }

    mutating func append(_ delta: String) -> String {
        self.text += delta
        return ""
    }

    mutating func finish() -> String { "" }
}
