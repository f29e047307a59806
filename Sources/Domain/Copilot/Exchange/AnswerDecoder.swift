/// Reads the data of a streamed answer, event by event. Pure; one conformance a format.
protocol AnswerDecoder: Sendable {
    /// The end mark was read: nothing that follows counts.
    var isDone: Bool { get }
    /// A piece of the answer or a tool call has come: from now on a failure is a cut, not a retry.
    var hasAnswer: Bool { get }
    /// The answer is known to be complete: only token counts may follow.
    var isWhole: Bool { get }
    /// Takes the data of one server-sent event, or a whole answer. Throws what an error in the stream tells.
    mutating func receive(_ data: [UInt8]) throws(ModelError) -> [ModelEvent]
    /// The stream's end: what was held back and ``ModelEvent/finished(_:)``, or why the answer is not whole.
    mutating func end() throws(ModelError) -> [ModelEvent]
}
