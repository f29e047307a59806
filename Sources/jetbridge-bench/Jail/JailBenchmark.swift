internal import EventLoop
internal import Glibc
internal import Jail
internal import Logging
internal import Primitives
internal import Processes
internal import Sandbox

/// The jail's shell compared to shells without one: a command's round trip, a flood of output, the start, memory.
struct JailBenchmark {
    private let folder: String
    private let rounds: Int
    private let megabytes: Int
    private let shells: Int

    init(_ arguments: BenchArguments) throws {
        self.folder = try arguments.text("folder")
        self.rounds = arguments.number("rounds", default: 3_000)
        self.megabytes = arguments.number("megabytes", default: 1_000)
        self.shells = arguments.number("shells", default: 100)
    }

    func run() async throws {
        let jail = try await BenchJail(folder: self.folder)
        BenchOutput.tell("limits by \(jail.limiterName)")
        try await self.measureRoundTrips(jail)
        try await self.measureOutput(jail)
        try await self.measureStarts(jail)
        try await self.measureMemory(jail)
    }

    // MARK: Measurements

    /// On the pool, where the tasks of a host are, for both.
    @concurrent private func measureRoundTrips(_ jail: BenchJail) async throws {
        let shell = try jail.shell("round-trips")
        let plain = ProcessPlan("/bin/bash", ["-c", "true"], environment: ["PATH": "/usr/bin:/bin"])
        let command = Self.command("true")
        for _ in 0..<200 {
            _ = try await shell.run(command) { _ in }
            _ = try await Process.run(plain)
        }
        var ours: [Double] = []
        var peer: [Double] = []
        // In turn, so that both meet the same disturbances.
        for _ in 0..<self.rounds / 100 {
            for _ in 0..<100 {
                ours.append(try await BenchClock.milliseconds { _ = try await shell.run(command) { _ in } })
            }
            for _ in 0..<100 { peer.append(try await BenchClock.milliseconds { _ = try await Process.run(plain) }) }
        }
        await shell.end()
        var starts: [Double] = []
        let plan = ProcessPlan(
            "/usr/bin/bwrap",
            ["--unshare-all", "--die-with-parent", "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin"]
                + ["--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--proc", "/proc"]
                + ["--dev", "/dev", "--", "/bin/true"])
        for _ in 0..<50 { starts.append(try await BenchClock.milliseconds { _ = try await Process.run(plan) }) }
        if BenchRounds.areQuiet(("true in the session's shell", ours), ("bash -c", peer)) {
            BenchOutput.result(
                "jail", "true in the session's shell, p50", ours: BenchRounds.median(ours),
                peer: BenchRounds.median(peer), peerName: "bash -c, no jail", unit: "ms")
        }
        guard BenchRounds.areQuiet(("a new bwrap for each command", starts)) else { return }
        BenchOutput.result(
            "jail", "true, p50", ours: BenchRounds.median(ours), peer: BenchRounds.median(starts),
            peerName: "a new bwrap for each command", unit: "ms")
    }

    private func measureOutput(_ jail: BenchJail) async throws {
        let bytes = self.megabytes * 1_000_000
        let shell = try jail.shell("output")
        _ = try await shell.run(Self.command("true")) { _ in }
        let text = "head -c \(bytes) /dev/zero | cat"
        var ours: [Double] = []
        var peer: [Double] = []
        // In turn, as above.
        for _ in 0..<BenchRounds.count {
            let count = Protected(0)
            ours.append(
                try await BenchClock.milliseconds {
                    _ = try await shell.run(Self.command(text, output: bytes * 2)) { piece in
                        count.withLock { $0 += piece.bytes.count }
                    }
                })
            let moved = count.withLock { $0 }
            guard moved == bytes else { throw BenchFailure("\(moved) of \(bytes) bytes") }
            peer.append(try await Self.plainOutput(text, bytes))
        }
        await shell.end()
        let megabytes = Double(self.megabytes) * 1_000
        guard BenchRounds.areQuiet(("output", ours), ("cat through a pipe", peer)) else { return }
        BenchOutput.result(
            "jail", "output of \(self.megabytes) MB", ours: megabytes / BenchRounds.median(ours),
            peer: megabytes / BenchRounds.median(peer), peerName: "cat through a pipe, no jail", unit: "MB/s")
    }

