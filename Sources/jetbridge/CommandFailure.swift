internal import Host

/// The program's exit statuses, on which scripts rely.
struct ExitStatus: Sendable, Equatable {
    let rawValue: Int32

    /// Any status: that of a command which this program ran.
    init(rawValue: Int32) { self.rawValue = rawValue }

    static let done = Self(rawValue: 0)
    static let failed = Self(rawValue: 1)
    /// `EX_USAGE` of sysexits.h
    static let usage = Self(rawValue: 64)
    /// `EX_CONFIG` of sysexits.h
    static let configuration = Self(rawValue: 78)
    /// The shells' status of a program that SIGINT killed.
    static let interrupted = Self(rawValue: 130)
    /// The shells' status of a program that SIGPIPE killed.
    static let unread = Self(rawValue: 141)
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
}
