internal import EventLoop
internal import Glibc
internal import Jail
internal import Primitives
internal import Processes

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
        let plain = try await PlainShell()
        let command = Self.command("true")
        for _ in 0..<200 {
            _ = try await shell.run(command) { _ in }
            try await plain.run("true")
        }
        var ours: [Double] = []
        var peer: [Double] = []
        // In turn, so that both meet the same disturbances. Programs that start in between would change which core the
        // shells get.
        for _ in 0..<self.rounds / 100 {
            for _ in 0..<100 { ours.append(try await Self.milliseconds { _ = try await shell.run(command) { _ in } }) }
            for _ in 0..<100 { peer.append(try await Self.milliseconds { try await plain.run("true") }) }
        }
        await shell.end()
        await plain.end()
        var starts: [Double] = []
        let plan = ProcessPlan(
            "/usr/bin/bwrap",
            ["--unshare-all", "--die-with-parent", "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin"]
                + ["--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--proc", "/proc"]
                + ["--dev", "/dev", "--", "/bin/true"])
        for _ in 0..<50 { starts.append(try await Self.milliseconds { _ = try await Process.run(plan) }) }
        if BenchRounds.areQuiet(("true in the session's shell", ours), ("/bin/sh on a bare pipe", peer)) {
            BenchOutput.result(
                "jail", "true in the session's shell, p50", ours: BenchRounds.median(ours),
                peer: BenchRounds.median(peer), peerName: "/bin/sh on a bare pipe, no jail", unit: "ms")
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
                try await Self.milliseconds {
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
        try await Self.milliseconds {
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
            starts.append(try await Self.milliseconds { _ = try await shell.run(Self.command("true")) { _ in } })
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

    private static func milliseconds(_ body: () async throws -> Void) async rethrows -> Double {
        let started = ContinuousClock.now
        try await body()
        return (ContinuousClock.now - started) / .milliseconds(1)
    }
}