    @Net private static func plainOutput(_ text: String, _ bytes: Int) async throws -> Double {
        try await BenchClock.milliseconds {
            let process = try Process.spawn(
                ProcessPlan("/bin/sh", ["-c", text], environment: ["PATH": "/usr/bin:/bin"]))
            var count = 0
            while let piece = try await process.output.read() { count += piece.count }
            _ = try await process.exit()
            guard count == bytes else { throw BenchFailure("\(count) of \(bytes) bytes") }
        }
    }

    private func measureStarts(_ jail: BenchJail) async throws {
        var starts: [Double] = []
        for index in 0..<30 {
            let shell = try jail.shell("start-\(index)")
            starts.append(try await BenchClock.milliseconds { _ = try await shell.run(Self.command("true")) { _ in } })
            await shell.end()
        }
        guard BenchRounds.areQuiet(("first command of a session", starts)) else { return }
        BenchOutput.result("jail", "first command of a session, p50", ours: BenchRounds.median(starts), unit: "ms")
        BenchOutput.result("jail", "first command of a session, slowest of 30", ours: starts.max() ?? 0, unit: "ms")
    }

    private func measureMemory(_ jail: BenchJail) async throws {
        var shells: [JailShell] = []
        for index in 0..<self.shells {
            let shell = try jail.shell("idle-\(index)")
            _ = try await shell.run(Self.command("true")) { _ in }
            shells.append(shell)
        }
        let total = ProcessTree.proportionalMemory(of: getpid())
        for shell in shells { await shell.end() }
        BenchOutput.result(
            "jail", "\(self.shells) idle shells and this program", ours: Double(total) / 1_000_000, unit: "MB")
    }

    // MARK: Tools

    private static func command(_ text: String, output: Int = 1 << 20) -> ShellCommand {
        ShellCommand(text: text, place: .persistent, timeout: .seconds(120), outputLimit: output)
    }
}

/// Jails of one host, made as the product makes them, below a folder of their own.
struct BenchJail: Sendable {
    private let folder: String
    private let setup: JailSetup
    private let identities: JailIdentities

    /// - Parameter folder: Made if it is missing. If this process is root, every user must be able to enter it.
    init(
        folder: String, limits: JailLimits = JailLimits(), limiter: (any JailLimiter)? = nil
    ) async throws {
        mkdir(folder, 0o711)
        self.folder = folder
        self.identities = try JailIdentities.make()
        let programs = try await JailPrograms.install(in: "\(folder)/jail")
        let chosen: any JailLimiter =
            if let limiter { limiter } else { await JailLimiters.strongest().limiter }
        self.setup = JailSetup(
            programs: programs, limits: limits, limiter: chosen, quota: MeasuredQuota(),
            seccomp: try JailFilter.programs(),
            logger: Logger(label: "jail"))
    }

    var limiterName: String { self.setup.limiter.name }

    /// A session's shell; its workspace is a new folder.
    func shell(_ session: String) throws -> JailShell {
        let path = "\(self.folder)/\(session)"
        let identity = try self.identities.take()
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw BenchFailure("\(path) can't be made") }
        if let identity { chown(path, identity.user, identity.group) }
        let setup = self.setup
        return JailShell(session: session, setup: setup) { () async throws(JailFailure) in
            JailPlace(mount: WorkspaceMount(folder: path), identity: identity, disk: [path])
        }
    }
}

/// The memory of a process and everything below it, as Linux accounts for it.
enum ProcessTree {
    /// Proportional set size in bytes: shared pages count in equal parts for those who share them.
    static func proportionalMemory(of root: Int32) -> Int {
        let parents = Self.parents()
        return parents.keys.filter { Self.isBelow($0, root, parents) }.reduce(0) { $0 + Self.memory(of: $1) }
    }

    private static func isBelow(_ process: Int32, _ root: Int32, _ parents: [Int32: Int32]) -> Bool {
        var next: Int32? = process
        while let current = next, current > 0 {
            if current == root { return true }
            next = parents[current]
        }
        return false
    }

    private static func parents() -> [Int32: Int32] {
        guard let folder = opendir("/proc") else { return [:] }
        defer { closedir(folder) }
        var parents: [Int32: Int32] = [:]
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard let process = Int32(name) else { continue }
            let line = Self.text(of: "/proc/\(process)/status").split(separator: "\n").first { $0.hasPrefix("PPid:") }
            if let parent = line?.split(separator: "\t").last.flatMap({ Int32($0) }) { parents[process] = parent }
        }
        return parents
    }

    private static func memory(of process: Int32) -> Int {
        let line = Self.text(of: "/proc/\(process)/smaps_rollup").split(separator: "\n").first { $0.hasPrefix("Pss:") }
        return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1_024
    }

    private static func text(of path: String) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = read(file, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
