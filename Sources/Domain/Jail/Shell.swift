/// A session's shell in its jail. Directory, variables, functions and background processes last from command to
/// command, until the jail ends.
package protocol Shell: Sendable {
    /// Runs `command` and returns when it has ended, by itself or by force. Commands of one shell run one after the
    /// other; `output` is awaited, so a slow reader slows the command down. When the task is cancelled, the whole
    /// process tree is ended, and the exit says ``ShellExit/Status/stopped``: a command that has begun always returns.
    /// Throws ``JailFailure`` when no jail can be started: then nothing has run.
    func run(
        _ command: ShellCommand, output: @escaping @Sendable (ShellOutput) async throws -> Void
    ) async throws(JailFailure) -> ShellExit

    /// The same, and reports a wait for a free jail: with its reason, and with nil when it is over.
    func run(
        _ command: ShellCommand, waiting: @escaping @Sendable (String?) async -> Void,
        output: @escaping @Sendable (ShellOutput) async throws -> Void
    ) async throws(JailFailure) -> ShellExit

    /// Ends every process of the jail. The next command begins a new one.
    func end() async
}

extension Shell {
    package func run(
        _ command: ShellCommand, waiting: @escaping @Sendable (String?) async -> Void,
        output: @escaping @Sendable (ShellOutput) async throws -> Void
    ) async throws(JailFailure) -> ShellExit {
        try await self.run(command, output: output)
    }
}

/// One command for a ``Shell``.
package struct ShellCommand: Sendable, Equatable {
    package enum Place: Sendable, Equatable {
        /// The persistent shell itself: what the command sets stays.
        case persistent
        /// A fresh shell of the same jail with the persistent one's directory and exported variables, so that nothing
        /// defined earlier (an alias, a function, a trap) changes what an approved text does. Changes don't stay.
        case fresh
        /// Like ``fresh``, but beside the other commands: a job. Only ``timeout`` and its end stop it.
        case background
        /// A program of the host's own that only reads: in the workspace, beside the commands, with the usual variables.
        /// Its exit reports nothing about the persistent shell, so the next command's still does.
        case aside

        /// Whether it runs beside the other commands.
        var isBeside: Bool { self == .background || self == .aside }
    }

    package let text: String
    package let place: Place
    /// Where a fresh shell or a job begins; nil for the persistent shell's directory. An approval names it, and the
    /// persistent shell may have been replaced since.
    package let directory: String?
    /// Nil for no limit.
    package let timeout: Duration?
    /// The most bytes of both outputs together; the command is ended beyond it.
    package let outputLimit: Int

    package init(text: String, place: Place, directory: String? = nil, timeout: Duration?, outputLimit: Int) {
        self.text = text
        self.place = place
        self.directory = directory
        self.timeout = timeout
        self.outputLimit = outputLimit
    }
}

/// A piece of output.
package struct ShellOutput: Sendable, Equatable {
    package enum Stream: Sendable { case standardOutput, standardError }

    package let stream: Stream
    package let bytes: [UInt8]
}

/// How a command ended.
package struct ShellExit: Sendable, Equatable {
    package enum Status: Sendable, Equatable {
        case exited(Int)
        case signalled(Int)
        /// Ended because its task was cancelled.
        case stopped
        case timedOut
        case outputLimit
        /// Ended because its jail was over a limit; the value names it: `memory`.
        case limit(String)
        /// Ended because of what it wrote.
        case disk(DiskExcess)
        /// The command ended the shell itself (`exit`, `exec`, `kill -9 $$`); its status where it has one.
        case shellEnded(Int?)
        /// The jail ended for another reason, a clause without a full stop.
        case lost(String)
    }

    package let status: Status
    package let duration: Duration
    /// The shell's state is lost: the next command gets a fresh shell.
    package let isShellLost: Bool
    /// The shell's state was lost before this command, which got a fresh shell.
    package var isShellFresh = false
    /// The shell's directory afterwards, as the jail sees it.
    package let directory: String
    /// Why the command could only make room; nil if it could write.
    package var restriction: DiskExcess?
}

/// A process that a command has left running.
package struct ShellProcess: Sendable, Equatable {
    /// As the jail sees it.
    package let id: Int
    package let command: String
    /// How long it has been running.
    package let age: Duration
}

/// Why no jail can be started. One line: what failed, why, what to do.
package struct JailFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package let message: String

    package init(_ message: String) { self.message = message }

    package var description: String { self.message }
}
