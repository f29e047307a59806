internal import EventLoop
internal import Sandbox

/// The control groups of one jail: one folder for version 2, one for each controller for version 1.
final class ControlGroupJail: JailGroup {
    private let folders: [ControlGroupFolder]
    private let memory: ControlGroupEvent

    /// - Parameters:
    ///   - folders: Every process of the jail is in all of them.
    ///   - memory: Happens when the jail is out of memory.
    init(_ folders: [ControlGroupFolder], memory: ControlGroupEvent) {
        self.folders = folders
        self.memory = memory
    }

    var procsFiles: [String] { self.folders.map { $0.file("cgroup.procs") } }

    func waitForExcess() async throws -> String {
        try await self.memory.wait()
        return "memory"
    }

    func end() async {
        await self.memory.cancel()
        await ControlGroupEnd.end(self.folders)
    }
}
