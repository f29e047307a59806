/// What a turn of the Copilot CLI needs from its host.
package protocol CopilotCLIHost: Sendable {
    /// Takes what has happened, in order. An error ends the turn and is thrown by ``CopilotCLISession/run()``.
    func handle(_ event: CopilotCLIEvent) async throws
    /// Decides about calls that the model made together; one decision for each, in their order.
    func decide(_ asks: [CopilotCLIAsk]) async throws -> [CopilotCLIAsk.Decision]
    /// Runs one of our tools.
    func call(_ call: CopilotCLIToolCall) async throws -> CopilotCLIToolAnswer
    /// New words of people for the running turn. With `isLast`, the turn ends now unless there are some, so none that
    /// come later may be accepted for it.
    func words(isLast: Bool) async -> [String]
}

/// The time and other limits of a turn of the Copilot CLI, which itself has none.
package struct CopilotCLILimits: Sendable {
    /// How long the model may be silent.
    package var idle: Duration
    /// For the whole turn; nil when the host watches over it.
    package var turn: Duration?
    /// The part of ``turn`` that earlier tries have used.
    package var spent = Duration.zero
    /// How long the process may be silent before it is asked whether it lives, and until its answer; nil to not ask.
    package var ping: Duration? = .seconds(15)
    package var pong = Duration.seconds(30)
    /// How long an aborted session may take to stop, before its process is killed.
    package var abort = Duration.milliseconds(300)
    /// The same when other sessions use the process.
    package var sharedAbort = Duration.milliseconds(800)
    /// How long the CLI may take to store the session.
    package var end = Duration.seconds(1)
    /// How long to wait for further questions that belong to the first one.
    package var batch = Duration.milliseconds(25)
    /// How often the host hears of the time that passes.
    package var tick = Duration.seconds(5)
    /// Messages that wait to be handled, in bytes; more ends the turn.
    package var waitingBytes = 64 << 20

    package init(idle: Duration = .seconds(120)) { self.idle = idle }
}
