/// The thread of a running turn, as its worker sees it.
package protocol TurnThread: Sendable {
    /// Reports progress. Waits while the thread cannot accept more.
    func report(_ event: TurnEvent) async throws

    /// Whether ``lastText(_:)`` has what was reported, so that the worker need not keep it as well.
    var keepsText: Bool { get }

    /// The last `count` bytes of the text that was reported as ``TurnEvent/text(_:)``. Throws `CancellationError` when
    /// the turn has ended.
    func lastText(_ count: Int) async throws -> String

    /// Gives the turn at least this much time for itself from its start, without the time that people take. For work
    /// that takes longer than an answer.
    func takeTime(_ time: Duration) async

    /// Stops the turn's clock, and starts it again: waiting for a free place is no work. Calls come in pairs.
    func stopClock() async
    func startClock() async

    /// The bytes of an image that somebody sent into the thread. Throws if it is no longer kept.
    func bytes(of image: SentImage) async throws -> [UInt8]

    /// Asks people for an approval and waits until one of them decides, or nobody does in time. The wait does not count
    /// towards the turn's time limit. Asking again for the same in one turn (also after a restart) joins the first
    /// question instead of posting another. Throws `CancellationError` when the turn is stopped.
    func approval(of request: ApprovalRequest) async throws -> ApprovalOutcome

    /// Asks for several approvals in one message, where the room can show it whole, and one by one elsewhere. The
    /// outcomes are in the order of `requests`. Otherwise like ``approval(of:)``.
    func approvals(of requests: [ApprovalRequest]) async throws -> [ApprovalOutcome]

    /// Asks people a question and waits for the answer, at most for `lifetime` (nil: as long as for an approval). The
    /// wait does not count towards the turn's time limit. Asking the same again in one turn (also after a restart) joins
    /// the first question. Throws `CancellationError` when the turn is stopped, and a ``TurnFailure`` when the room cannot
    /// show the question whole.
    ///
    /// A question that may wait for days ends its turn instead: ``TurnEnding/asked(_:)``.
    func answer(to question: ThreadQuestion, lifetime: Duration?) async throws -> QuestionAnswer
}

extension TurnThread {
    package var keepsText: Bool { false }

    package func lastText(_ count: Int) async throws -> String { throw TurnFailure("Text is not kept here.") }

    package func takeTime(_ time: Duration) async {}

    package func stopClock() async {}

    package func startClock() async {}

    package func bytes(of image: SentImage) async throws -> [UInt8] {
        throw TurnFailure("Images are not kept here.")
    }

    package func approvals(of requests: [ApprovalRequest]) async throws -> [ApprovalOutcome] {
        var outcomes: [ApprovalOutcome] = []
        for request in requests { outcomes.append(try await self.approval(of: request)) }
        return outcomes
    }

    package func answer(to question: ThreadQuestion, lifetime: Duration?) async throws -> QuestionAnswer {
        throw TurnFailure("Questions cannot be asked here.")
    }
}
