/// One way to hold a jail to its limits: cgroup v2, cgroup v1, or rlimits alone.
package protocol JailLimiter: Sendable {
    /// As `doctor` names it: `cgroup v2`, `cgroup v1`, `rlimits`.
    var name: String { get }
    /// Makes a place for one jail. `id` is unique on the host and safe in a file name.
    func prepare(_ id: String, _ limits: JailLimits) async throws(JailFailure) -> any JailGroup
}

/// The place of one jail among the limits.
package protocol JailGroup: Sendable {
    /// Files to which the launcher writes `0` to enter, before it gives up its rights; empty for rlimits.
    var procsFiles: [String] { get }
    /// Waits until the jail is over a limit that must end it, and names it: `memory`. Throws when cancelled.
    func waitForExcess() async throws -> String
    /// Kills what is left and removes the group.
    func end() async
}
