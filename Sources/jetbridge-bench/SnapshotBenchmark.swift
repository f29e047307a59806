internal import Git
internal import Glibc
internal import Processes
internal import TestSupport
internal import Work

/// A snapshot of a workspace in which ten files have changed, compared to `git add -A && git write-tree`.
struct SnapshotBenchmark {
    private let files: Int
    private let changes: Int
    private let rounds: Int

    init(_ arguments: BenchArguments) {
        self.files = arguments.number("files", default: 10_000)
        self.changes = arguments.number("changes", default: 10)
        self.rounds = arguments.number("rounds", default: 25)
    }

    func run() async throws {
        let directory = try TemporaryDirectory()
        let store = "\(directory.path)/store"
        try await GitRepository(path: store).createStore(sharing: nil)
        let folder = "\(directory.path)/files"
        mkdir(folder, 0o755)
        let files = WorkFiles(folder: folder, store: store, rules: .snapshots)
        let peer = "\(directory.path)/peer"
        mkdir(peer, 0o755)
        for folder in [folder, peer] { try self.fill(folder) }
        try await Self.git("git init -q", in: peer)

        let first = try await BenchClock.milliseconds { try await Self.snapshot(files, 0) }
        let peerFirst = try await BenchClock.milliseconds {
            try await Self.git("git add -A && git write-tree", in: peer)
        }
        BenchOutput.tell("\(self.files) files for the first time: \(first) ms, git \(peerFirst) ms")

        var ours: [Double] = []
        var theirs: [Double] = []
        for round in 0..<self.rounds {
            try self.change(folder, round)
            try self.change(peer, round)
            ours.append(try await BenchClock.milliseconds { try await Self.snapshot(files, round + 1) })
            theirs.append(
                try await BenchClock.milliseconds { try await Self.git("git add -A && git write-tree", in: peer) })
        }
        guard try await files.records(below: Self.prefix).count == self.rounds + 1 else {
            throw BenchFailure("a snapshot is missing")
        }
        guard BenchRounds.areQuiet(("snapshot", ours), ("git", theirs)) else { return }
        BenchOutput.result(
            "jail", "snapshot of \(self.files) files with \(self.changes) changes", ours: BenchRounds.median(ours),
            peer: BenchRounds.median(theirs), peerName: "git add -A && git write-tree", unit: "ms")
    }

    private static let prefix = "refs/jetbridge/snapshots/bench/"

    /// The steps of a workspace's snapshot.
    private static func snapshot(_ files: WorkFiles, _ number: Int) async throws {
        let scan = try await files.scan()
        let existing = try await files.records(below: self.prefix)
        guard !existing.contains(where: { $0.tree == scan.tree }) else { throw BenchFailure("a change was missed") }
        try await files.keep(
            scan.tree, at: self.prefix + String(number), message: "snapshot",
            by: GitSignature(name: "bench", mail: "bench@example.org", seconds: Int64(number)))
    }

    /// A hundred files in each folder, of 1 to 5 KB.
    private func fill(_ path: String) throws {
        for number in 0..<self.files {
            let folder = "\(path)/\(number / 100)"
            mkdir(folder, 0o755)
            let line = "line of the file \(number), which is like a source file in its length\n"
            try Self.write(String(repeating: line, count: 15 + number % 60), to: "\(folder)/\(number).txt", "w")
        }
    }

    private func change(_ path: String, _ round: Int) throws {
        for index in 0..<self.changes {
            let number = (round * 977 + index * (self.files / self.changes)) % self.files
            try Self.write("changed in round \(round)\n", to: "\(path)/\(number / 100)/\(number).txt", "a")
        }
    }

    private static func write(_ text: String, to path: String, _ mode: String) throws {
        guard let file = fopen(path, mode) else { throw BenchFailure("\(path) can't be written") }
        fputs(text, file)
        fclose(file)
    }

    private static func git(_ command: String, in directory: String) async throws {
        let plan = ProcessPlan(
            "/bin/sh", ["-c", command], environment: ["PATH": "/usr/bin:/bin", "GIT_CONFIG_GLOBAL": "/dev/null"],
            directory: directory)
        let result = try await Process.run(plan)
        guard result.status.isSuccess else { throw BenchFailure("\(command): \(result.errorText)") }
    }
}
