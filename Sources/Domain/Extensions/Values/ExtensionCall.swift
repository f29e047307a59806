package import JSON
package import Jail

/// For whom something is asked of a server.
package struct ExtensionCaller: Sendable {
    /// The thread's session; a server whose `files` are not `none` has a jail for each.
    package let session: String
    /// The workspace of the thread, with `files: read` or `write`; nil gives the server none. Its `onEnd` is called
    /// once for each call: when the jail that it was given to has ended, or at once if no jail needed it.
    package let workspace: JailPlace?
    /// Puts a server's question to the person; without it, questions are declined.
    package let ask: (@Sendable (ExtensionQuestion) async -> ExtensionAnswer)?
    /// At most four times a second: how far the call is (a fraction or a count), of how much, and a message.
    package let progress: @Sendable (ExtensionProgress) -> Void

    package init(
        session: String, workspace: JailPlace? = nil,
        ask: (@Sendable (ExtensionQuestion) async -> ExtensionAnswer)? = nil,
        progress: @escaping @Sendable (ExtensionProgress) -> Void = { _ in }
    ) {
        self.session = session
        self.workspace = workspace
        self.ask = ask
        self.progress = progress
    }
}

package struct ExtensionProgress: Sendable, Equatable {
    package let done: Double
    package let total: Double?
    package let message: String?

    package init(done: Double, total: Double?, message: String?) {
        self.done = done
        self.total = total
        self.message = message
    }
}

/// What is known of a server now, for `extensions` and `jetbridge extensions check`.
package struct ExtensionStatus: Sendable, Equatable {
    package enum State: String, Sendable {
        /// Not started, or stopped after some idle minutes; the next call starts it.
        case idle
        case starting, running
        /// Ended by itself several times; not started again until somebody asks.
        case failed
    }

    package var state: State
    package var era: ExtensionOffer.Era?
    /// How long its last start took until its list was read.
    package var startTime: Duration?
    /// The last error, in the server's words where it had any, and the end of its error output.
    package var lastError: String?
    /// Lines of standard output that were not JSON, and were dropped.
    package var droppedLines: Int
    /// Tools that it lists and nobody can call, with the reasons: `drop: its schema names invalid headers`.
    package var leftOut: [String]

    package init(
        state: State = .idle, era: ExtensionOffer.Era? = nil, startTime: Duration? = nil, lastError: String? = nil,
        droppedLines: Int = 0, leftOut: [String] = []
    ) {
        self.state = state
        self.era = era
        self.startTime = startTime
        self.lastError = lastError
        self.droppedLines = droppedLines
        self.leftOut = leftOut
    }
}

/// One server, as what calls it sees it.
package protocol ExtensionCalling: Sendable {
    var settings: ExtensionSettings { get }
    func status() async -> ExtensionStatus
    /// Starts the server if it does not run, and reads all pages of its lists. Throws ``ExtensionFailure``.
    func offer() async throws -> ExtensionOffer
    /// Called when the running server says that a list has changed. Replaces an earlier one.
    func onChange(_ body: @escaping @Sendable () -> Void) async
    /// Calls a tool by its raw name. Cancelling the task cancels the call at the server. Throws ``ExtensionFailure`` or
    /// `CancellationError`.
    func call(_ tool: String, _ arguments: JSON, for caller: ExtensionCaller) async throws -> ExtensionResult
    /// The messages of a prompt, joined: whose role they have is not believed.
    func prompt(
        _ name: String, _ arguments: [String: String], for caller: ExtensionCaller
    ) async throws -> ExtensionResult
    func resources(for caller: ExtensionCaller) async throws -> [ExtensionResource]
    func read(_ uri: String, for caller: ExtensionCaller) async throws -> ExtensionResult
    /// Ends the server and all its jails; it can be started again.
    func stop() async
}
