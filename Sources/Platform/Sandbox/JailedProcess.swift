internal import Glibc

/// A process of a jail.
package struct JailedProcess: Sendable, Equatable {
    /// As the jail sees it.
    package let id: Int
    package let command: String
    /// How long it has been running.
    package let age: Duration
    let hostID: Int32
    /// In seconds since the machine started.
    let started: Double

    /// Nil for a process that has ended.
    init?(_ id: Int32) {
        guard let facts = ProcessChildren.facts(of: id) else { return nil }
        var now = timespec()
        unsafe clock_gettime(CLOCK_BOOTTIME, &now)
        let age = max(0, Double(now.tv_sec) + Double(now.tv_nsec) / 1e9 - facts.started)
        self.id = facts.inside
        self.command = facts.command
        self.age = .seconds(age)
        self.hostID = id
        self.started = facts.started
    }
}
