internal import Primitives

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
