/// Reads a streamed answer, event by event. Pure; one conformance per format.
protocol AnswerDecoder: Sendable {
    /// The end mark was read; what follows is ignored.
    var isDone: Bool { get }
    /// A piece of the answer or a tool call has arrived: from now on a failure interrupts the answer and is not
    /// retried.
    var hasAnswer: Bool { get }
    /// The answer is complete; only token counts may follow.
    var isWhole: Bool { get }
    /// Takes the data of one server-sent event, or a whole answer. Throws the error that the stream reports.
    mutating func receive(_ data: [UInt8]) throws(ModelError) -> [ModelEvent]
    /// The end of the stream: the held-back events and ``ModelEvent/finished(_:)``. Throws if the answer is incomplete.
    mutating func end() throws(ModelError) -> [ModelEvent]
}
