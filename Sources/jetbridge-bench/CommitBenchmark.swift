internal import Git
internal import Glibc
internal import Logging
internal import Processes
internal import Repositories
internal import TestSupport

/// Commits of one document in a large repository, compared to `git commit` of the same document.
struct CommitBenchmark {
    private let commits: Int
    private let files: Int
    private let rounds: Int

    init(_ arguments: BenchArguments) {
        self.commits = arguments.number("commits", default: 10_000)
        self.files = arguments.number("files", default: 5_000)
        self.rounds = arguments.number("commit-rounds", default: 30)
    }

    func run() async throws {
        let directory = try TemporaryDirectory()
        let ours = "\(directory.path)/ours"
        let peer = "\(directory.path)/peer"
        try await self.make(ours)
        try await Self.shell("cp -a ours peer", in: directory.path)
        let catalog = RepositoryCatalog(
            [RepositorySetting(name: "bench", place: .local(path: ours))], now: { 1_700_000_000 },
            logger: Logger(label: "bench"))
        let repository = try catalog.repository(nil)
        let name = "commit of a document, \(self.commits) commits and \(self.files) files"
        try await self.compare(name, on: Self.feature, repository, peer)
        try await self.compare("\(name), checked out", on: "main", repository, peer)
        try await Self.shell("git fsck --strict", in: ours)
    }

    private static let feature = "001-bench"
    private static let path = "specs/001-bench/spec.md"

    /// Rounds of Jetbridge and Git alternate.
    private func compare(
        _ metric: String, on branch: String, _ repository: LocalRepository, _ peer: String
    ) async throws {
        var ours: [Double] = []
        var theirs: [Double] = []
        for round in 0..<self.rounds {
            let text = Self.text("\(branch) \(round)")
            let base = try await repository.git.resolve(branch)
            let change = DocumentChange(
                branch: branch, base: base, documents: [try Document(path: Self.path, text: text)],
                subject: "Refine the specification",
                author: GitSignature(name: "Bench", mail: "bench@example.org", seconds: 1_700_000_000),
                turn: "\(branch)-\(round)")
            ours.append(
                try await BenchClock.milliseconds {
                    guard case .committed = try await repository.write(change) else {
                        throw BenchFailure("a commit is missing")
                    }
                })
            try Self.write(text, to: "\(peer)/\(Self.path)")
            theirs.append(
                try await BenchClock.milliseconds {
                    try await Self.git(["commit", "-q", "-m", "Refine the specification", "--", Self.path], in: peer)
                })
        }
        guard BenchRounds.areQuiet((metric, ours), ("git commit", theirs)) else { return }
        BenchOutput.result(
            "specs", metric, ours: BenchRounds.median(ours), peer: BenchRounds.median(theirs), peerName: "git commit",
            unit: "ms")
    }

    /// A hundred files in each folder; each commit changes one of them.
    private func make(_ path: String) async throws {
        mkdir(path, 0o755)
        let stream = "\(path)/../stream"
        guard let file = fopen(stream, "w") else { throw BenchFailure("\(stream) can't be written") }
        for commit in 0..<self.commits {
            let person = "Bench <bench@example.org> \(1_600_000_000 + commit) +0000"
            let message = "Change \(commit)\n"
            fputs("commit refs/heads/main\ncommitter \(person)\ndata \(message.utf8.count)\n\(message)", file)
            for number in commit == 0 ? 0..<self.files : commit % self.files..<commit % self.files + 1 {
                let text = "the file \(number) in commit \(commit)\n"
                fputs(
                    "M 100644 inline source/\(number / 100)/\(number).txt\ndata \(text.utf8.count)\n\(text)", file)
            }
            if commit == 0 {
                let text = Self.text("first")
                fputs("M 100644 inline \(Self.path)\ndata \(text.utf8.count)\n\(text)", file)
            }
        }
        fclose(file)
        try await Self.shell(
            "git init -q -b main && git fast-import --quiet < ../stream && git reset -q --hard && git branch \(Self.feature)",
            in: path)
    }

    private static func text(_ version: String) -> String {
        "# Feature Specification: \(version)\n\n"
            + (0..<200).map { "- **FR-\($0)**: System MUST show the entries of \($0)\n" }.joined()
    }

    private static func write(_ text: String, to path: String) throws {
        guard let file = fopen(path, "w") else { throw BenchFailure("\(path) can't be written") }
        fputs(text, file)
        fclose(file)
    }

    private static let environment = [
        "PATH": "/usr/bin:/bin", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "Bench",
        "GIT_AUTHOR_EMAIL": "bench@example.org", "GIT_COMMITTER_NAME": "Bench",
        "GIT_COMMITTER_EMAIL": "bench@example.org",
    ]

    private static func git(_ arguments: [String], in directory: String) async throws {
        try await Self.run(
            ProcessPlan("/usr/bin/git", arguments, environment: Self.environment, directory: directory))
    }

    private static func shell(_ command: String, in directory: String) async throws {
        try await Self.run(
            ProcessPlan("/bin/sh", ["-c", command], environment: Self.environment, directory: directory))
    }

    private static func run(_ plan: ProcessPlan) async throws {
        let result = try await Process.run(plan)
        guard result.status.isSuccess else { throw BenchFailure("\(plan): \(result.errorText)") }
    }
}
