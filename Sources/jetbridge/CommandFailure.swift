/// How the program ended, by the numbers that scripts rely on.
enum ExitStatus: Int32, Sendable {
    case done = 0
    case failed = 1
    /// EX_USAGE of sysexits.h
    case usage = 64
    /// EX_CONFIG
    case configuration = 78
    /// As shells count a program that SIGINT ended.
    case interrupted = 130
}

/// Why a command could not do its work.
struct CommandFailure: Error, Equatable {
    let status: ExitStatus
    /// One line: what, why, what to do. Nil where everything has been said.
    let message: String?

    init(_ message: String?, status: ExitStatus = .failed) {
        self.message = message
        self.status = status
    }
}
