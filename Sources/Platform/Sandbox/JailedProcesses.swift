internal import CSystem
internal import Glibc
internal import Primitives

/// The processes of a jail, as the host's /proc shows them.
package struct JailedProcesses: Sendable {
    /// The jail's first process, our init.
    private let first: Int32

    init(first: Int32) { self.first = first }

    /// All but init and its children, the wardens: what commands have started.
    private var ids: [Int32] { Self.descendants(of: ProcessChildren.of(self.first)) }

    private static func descendants(of parents: [Int32]) -> [Int32] {
        var found = parents.flatMap { ProcessChildren.ofAllThreads($0) }
        var next = 0
        while next < found.count, found.count < Self.most {
            found += ProcessChildren.ofAllThreads(found[next])
            next += 1
        }
        return found
    }

    private static let most = 10_000

    /// Ends every process at once. The kernel would end them after init, but init has to be given a processor first,
    /// while the others write on.
    package func kill() {
        _ = self.send(SIGKILL, to: self.first)
        self.signal(SIGKILL)
    }

    /// Stops what commands have started until ``resume()``. A process ends the call into the kernel that it is in.
    package func pause() { self.signal(SIGSTOP) }

    package func resume() { self.signal(SIGCONT) }

    private func signal(_ signal: Int32) {
        var reached: Set<Int32> = []
        // Again, for what was started in between; init ends what escapes.
        for _ in 0..<3 {
            let ids = self.ids.filter { !reached.contains($0) }
            if ids.isEmpty { return }
            // The last are those that do the work.
            for id in ids.reversed() where self.send(signal, to: id) { reached.insert(id) }
        }
    }

    /// Sends a signal, but to no program of the host that has got the id in between.
    private func send(_ signal: Int32, to id: Int32) -> Bool {
        let descriptor = csystem_pidfd_open(id)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return ProcessChildren.isBelow(id) && csystem_pidfd_signal(descriptor, signal) == 0
    }

    // MARK: Trees

    /// The processes of trees whose main ones have ended, oldest first.
    func leftovers(of trees: Set<UInt32>) -> [JailedProcess] {
        let names = Set(trees.map { Self.warden(of: $0) })
        // Init's only children are the wardens of the trees.
        let wardens = ProcessChildren.of(self.first).filter { names.contains(ProcessChildren.name(of: $0)) }
        return Self.descendants(of: wardens).compactMap { JailedProcess($0) }.sorted { $0.age > $1.age }
    }

    private static func warden(of tree: UInt32) -> String { "warden-" + tree.digits(8, radix: 16) }

    /// Kills one of them and its descendants. Returns false if it has ended.
    func end(_ process: JailedProcess) -> Bool {
        // Another process may have got its id since it was listed.
        guard ProcessChildren.facts(of: process.hostID)?.started == process.started else { return false }
        let others = Self.descendants(of: [process.hostID])
        guard self.send(SIGKILL, to: process.hostID) else { return false }
        for other in others { _ = self.send(SIGKILL, to: other) }
        return true
    }

    /// The deleted files of a device that they keep.
    ///
    /// - Parameter folders: Where the jail shows the device.
    package func deletedFiles(on device: UInt64, below folders: [String]) -> DeletedFiles {
        var files = DeletedFiles(on: device, below: folders)
        for id in self.ids { files.add(id) }
        return files
    }
}

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

/// Looks at what commands have left running, and ends it, on a thread that all jails share: each process takes several
/// calls into the kernel, and its command line can be read only when it is not changing its memory.
actor LeftoverThread {
    static let shared = LeftoverThread()

    private static let thread = ThreadExecutor(name: "jail-processes")

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe Self.thread.asUnownedSerialExecutor() }

    func leftovers(of trees: Set<UInt32>, in processes: JailedProcesses) -> [JailedProcess] {
        processes.leftovers(of: trees)
    }

    func end(_ process: JailedProcess, in processes: JailedProcesses) -> Bool { processes.end(process) }
}
