import Glibc
import Primitives
import TestSupport
import Testing

@testable import Jail

@Suite("The shells of all sessions", .timeLimit(.minutes(1)))
struct JailShellsTests {
    private func with(
        _ limits: JailShells.Limits, clock: any Clock<Duration> = ManualClock(),
        _ body: (JailShells) async throws -> Void
    ) async throws {
        let bench = try await JailBench()
        let place = bench.place
        let shells = JailShells(setup: bench.setup, limits: limits, clock: clock) {
            (_: String) throws(JailFailure) in place
        }
        do { try await body(shells) } catch {
            await shells.endAll()
            throw error
        }
        await shells.endAll()
    }

    @discardableResult
    private func run(
        _ text: String, _ session: String, _ user: String = "alice", in shells: JailShells
    ) async throws -> String {
        let output = Protected<[UInt8]>([])
        let command = ShellCommand(text: text, place: .persistent, timeout: nil, outputLimit: 1 << 20)
        _ = try await shells.shell(of: session, for: user).run(command) { piece in output.withLock { $0 += piece.bytes }
        }
        return String(decoding: output.withLock { $0 }, as: UTF8.self)
    }

    @Test("each session has its own shell")
    func sessions() async throws {
        try await self.with(JailShells.Limits()) { (shells: JailShells) async throws in
            try await run("X=1", "a", in: shells)
            try await run("X=2", "b", in: shells)
            try await expectEqual(run("echo $X", "a", in: shells), "1\n")
            try await expectEqual(run("echo $X", "b", in: shells), "2\n")
            await expectEqual(shells.count, 2)
            await shells.end("a")
            try await expectEqual(run("echo \"[$X]\"", "a", in: shells), "[]\n")
        }
    }

    @Test("a new session takes the place of the one that has been idle longest")
    func room() async throws {
        try await self.with(JailShells.Limits(perUser: 2, perHost: 3)) { (shells: JailShells) async throws in
            for session in ["a", "b"] { try await run("X=\(session)", session, in: shells) }
            try await run("true", "a", in: shells)
            try await run("X=c", "c", in: shells)
            await expectEqual(shells.count, 2)
            try await expectEqual(run("echo $X", "a", in: shells), "a\n")
            try await expectEqual(run("echo $X", "c", in: shells), "c\n")
            // Another user's jails do not count for alice's, but for the host's.
            try await run("X=d", "d", "bob", in: shells)
            await expectEqual(shells.count, 3)
            try await run("true", "e", "bob", in: shells)
            await expectEqual(shells.count, 3)
            try await expectEqual(run("echo \"[$X]\"", "c", in: shells), "[c]\n")
        }
    }

