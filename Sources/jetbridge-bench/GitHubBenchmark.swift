internal import Git
internal import Glibc
internal import Processes
internal import TestSupport
internal import Work

/// A big repository fetched from a server into a mirror and checked out into a workspace, compared to `git clone`.
struct GitHubBenchmark {
    private let texts: Int
    private let binaries: Int
    private let commits: Int
    private let rounds: Int

    init(_ arguments: BenchArguments) {
        self.texts = arguments.number("texts", default: 20_000)
        self.binaries = arguments.number("binaries", default: 150)
        self.commits = arguments.number("commits", default: 2_000)
        self.rounds = arguments.number("clone-rounds", default: BenchRounds.count)
    }

    func run() async throws {
        let directory = try TemporaryDirectory()
        try self.make(directory.path + "/stream")
        try await Self.shell(
            "git init -q --bare -b main served/big.git && cd served/big.git && git fast-import --quiet < ../../stream "
                + "&& rm ../../stream && git repack -adq --window=5 && du -sm objects | cut -f1 > ../../size",
            in: directory.path)
        let server = try await LoopbackGitServer.started(root: directory.path + "/served")
        let remote = GitRemote(url: try GitRemoteURL(server.url + "/big.git"))
        var ours: [Double] = []
        var theirs: [Double] = []
        for round in 0..<self.rounds {
            let folder = "\(directory.path)/\(round)"
            mkdir(folder, 0o755)
            ours.append(try await BenchClock.milliseconds { try await Self.clone(remote, folder) })
            theirs.append(
                try await BenchClock.milliseconds {
                    try await Self.shell("git clone -q \(server.url)/big.git peer", in: folder)
                })
            try await Self.shell(
                "git -C mirror.git fsck --connectivity-only --no-progress && diff -r --exclude=.git files peer",
                in: folder)
            try await Self.shell("rm -rf \(folder)", in: directory.path)
        }
        await server.stop()
        guard BenchRounds.areQuiet(("ours", ours), ("git clone", theirs)) else { return }
        BenchOutput.result(
            "github", "fetch into a mirror and check-out of a repository of 200 MB", ours: BenchRounds.median(ours),
            peer: BenchRounds.median(theirs), peerName: "git clone", unit: "ms")
    }

    private static func clone(_ remote: GitRemote, _ folder: String) async throws {
        let mirror = GitRepository(path: folder + "/mirror.git")
        try await mirror.createMirror()
        let started = ContinuousClock.now
        let fetched = try await remote.fetch(into: mirror)
        let middle = ContinuousClock.now
        guard let branch = fetched.defaultBranch, let tip = try await mirror.tip(of: branch) else {
            throw BenchFailure("the default branch is missing")
        }
        let store = folder + "/store.git"
        try await GitRepository(path: store).createStore(sharing: mirror.objectsFolder())
        mkdir(folder + "/files", 0o755)
        let files = WorkFiles(folder: folder + "/files", store: store, rules: .snapshots)
        _ = try await files.checkOut(files.tree(of: tip), as: GitSettings())
        let end = ContinuousClock.now
        BenchOutput.tell(
            "\(fetched.receivedBytes >> 20) MB: fetch \((middle - started) / .milliseconds(1)) ms, check-out \((end - middle) / .milliseconds(1)) ms"
        )
    }

    /// Text files of 4 KB that commits change, and binary files of 1 MB.
    private func make(_ path: String) throws {
        guard let file = fopen(path, "w") else { throw BenchFailure("\(path) can't be written") }
        defer { fclose(file) }
        var generator = SeededGenerator(state: 15)
        let words = (0..<4_000).map { _ in String(UInt32.random(in: 0...UInt32.max, using: &generator), radix: 36) }
        for commit in 0..<self.commits {
            let message = "Change \(commit)\n"
            fputs(
                "commit refs/heads/main\ncommitter Bench <bench@example.org> \(1_600_000_000 + commit) +0000\n"
                    + "data \(message.utf8.count)\n\(message)", file)
            if commit == 0 {
                for number in 0..<self.binaries {
                    var bytes = [UInt64](repeating: 0, count: 1 << 17)
                    for index in bytes.indices { bytes[index] = generator.next() }
                    fputs("M 100644 inline binary/\(number).bin\ndata \(bytes.count * 8)\n", file)
                    fwrite(bytes, 8, bytes.count, file)
                    fputs("\n", file)
                }
            }
            let changed = commit == 0 ? Array(0..<self.texts) : (0..<5).map { (commit * 5 + $0) % self.texts }
            for number in changed {
                var text = ""
                while text.utf8.count < 4_000 {
                    text += words[Int.random(in: 0..<words.count, using: &generator)]
                    text += text.utf8.count % 11 == 0 ? "\n" : " "
                }
                fputs("M 100644 inline source/\(number / 100)/\(number).txt\ndata \(text.utf8.count)\n\(text)\n", file)
            }
        }
    }

    private static func shell(_ command: String, in directory: String) async throws {
        let environment = ["PATH": "/usr/bin:/bin", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"]
        let result = try await Process.run(
            ProcessPlan("/bin/sh", ["-c", command], environment: environment, directory: directory))
        guard result.status.isSuccess else { throw BenchFailure("\(command): \(result.errorText)") }
    }
}

/// The calls of GitHub's API that the program's stages make, and two hundred threads that work at once, against the
/// stand-in with GitHub's limits in real time.
struct GitHubCallsBenchmark {
    private let threads: Int
    /// The most calls of a stage: with an empty cache, and a warm one.
    private static let goals = (cold: 4.0, warm: 2.0)

    init(_ arguments: BenchArguments) {
        self.threads = arguments.number("threads", default: 200)
    }

    func run() async throws {
        try await self.measureStages(isCold: true, "calls a stage, nothing cached", goal: Self.goals.cold)
        try await self.measureStages(isCold: false, "calls a stage, warm", goal: Self.goals.warm)
        let shop = try await GitHubShop.started("limits: {turns: 1000, turns_per_person: 1000}")
        let crowd = try await shop.crowd(self.threads, within: .seconds(1_800))
        await shop.stop()
        for failure in crowd.failed.prefix(3) { BenchOutput.tell(failure) }
        guard crowd.failed.isEmpty, crowd.commits == 2 * self.threads else {
            throw BenchFailure("\(crowd.failed.count) operations failed; \(crowd.commits) commits")
        }
        BenchOutput.tell(
            "\(self.threads) threads: \(crowd.commits) commits and \(crowd.calls) calls in \(Int(crowd.seconds)) s, "
                + "at most \(crowd.peak) at the same time")
        let name = "\(self.threads) threads at once"
        BenchOutput.result("github", "\(name): refusals (403, 429)", ours: Double(crowd.refusals), unit: "refusals")
        BenchOutput.result("github", "\(name): calls", ours: Double(crowd.calls), unit: "calls")
        BenchOutput.result("github", "\(name): specified and planned", ours: crowd.seconds, unit: "s")
    }

    private func measureStages(isCold: Bool, _ metric: String, goal: Double) async throws {
        let shop = try await GitHubShop.started()
        let costs = try await shop.costs(isCold: isCold)
        await shop.stop()
        for cost in costs {
            BenchOutput.tell("\(cost.command.prefix(16)): \(cost.calls) calls, \(cost.confirmed) of them 304")
        }
        BenchOutput.result(
            "github", metric, ours: Double(costs.map(\.calls).max() ?? 0), peer: goal, peerName: "the goal",
            unit: "calls")
    }
}
