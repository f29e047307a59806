internal import EventLoop
internal import Sandbox

/// Limits by control groups version 2, where this process's own group is delegated to it (systemd: `Delegate=yes`).
package struct DelegatedGroups: JailLimiter {
    package let name = "cgroup v2"
    /// The suffix of the host's own group.
    static let hostGroup = "host"
    private let folder: ControlGroupFolder
    private let controllers: Set<String>

    /// Moves `process` into a group of its own below its present one, and enables the controllers for others beside it:
    /// the kernel does not allow processes in a group with controlled groups (cgroups(7), "no internal processes").
    ///
    /// Fails with the reason, a clause; `process` is then where it was.
    init(
        _ map: ControlGroupMap, needing needed: Set<String> = ["memory", "pids"], moving process: Int32
    ) throws(JailFailure) {
        guard let path = map.unified else { throw JailFailure("not mounted") }
        let folder = ControlGroupFolder(path)
        let offered = Set(
            (folder.read("cgroup.controllers") ?? "").split(whereSeparator: \.isWhitespace).map(String.init))
        for controller in needed.sorted() where !offered.contains(controller) {
            throw JailFailure("no \(controller) controller here")
        }
        let enabled = offered.intersection(needed.union(["cpu"]))
        do throws(SystemError) {
            try Self.enable(enabled, in: folder, moving: process)
        } catch {
            throw JailFailure("the group is not delegated: \(error.message)")
        }
        self.folder = folder
        self.controllers = enabled
    }

    private static func enable(
        _ controllers: Set<String>, in folder: ControlGroupFolder, moving process: Int32
    ) throws(SystemError) {
        let leaf = ControlGroupFolder(folder.file(ControlGroupOwner.current.name(Self.hostGroup)))
        try leaf.make()
        do throws(SystemError) {
            try leaf.write("\(process)", to: "cgroup.procs")
            let line = controllers.sorted().map { "+\($0)" }.joined(separator: " ")
            if !line.isEmpty { try folder.write(line, to: "cgroup.subtree_control") }
        } catch {
            try? folder.write("\(process)", to: "cgroup.procs")
            try? leaf.remove()
            throw error
        }
    }

    package func prepare(_ id: String, _ limits: JailLimits) async throws(JailFailure) -> any JailGroup {
        let group = ControlGroupFolder(self.folder.file(ControlGroupOwner.current.name(id)))
        do throws(SystemError) {
            return ControlGroupJail([group], memory: try await Self.make(group, limits, self.controllers))
        } catch {
            await ControlGroupEnd.end([group])
            throw JailFailure("no cgroup v2 for the jail: \(error.message)")
        }
    }

    @concurrent private static func make(
        _ group: ControlGroupFolder, _ limits: JailLimits, _ controllers: Set<String>
    ) async throws(SystemError) -> ControlGroupEvent {
        try group.make()
        if controllers.contains("memory") {
            try group.write("\(limits.memory)", to: "memory.max")
            if group.has("memory.swap.max") { try group.write("0", to: "memory.swap.max") }
            try group.write("1", to: "memory.oom.group")
        }
        if controllers.contains("pids") {
            try group.write("\(limits.processes + JailLimits.ownProcesses)", to: "pids.max")
        }
        if controllers.contains("cpu") {
            try group.write("\(ProcessorShare.quota(limits.processors)) \(ProcessorShare.period)", to: "cpu.max")
        }
        let events = controllers.contains("memory") ? "memory.events" : "cgroup.events"
        return try await ControlGroupEvent.of(events, in: group) { Self.isOutOfMemory($0) }
    }

    /// Whether the text of `memory.events` counts a killed process.
    static func isOutOfMemory(_ events: String) -> Bool {
        events.split(separator: "\n").contains { line in
            let words = line.split(separator: " ")
            return words.count == 2 && words[1] != "0"
                && ["oom", "oom_kill", "oom_group_kill"].contains(String(words[0]))
        }
    }

    /// The folder that holds groups of hosts.
    var place: ControlGroupFolder { self.folder }
}

/// The processor quota of a control group: microseconds per period.
enum ProcessorShare {
    static let period = 100_000

    /// At least 1 ms, the kernel's minimum.
    static func quota(_ processors: Double) -> Int { max(1_000, Int(processors * Double(self.period))) }
}
