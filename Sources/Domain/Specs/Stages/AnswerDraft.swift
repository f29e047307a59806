/// Takes a model's answer as it arrives. What it returns for the thread is what is committed.
protocol AnswerDraft {
    /// Whether a document has begun.
    var hasBegun: Bool { get }
    /// The text before the document, for the error when no document follows.
    var preface: String { get }
    /// Why the rest of the answer is not read, a clause; nil while it fits.
    var excess: String? { get }
    /// Takes the next piece; returns the lines that it adds.
    mutating func append(_ delta: String) -> String
    /// Takes the last line; returns what it adds.
    mutating func finish() -> String
}

extension SpecificationDraft: AnswerDraft {
    var excess: String? {
        // Leaves room for repairs.
        self.document.utf8.count > StageLimits.document
            ? "the specification exceeded 100 KB (describe a smaller feature)" : nil
    }
}
