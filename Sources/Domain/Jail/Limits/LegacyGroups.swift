internal import EventLoop
internal import Sandbox

/// Limits by the controllers of control groups version 1, where this process may make groups in its own.
///
/// A tree of version 2 beside them (a hybrid host) has no controllers, but kills a whole group at once, which needs the
/// freezer otherwise.
package struct LegacyGroups: JailLimiter {
    package let name = "cgroup v1"
    private let folders: [String: ControlGroupFolder]
    private let unified: ControlGroupFolder?

    /// Fails with the reason, a clause, if the machine does not offer what is needed.
    init(_ map: ControlGroupMap) throws(JailFailure) {
        for controller in ["memory", "pids"] where map.controllers[controller] == nil {
            throw JailFailure("no \(controller) controller here")
        }
        self.folders = map.controllers.filter { Self.used.contains($0.key) }.mapValues { ControlGroupFolder($0) }
        self.unified = map.unified.map { ControlGroupFolder($0) }
    }

    private static let used: Set<String> = ["memory", "pids", "cpu", "freezer"]

    package func prepare(_ id: String, _ limits: JailLimits) async throws(JailFailure) -> any JailGroup {
        var made: [ControlGroupFolder] = []
        do throws(SystemError) {
            let memory = try await Self.make(
                ControlGroupOwner.current.name(id), limits, self.folders, self.unified, made: &made)
            return ControlGroupJail(made, memory: memory)
        } catch {
            await ControlGroupEnd.end(made)
            throw JailFailure("no cgroup v1 for the jail: \(error.message)")
        }
    }

    /// Appends each new group to `made`, also when it fails.
    @concurrent private static func make(
        _ name: String, _ limits: JailLimits, _ folders: [String: ControlGroupFolder], _ unified: ControlGroupFolder?,
        made: inout [ControlGroupFolder]
    ) async throws(SystemError) -> ControlGroupEvent {
        var groups: [String: ControlGroupFolder] = [:]
        for (controller, folder) in folders.sorted(by: { $0.key < $1.key }) {
            let group = ControlGroupFolder(folder.file(name))
            groups[controller] = group
            // Controllers can share a hierarchy (cpu,cpuacct).
            if made.contains(group) { continue }
            // Without the freezer or processor controller, the memory limit is still useful.
            let isNeeded = controller == "memory" || controller == "pids"
            if !isNeeded, !Self.isUsable(group) { continue }
            if isNeeded { try group.make() }
            made.append(group)
        }
        // Entering this one takes longer than all others, see ControlGroupJail.
        if let unified, !made.contains(where: { $0.has("freezer.state") }) {
            let group = ControlGroupFolder(unified.file(name))
            if Self.isUsable(group) { made.append(group) }
        }
        try Self.limit(groups.filter { made.contains($0.value) }, limits)
        let memory = ControlGroupFolder(groups["memory"]?.path ?? "")
        return try await ControlGroupEvent.outOfMemory(memory)
    }

    private static func isUsable(_ group: ControlGroupFolder) -> Bool { (try? group.make()) != nil }

    private static func limit(_ groups: [String: ControlGroupFolder], _ limits: JailLimits) throws(SystemError) {
        if let memory = groups["memory"] {
            try memory.write("\(limits.memory)", to: "memory.limit_in_bytes")
            // Memory and swap together; the file is missing where the kernel does not count swap.
            if memory.has("memory.memsw.limit_in_bytes") {
                try memory.write("\(limits.memory)", to: "memory.memsw.limit_in_bytes")
            }
        }
        try groups["pids"]?.write("\(limits.processes + JailLimits.ownProcesses)", to: "pids.max")
        if let cpu = groups["cpu"], cpu.has("cpu.cfs_quota_us") {
            try cpu.write("\(ProcessorShare.period)", to: "cpu.cfs_period_us")
            try cpu.write("\(ProcessorShare.quota(limits.processors))", to: "cpu.cfs_quota_us")
        }
    }

    /// The folders that hold groups of hosts.
    var places: [ControlGroupFolder] {
        Array(Set(self.folders.values)) + [self.unified].compactMap { $0 }
    }
}
