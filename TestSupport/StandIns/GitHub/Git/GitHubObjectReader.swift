internal import EventLoop
internal import Primitives
internal import Processes

/// Reads objects through one `git cat-file --batch`.
@Net
final class GitHubObjectReader {
    private let path: String
    private var process: Process?
    private var buffer: [UInt8] = []
    private var isBusy = false
    private let turn = WaitList()

    init(path: String) {
        self.path = path
    }

    func read(_ name: String) async throws -> GitHubObject? {
        while self.isBusy { try await self.turn.wait() }
        self.isBusy = true
        defer {
            self.isBusy = false
            self.turn.wakeFirst()
        }
        do {
            return try await self.exchange(name)
        } catch {
            // What is left in the pipe belongs to the failed read.
            let process = self.process.take()
            await process?.stop(patience: .zero)
            self.buffer = []
            throw error
        }
    }

    func stop() async {
        let process = self.process.take()
        await process?.stop()
    }

    private func exchange(_ name: String) async throws -> GitHubObject? {
        let process = try self.started()
        try await process.input.write(Array("\(name)\n".utf8))
        let head = String(decoding: try await self.line(of: process), as: UTF8.self).split(separator: " ").map(
            String.init)
        // `NAME missing` and `NAME ambiguous`; a name may contain spaces.
        guard head.count == 3, head[0].utf8.count == 40, let size = Int(head[2]) else { return nil }
        while self.buffer.count < size + 1 { try await self.fill(process) }
        let bytes = Array(self.buffer[..<size])
        self.buffer.removeFirst(size + 1)
        return GitHubObject(id: head[0], type: head[1], bytes: bytes)
    }

    private func started() throws -> Process {
        if let process = self.process, process.status == nil { return process }
        self.buffer = []
        var plan = ProcessPlan(
            "/usr/bin/git", ["cat-file", "--batch"], environment: GitHTTPProgram.environment, directory: self.path)
        plan.standardInput = .pipe
        plan.standardError = .null
        let process = try Process.spawn(plan)
        self.process = process
        return process
    }

    private func line(of process: Process) async throws -> [UInt8] {
        while true {
            if let end = self.buffer.firstIndex(of: 10) {
                let line = Array(self.buffer[..<end])
                self.buffer.removeFirst(end + 1)
                return line
            }
            try await self.fill(process)
        }
    }

    private func fill(_ process: Process) async throws {
        guard let bytes = try await process.output.read() else {
            throw GitHubGit.Failure(description: "git cat-file ended in \(self.path)")
        }
        self.buffer += bytes
    }
}
