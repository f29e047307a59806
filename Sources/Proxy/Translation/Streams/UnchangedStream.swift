/// The stream of an upstream that has the client's form.
struct UnchangedStream: StreamTranslation {
    var hasEnded: Bool { false }
    var fault: AnswerFault? { nil }

    mutating func feed(_ bytes: [UInt8]) -> [UInt8] { bytes }
    mutating func finish() -> [UInt8] { [] }
}
