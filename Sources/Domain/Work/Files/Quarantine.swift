internal import EventLoop
internal import Git
internal import Processes

/// A repository for objects from a jail until they are checked.
struct Quarantine: Sendable {
    /// What Git may use to check a pack, which may expand to any amount: megabytes of memory, seconds of processor time.
    private static let memory = 256
    private static let seconds = 60

    private static let prefix = "quarantine-"

    let path: String
    private let limit: Int
    /// Whether it is the disk that sets the limit.
    private let isDiskFull: Bool

    /// Makes one in a folder that no jail sees; it can read the objects in the folder `objects`.
    static func make(in folder: String, sharing objects: String, limit: Int) async throws -> Quarantine {
        let path = "\(folder)/\(Self.prefix)\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
        try await GitRepository(path: path).createStore(sharing: objects)
        let room = Int(clamping: DiskRoom(path: folder).bytes)
        // To Git, zero is no limit.
        return Quarantine(path: path, limit: max(1, min(limit, room)), isDiskFull: room < limit)
    }

    @concurrent
    func remove() async {
        // What stays is removed at the next start.
        try? FolderTree.remove(self.path)
    }

    /// Removes those that a killed process has left in a folder.
    static func removeAll(in folder: String) {
        for name in FolderTree.names(in: folder) where name.hasPrefix(Self.prefix) {
            try? FolderTree.remove("\(folder)/\(name)")
        }
    }

    /// Indexes a pack that `source` passes on in pieces. Throws ``WorkspaceFailure`` if Git refuses it.
    @Net
    func fill(
        _ source: @Sendable (_ piece: @Sendable ([UInt8]) async throws -> Void) async throws -> Void
    ) async throws {
        guard let git = Process.find("git"), let shell = Process.find("sh") else {
            throw WorkspaceFailure("commits can't be taken over because git is not installed: install it")
        }
        var plan = ProcessPlan(
            shell,
            [
                "-c", "ulimit -d \(Self.memory << 10) && ulimit -t \(Self.seconds) && exec \"$@\"", "sh", git,
                // Large files are checked in pieces, not in memory.
                "-c", "core.bigFileThreshold=16m", "-c", "core.deltaBaseCacheLimit=16m", "-c", "pack.threads=1",
                "index-pack", "--stdin", "--strict", "--fix-thin", "--threads=1", "--max-input-size=\(self.limit)",
            ],
            environment: [
                "GIT_DIR": self.path, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
                "HOME": self.path, "PATH": "/usr/bin:/bin", "LC_ALL": "C",
            ],
            directory: self.path)
        plan.standardInput = .pipe
        plan.standardOutput = .null
        let process = try Process.spawn(plan)
        do {
            async let reason = Self.text(of: process)
            do {
                try await source { piece in try await process.input.write(piece) }
            } catch let error as ProcessError where error.code == .inputClosed {
                // It refused the pack before its end, and says why.
            }
            process.input.close()
            let status = try await process.exit()
            let text = try await reason
            guard status.isSuccess else {
                if self.isDiskFull, text.contains("maximum allowed size") { throw Self.diskFull }
                throw Self.isExcess(status, text) ? Self.tooLarge : Self.refusal(text)
            }
        } catch {
            await process.stop()
            throw error
        }
    }

    @Net
    private static func text(of process: Process) async throws -> String {
        var bytes: [UInt8] = []
        while let piece = try await process.errorOutput.read() {
            if bytes.count < 4_096 { bytes += piece.prefix(4_096 - bytes.count) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether Git was over a limit.
    private static func isExcess(_ status: ProcessStatus, _ text: String) -> Bool {
        if case .killed = status { return true }
        return text.lowercased().contains("out of memory")
    }

    private static let tooLarge = WorkspaceFailure(
        "too large to take over: the commits need more than \(Self.memory) MB of memory or \(Self.seconds) s to check: take "
            + "them back with `git reset --soft`, then commit less at once")

    private static let diskFull = WorkspaceFailure(
        "the commits can't be taken over because the disk is almost full: delete files", isDiskFull: true)

    private static func refusal(_ text: String) -> WorkspaceFailure {
        let line = text.split(separator: "\n").first.map { String($0.prefix(200)) } ?? "no reason given"
        return WorkspaceFailure(
            "the commits were not taken over because Git refuses them (\(line)): "
                + "undo them with `git reset --soft`, then commit again")
    }
}
