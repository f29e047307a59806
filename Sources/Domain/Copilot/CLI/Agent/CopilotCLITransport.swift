package import EventLoop

/// A running CLI in server mode, as its standard streams show it.
@Net
package protocol CopilotCLITransport: AnyObject, Sendable {
    /// The next output; nil when it has ended.
    func read() async -> [UInt8]?
    /// Does not wait: what it never reads is dropped with it.
    func write(_ bytes: [UInt8])
    /// The last of its error output.
    var errorOutput: String { get }
    /// Why it ended, a clause; nil if that is unknown.
    var reason: String? { get }
    /// Ends everything that it has started, at once.
    func kill()
    /// Closes its input, waits for its end at most for `patience`, and ends what is left of it.
    func end(patience: Duration) async
}

/// What a turn of the CLI as an agent needs from its host.
package protocol CopilotCLIAgentHost: Sendable {
    /// Takes what has happened, in order. An error ends the turn and is thrown by ``CopilotCLIAgentSession/run()``.
    func handle(_ event: CopilotCLIAgentEvent) async throws
    /// Decides about calls that the model made together; one decision for each, in their order.
    func decide(_ asks: [CopilotCLIAsk]) async throws -> [CopilotCLIPermission.Decision]
    /// Runs one of our tools.
    func call(_ call: CopilotCLIToolCall) async throws -> CopilotCLIToolAnswer
}

/// The time limits of a turn of the CLI as an agent, which itself has none.
package struct CopilotCLIAgentLimits: Sendable {
    /// From the start of the process to its greeting.
    package var start = Duration.seconds(60)
    /// How long the model may be silent.
    package var idle: Duration
    /// How long the process may be silent before it is asked whether it lives, and until its answer.
    package var ping = Duration.seconds(15)
    package var pong = Duration.seconds(30)
    /// How long an aborted session may take to stop.
    package var abort = Duration.milliseconds(300)
    /// How long the process may take to store its session and end.
    package var end = Duration.seconds(1)
    /// How long to wait for further questions that belong to the first one.
    package var batch = Duration.milliseconds(25)
    /// How often the host hears of the time that passes.
    package var tick = Duration.seconds(5)

    package init(idle: Duration = .seconds(120)) { self.idle = idle }
}