    @Test("more sessions than users: each live jail has its own, which it gives back")
    func users() async throws {
        guard geteuid() == 0 else { return }
        let bench = try await JailBench()
        let place = bench.place
        let identities = JailIdentities(65_130..<65_132)
        let shells = JailShells(setup: bench.setup, limits: JailShells.Limits(perUser: 2)) {
            (_: String) throws(JailFailure) in
            guard let user = try identities.take() else { throw JailFailure("no user") }
            chmod(place.mount.folder, 0o777)
            return JailPlace(mount: place.mount, identity: user) { identities.release(user) }
        }
        do {
            var owners: [UInt32] = []
            for index in 0..<5 {
                try await self.run("touch file-\(index)", "session-\(index)", in: shells)
                var status = stat()
                stat("\(place.mount.folder)/file-\(index)", &status)
                owners.append(status.st_uid)
            }
            expectEqual(Set(owners[..<2]), [65_130, 65_131])
            for index in 1..<5 { #expect(owners[index] != owners[index - 1]) }
            #expect(throws: JailFailure.self) { try identities.take() }
        } catch {
            await shells.endAll()
            throw error
        }
        await shells.endAll()
        #expect(try identities.take() != nil)
        #expect(try identities.take() != nil)
    }

    @Test("the first command after a jail was ended for room says that its shell is another")
    func renewed() async throws {
        try await self.with(JailShells.Limits(perUser: 1)) { (shells: JailShells) async throws in
            let command = ShellCommand(text: "true", place: .persistent, timeout: nil, outputLimit: 100)
            let shell = shells.shell(of: "a", for: "alice")
            try await expectEqual(shell.run(command) { _ in }.isShellFresh, false)
            try await run("true", "b", in: shells)
            #expect(try await shell.run(command) { _ in }.isShellFresh)
            try await expectEqual(shell.run(command) { _ in }.isShellFresh, false)
            await shells.end("a")
            try await expectEqual(shell.run(command) { _ in }.isShellFresh, false)
        }
    }

    /// A command that keeps its jail busy until it is cancelled.
    private func occupy(_ session: String, in shells: JailShells) async -> Task<ShellExit, any Error> {
        let ready = Gate(isOpen: false)
        let command = ShellCommand(text: "echo; sleep 1000", place: .background, timeout: nil, outputLimit: 100)
        let shell = shells.shell(of: session, for: "alice")
        let job = Task { try await shell.run(command) { _ in ready.setOpen(true) } }
        await ready.pass()
        return job
    }

    @Test("busy jails are not ended: commands wait for a free one, in their order, and say so")
    func full() async throws {
        try await self.with(JailShells.Limits(perUser: 1, perHost: 2)) { (shells: JailShells) async throws in
            let job = await self.occupy("a", in: shells)
            let said = Protected<[String]>([])
            let order = Protected<[String]>([])
            var waiting: [Task<ShellExit, any Error>] = []
            for session in ["b", "c"] {
                let hasBegun = Gate(isOpen: false)
                let command = ShellCommand(text: "echo", place: .fresh, timeout: nil, outputLimit: 100)
                let shell = shells.shell(of: session, for: "alice")
                waiting.append(
                    Task {
                        try await shell.run(
                            command,
                            waiting: { reason in
                                said.withLock { $0.append("\(session): \(reason ?? "free")") }
                                hasBegun.setOpen(true)
                            }, output: { _ in order.withLock { $0.append(session) } })
                    })
                await hasBegun.pass()
            }
            expectEqual(said.withLock { $0 }, ["b", "c"].map { "\($0): all 1 of your jails are busy" })
            // The session that has the jail, and other people, need not wait.
            try await expectEqual(run("echo a", "a", in: shells), "a\n")
            try await expectEqual(run("echo d", "d", "bob", in: shells), "d\n")
            job.cancel()
            try await expectEqual(job.value.status, .stopped)
            for task in waiting { try await expectEqual(task.value.status, .exited(0)) }
            expectEqual(order.withLock { $0 }, ["b", "c"])
            expectEqual(said.withLock { $0.suffix(2) }, ["b: free", "c: free"])
        }
    }

    @Test("a wait ends when it is stopped, and after its time, with what to do")
    func noRoom() async throws {
        let clock = ManualClock()
        let limits = JailShells.Limits(perUser: 1, wait: .seconds(600))
        try await self.with(limits, clock: clock) { (shells: JailShells) async throws in
            let job = await self.occupy("a", in: shells)
            for isStopped in [true, false] {
                let hasBegun = Gate(isOpen: false)
                let command = ShellCommand(text: "true", place: .fresh, timeout: nil, outputLimit: 100)
                let shell = shells.shell(of: "b", for: "alice")
                let task = Task {
                    try await shell.run(command, waiting: { _ in hasBegun.setOpen(true) }, output: { _ in })
                }
                await hasBegun.pass()
                if isStopped {
                    task.cancel()
                } else {
                    await clock.sleepers(1)
                    clock.advance(by: .seconds(600))
                }
                await #expect {
                    try await task.value
                } throws: { error in
                    "\(error)".contains(
                        isStopped
                            ? "stopped while all 1 of your jails are busy" : "none became free in 10 minutes: stop")
                }
            }
            job.cancel()
            _ = try await job.value
        }
    }

    @Test("an idle jail ends after its time, and a command in between starts the time again")
    func idle() async throws {
        let clock = ManualClock()
        try await self.with(JailShells.Limits(idle: .seconds(60)), clock: clock) { (shells: JailShells) async throws in
            let mark = Survivors.mark()
            try await run("X=1; sleep \(mark) &", "a", in: shells)
            _ = try await Survivors.wait(mark, atLeast: 1)
            await clock.sleepers(1)
            clock.advance(by: .seconds(59))
            try await expectEqual(run("echo $X", "a", in: shells), "1\n")
            await clock.sleepers(1)
            clock.advance(by: .seconds(59))
            await expectEqual(shells.count, 1)
            clock.advance(by: .seconds(1))
            try await Survivors.waitForNone(mark)
            try await expectEqual(run("echo \"[$X]\"", "a", in: shells), "[]\n")
        }
    }

    @Test("ending a session ends its command; ending all refuses others")
    func end() async throws {
        try await self.with(JailShells.Limits()) { (shells: JailShells) async throws in
            let ready = Gate(isOpen: false)
            let command = ShellCommand(text: "echo; sleep 1000", place: .persistent, timeout: nil, outputLimit: 100)
            let shell = shells.shell(of: "a", for: "alice")
            let running = Task { try await shell.run(command) { _ in ready.setOpen(true) } }
            await ready.pass()
            await shells.end("a")
            try await expectEqual(running.value.status, .lost("the host ended the session's jail"))
            await shells.endAll()
            await #expect(throws: JailFailure.self) { try await run("true", "b", in: shells) }
        }
    }
}
