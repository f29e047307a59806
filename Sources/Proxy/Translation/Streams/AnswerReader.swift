internal import JSON

/// Reads an upstream's events. Pure.
protocol AnswerReader: Sendable {
    mutating func read(_ event: JSON) -> [AnswerPart]

    /// `[DONE]`, which ends a stream of chat completions.
    mutating func readEndMark() -> [AnswerPart]

    /// The stream has ended without a part that ends the answer.
    mutating func end() -> [AnswerPart]
}

extension AnswerReader {
    mutating func readEndMark() -> [AnswerPart] { [] }
    mutating func end() -> [AnswerPart] { [.fault(.unfinished)] }
}
