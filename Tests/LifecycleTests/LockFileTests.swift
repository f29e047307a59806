import EventLoop
import Lifecycle
import Processes
import TestSupport
import Testing

@Suite("Lock files", .timeLimit(.minutes(1)))
struct LockFileTests {
    private let directory: TemporaryDirectory
    private var path: String { self.directory.path + "/x.lock" }

    init() throws { self.directory = try TemporaryDirectory() }

    @Test("the holder is named in the file and releases it at the end")
    func hold() throws {
        do {
            let lock = try self.taken()
            expectEqual(LockFile.holder(of: self.path), .current)
            #expect(try !self.isFree())
            _ = consume lock
        }
        #expect(PrivateFile.Stamp(of: self.path).isAbsent)
        #expect(try self.isFree())
    }

    @Test("of many simultaneous takers, exactly one succeeds")
    func contest() async throws {
        let path = self.path
        for _ in 0..<20 {
            let winners = try await withThrowingTaskGroup(of: Bool.self) { group in
                let gate = Gate(8)
                for _ in 0..<8 {
                    group.addTask {
                        let lock = try LockFile.take(path)
                        let isMine = lock != nil
                        // Held until all have tried.
                        await gate.pass()
                        _ = consume lock
                        return isMine
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            expectEqual(winners, 1)
        }
    }

    @Test("a killed process's lock is taken over, by one taker only")
    func takeover() async throws {
        let dead = try await Self.killedProcess()
        try self.write(dead)
        let lock = try self.taken()
        #expect(try !self.isFree())
        _ = consume lock
    }

    @Test("a process that reuses the owner's pid is not the owner")
    func otherStartTime() throws {
        let own = ProcessIdentity.current
        try self.write(ProcessIdentity(pid: own.pid, startTime: own.startTime + 1, bootID: own.bootID))
        #expect(try self.isFree())
    }

    @Test("a lock from before the last reboot is stale")
    func otherBoot() throws {
        let own = ProcessIdentity.current
        try self.write(ProcessIdentity(pid: own.pid, startTime: own.startTime, bootID: "other"))
        #expect(try self.isFree())
    }

    @Test("a lock older than the patience is taken over, and its old owner does not remove the new one")
    func patience() throws {
        let old = try self.taken()
        #expect(try !self.isFree())
        let new = try self.taken(patience: 0)
        _ = consume old
        expectEqual(LockFile.holder(of: self.path), .current)
        _ = consume new
        #expect(PrivateFile.Stamp(of: self.path).isAbsent)
    }

    @Test("an invalid lock file counts as free", arguments: ["", "x", "1", "a b c", "-1 0 0"])
    func rubbish(_ text: String) throws {
        try PrivateFile.write(Array(text.utf8), to: self.path)
        #expect(try self.isFree())
    }

    @Test("a missing folder is an error")
    func missingFolder() {
        #expect(throws: SystemError.self) { _ = try LockFile.take("\(self.directory.path)/no/x.lock") }
    }

    private struct Refused: Error {}

    private func taken(patience: Int = 120) throws -> LockFile {
        guard let lock = try LockFile.take(self.path, patience: patience) else { throw Refused() }
        return lock
    }

    /// Whether the lock could be taken now.
    private func isFree() throws -> Bool {
        let lock = try LockFile.take(self.path)
        return lock != nil
    }

    private func write(_ owner: ProcessIdentity) throws {
        try PrivateFile.write(Array("\(owner.pid) \(owner.startTime) \(owner.bootID) 1\n".utf8), to: self.path)
    }

    @Net private static func killedProcess() async throws -> ProcessIdentity {
        let process = try Process.spawn(ProcessPlan("/bin/sleep", ["100"]))
        let identity = ProcessIdentity(
            pid: process.id, startTime: try #require(ProcessIdentity.startTime(of: process.id)),
            bootID: ProcessIdentity.currentBootID)
        #expect(identity.isAlive)
        process.signal(9)
        _ = try await process.exit()
        #expect(!identity.isAlive)
        return identity
    }

    /// Lets tasks pass only when all have arrived.
    private actor Gate {
        private let count: Int
        private var waiting: [CheckedContinuation<Void, Never>] = []

        init(_ count: Int) { self.count = count }

        func pass() async {
            if self.waiting.count + 1 == self.count {
                for waiter in self.waiting { waiter.resume() }
                return
            }
            await withCheckedContinuation { self.waiting.append($0) }
        }
    }
}
