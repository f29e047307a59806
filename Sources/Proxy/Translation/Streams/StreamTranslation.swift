/// Translates server-sent events as they arrive. Pure.
protocol StreamTranslation: Sendable {
    /// The answer has ended, complete or with an error. The upstream's stream may end too: nothing follows.
    var hasEnded: Bool { get }

    /// The error with which the answer has ended.
    var fault: AnswerFault? { get }

    /// Takes the next bytes, split anywhere, and returns the events that they complete, in the client's form.
    mutating func feed(_ bytes: [UInt8]) -> [UInt8]

    /// Returns what remains at the end of the upstream's stream. If the stream lacked its own end marker, that is the
    /// client's form of an error: an incomplete answer never looks complete.
    mutating func finish() -> [UInt8]
}
