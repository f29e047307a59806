/// Decides which of several requests to terminate count.
///
/// One Ctrl-C or one `kill` can arrive as several signals: the terminal and supervisors signal the whole process group,
/// and wrappers such as sudo, npm or a container's init pass theirs on as well. So requests within a second of the
/// first one belong to it; a later one asks for an immediate end.
package struct TerminationRequests: Sendable {
    package enum Decision: Sendable {
        case pass
        /// Ignored, but logged once.
        case report
        case ignore
    }

    private static let burst = Duration.seconds(1)

    private var first: Duration?
    private var isRepeated = false
    private var isForced = false

    package init() {}

    /// - Parameter now: The time since any fixed moment.
    package mutating func take(at now: Duration) -> Decision {
        guard let first else {
            self.first = now
            return .pass
        }
        // Further ones have no effect and must not fill the group's queue.
        if self.isForced { return .ignore }
        guard now - first < Self.burst else {
            self.isForced = true
            return .pass
        }
        defer { self.isRepeated = true }
        return self.isRepeated ? .ignore : .report
    }
}
