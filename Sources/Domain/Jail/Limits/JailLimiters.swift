internal import EventLoop
internal import Glibc
internal import Processes
package import Sandbox

/// Chooses the strongest way to limit jails that this machine allows, by trying it.
package enum JailLimiters {
    package struct Choice: Sendable {
        package let limiter: any JailLimiter
        /// Why each stronger limiter is not available: `cgroup v2: …`. Empty for the strongest.
        package let shortcomings: [String]
        /// Why the trial with the limiter failed, for another reason than the limiter.
        package let failure: JailFailure?
    }

    /// Tries cgroup v2, then cgroup v1, then falls back to rlimits, which always work. Kills and removes what jails of
    /// dead hosts left in the groups.
    ///
    /// With cgroup v2 this moves the process into a group below its present one.
    ///
    /// - Parameter trial: Lets a program enter a group, because permission to make a group is not yet permission to enter
    ///   it.
    package static func strongest(
        _ map: ControlGroupMap = .current(), moving process: Int32 = getpid(),
        by trial: (any JailLimiter) async throws(JailFailure) -> Void = Self.enter
    ) async -> Choice {
        var shortcomings: [String] = []
        do throws(JailFailure) {
            if let path = map.unified { await self.sweep([ControlGroupFolder(path)]) }
            let groups = try DelegatedGroups(map, moving: process)
            let failure = try await self.failure(of: trial, groups)
            return Choice(limiter: groups, shortcomings: shortcomings, failure: failure)
        } catch {
            shortcomings.append("cgroup v2: \(error.message)")
        }
        do throws(JailFailure) {
            let groups = try LegacyGroups(map)
            await self.sweep(groups.places)
            let failure = try await self.failure(of: trial, groups)
            return Choice(limiter: groups, shortcomings: shortcomings, failure: failure)
        } catch {
            shortcomings.append("cgroup v1: \(error.message)")
        }
        do throws(JailFailure) {
            try await trial(ResourceLimits())
            return Choice(limiter: ResourceLimits(), shortcomings: shortcomings, failure: nil)
        } catch {
            return Choice(limiter: ResourceLimits(), shortcomings: shortcomings, failure: error)
        }
    }

    /// Why a trial fails. Throws if the limiter is the reason, which a program that only enters a group shows.
    private static func failure(
        of trial: (any JailLimiter) async throws(JailFailure) -> Void, _ limiter: any JailLimiter
    ) async throws(JailFailure) -> JailFailure? {
        do throws(JailFailure) {
            try await trial(limiter)
            return nil
        } catch {
            try await self.enter(limiter)
            return error
        }
    }

    /// Lets a program enter a group and end.
    package static func enter(_ limiter: any JailLimiter) async throws(JailFailure) {
        let group = try await limiter.prepare("probe-\(UInt32.random(in: 0...UInt32.max))", JailLimits())
        let script = #"for file; do echo 0 >"$file" || exit 1; done"#
        let result = try? await Process.run(ProcessPlan("/bin/sh", ["-c", script, "sh"] + group.entryFiles))
        await group.end()
        guard let result, result.status.isSuccess else {
            let line = result?.errorText.split(separator: "\n").first.map { ": \($0)" } ?? ""
            throw JailFailure("a process could not enter the group\(line)")
        }
    }

    /// Ends the groups whose host is dead.
    static func sweep(_ places: [ControlGroupFolder]) async {
        for place in places {
            let left = place.names(beginning: ControlGroupOwner.prefix).filter {
                ControlGroupOwner(of: $0)?.isGone == true
            }
            for name in left {
                let group = ControlGroupFolder(place.file(name))
                // A dead host's own group may contain programs that it started outside any jail.
                if name.hasSuffix("-\(DelegatedGroups.hostGroup)") {
                    try? group.remove()
                } else {
                    await ControlGroupEnd.end([group])
                }
            }
        }
    }
}

/// A way to enforce a jail's limits: cgroup v2, cgroup v1, or rlimits alone.
package protocol JailLimiter: Sendable {
    /// As `doctor` names it: `cgroup v2`, `cgroup v1`, `rlimits`.
    var name: String { get }
    /// Prepares the limits of one jail. `id` is unique on the host and safe in a file name.
    func prepare(_ id: String, _ limits: JailLimits) async throws(JailFailure) -> any JailGroup
}

/// The limits of one jail, in force.
package protocol JailGroup: Sendable {
    /// Files to which the launcher writes `0` to enter, before it gives up its rights; empty for rlimits.
    var entryFiles: [String] { get }
    /// Waits until the jail exceeds a limit that must end it, and returns the limit's name: `memory`. Throws when
    /// cancelled.
    func waitForExcess() async throws -> String
    /// Kills what is left and removes the group.
    func end() async
}

/// No groups: the kernel's limits of each process alone, which the jail's init sets inside.
///
/// Memory is then limited for each process only; their number is limited for the jail.
package struct ResourceLimits: JailLimiter {
    package let name = "rlimits"

    package init() {}

    package func prepare(_ id: String, _ limits: JailLimits) async throws(JailFailure) -> any JailGroup { Group() }

    private struct Group: JailGroup {
        let entryFiles: [String] = []

        /// The kernel reports no such event for a process.
        func waitForExcess() async throws -> String {
            while true { try await Task.sleep(for: .seconds(86_400)) }
        }

        /// The jail's pid namespace ends its processes.
        func end() async {}
    }
}
