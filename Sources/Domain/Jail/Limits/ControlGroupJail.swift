internal import EventLoop
internal import Sandbox

/// The control groups of one jail: one folder for version 2, one for each controller for version 1.
final class ControlGroupJail: JailGroup {
    let entryFiles: [String]
    private let folders: [ControlGroupFolder]
    private let memory: ControlGroupEvent

    /// - Parameters:
    ///   - folders: Every process of the jail is in all of them.
    ///   - memory: Happens when the jail is out of memory.
    init(_ folders: [ControlGroupFolder], memory: ControlGroupEvent) {
        self.folders = folders
        self.memory = memory
        // Only version 1 has `tasks`. A program with one thread enters by it at once; `cgroup.procs` first waits until no
        // thread of any process starts or ends, ten milliseconds and more (cgroup_procs_write_start in the kernel).
        self.entryFiles = folders.map { $0.file($0.has("tasks") ? "tasks" : "cgroup.procs") }
    }

    func waitForExcess() async throws -> String {
        try await self.memory.wait()
        return "memory"
    }

    func end() async {
        await self.memory.cancel()
        await ControlGroupEnd.end(self.folders)
    }
}

/// Kills the processes of groups and removes the groups.
enum ControlGroupEnd {
    /// Kills every process that is in one of the groups, and removes the groups. Returns after some seconds if the
    /// kernel does not let a process end; such a group remains for the next sweep.
    @concurrent static func end(_ folders: [ControlGroupFolder]) async {
        // Nothing can fork any more, so a few rounds suffice.
        for folder in folders where folder.has("pids.max") { try? folder.write("0", to: "pids.max") }
        for _ in 0..<64 {
            let members = Set(folders.flatMap(\.members))
            if members.isEmpty { break }
            self.kill(members, in: folders)
            // Bounded, because each wait needs a descriptor.
            try? await ProcessEnds.wait(Array(members.prefix(64)), upTo: .milliseconds(500))
        }
        for folder in folders { await self.remove(folder) }
    }

    private static func kill(_ members: Set<Int32>, in folders: [ControlGroupFolder]) {
        if let folder = folders.first(where: { $0.has("cgroup.kill") }), Set(folder.members) == members,
            (try? folder.write("1", to: "cgroup.kill")) != nil
        {
            return
        }
        // Frozen processes cannot end, so no pid can be reused before the signal.
        let freezers = folders.filter { $0.has("freezer.state") }
        for freezer in freezers { try? freezer.write("FROZEN", to: "freezer.state") }
        let frozen = freezers.flatMap(\.members)
        for process in members.union(frozen) { ProcessEnds.kill(process) }
        // Version 1: a frozen process dies only after it is thawed.
        for freezer in freezers { try? freezer.write("THAWED", to: "freezer.state") }
    }

    /// A group can be busy for some microseconds after its last process has ended.
    private static func remove(_ folder: ControlGroupFolder) async {
        for _ in 0..<50 {
            if (try? folder.remove()) != nil { return }
            try? await Task.sleep(for: .milliseconds(2))
        }
    }
}
