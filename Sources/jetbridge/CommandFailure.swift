internal import Host

/// The program's exit statuses, on which scripts rely.
enum ExitStatus: Int32, Sendable {
    case done = 0
    case failed = 1
    /// `EX_USAGE` of sysexits.h
    case usage = 64
    /// `EX_CONFIG` of sysexits.h
    case configuration = 78
    /// The shells' status of a program that SIGINT killed.
    case interrupted = 130
    /// The shells' status of a program that SIGPIPE killed.
    case unread = 141
}

/// Why a command failed.
struct CommandFailure: Error, Equatable {
    let status: ExitStatus
    /// One line: what failed, why, and what to do. Nil if everything has been printed already.
    let message: String?

    init(_ message: String?, status: ExitStatus = .failed) {
        self.message = message
        self.status = status
    }

    /// A command of a later release.
    static func later(_ name: String) -> Self {
        Self("'\(name)' comes with a later release; this one is \(Release.version)")
    }
}
