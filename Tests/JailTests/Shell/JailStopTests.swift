import EventLoop
import Glibc
import Jail
import Primitives
import TestSupport
import Testing

@Suite("Stopping jailed commands", .timeLimit(.minutes(1)))
struct JailStopTests {
    /// Leaves processes that have left their session, their group and their parent.
    private func daemons(_ mark: String) -> String {
        """
        sleep \(mark) & setsid sleep \(mark) & (setsid sh -c 'trap "" 1 2 15; sleep \(mark) & exec sleep \(mark)' &)
        setsid sh -c '(setsid sleep \(mark) &)'; nohup sleep \(mark) >/dev/null 2>&1 &
        echo ready; wait; sleep \(mark)
        """
    }

    /// Runs a command, and cancels it once it has written something.
    private func stopOnceReady(
        _ bench: JailBench, _ text: String, _ place: ShellCommand.Place, meanwhile: () async throws -> Void = {}
    ) async throws -> ShellExit {
        let ready = Gate(isOpen: false)
        let command = ShellCommand(text: text, place: place, timeout: nil, outputLimit: .max)
        let task = Task {
            try await bench.shell.run(command) { _ in ready.setOpen(true) }
        }
        await ready.pass()
        try await meanwhile()
        task.cancel()
        return try await task.value
    }

    @Test("stopping leaves no process", arguments: [ShellCommand.Place.persistent, .fresh, .background])
    func daemons(_ place: ShellCommand.Place) async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            let mark = Survivors.mark()
            let exit = try await stopOnceReady(bench, daemons(mark), place) { () async throws in
                let running = try await Survivors.wait(mark, atLeast: 6)
                if geteuid() == 0 { #expect(running.allSatisfy { $0.user == 65_123 }) }
            }
            expectEqual(exit.status, .stopped)
            #expect(Survivors.of(mark).isEmpty)
            try await expectEqual(bench.run("echo next").text, "next\n")
        }
    }

    @Test("what a fresh shell leaves behind ends with it")
    func leftoversOneByOne() async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            let mark = Survivors.mark()
            let result = try await bench.run("(setsid sleep \(mark) &); sleep \(mark) & echo a", .fresh)
            expectEqual(result.status, .exited(0))
            expectEqual(result.text, "a\n")
            #expect(Survivors.of(mark).isEmpty)
        }
    }

    @Test("what commands left running is listed as the jail sees it, and ended one by one")
    func leftovers() async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            #expect(await bench.shell.leftovers.isEmpty)
            let (mark, other) = (Survivors.mark(), Survivors.mark())
            // Each says when it is this program, no longer the one that starts it.
            let script = "echo >begun; read x <never"
            let first = try await bench.run("mkfifo begun never; sh -c '\(script)' \(mark) & read x <begun; echo $!")
            _ = try await bench.run("(setsid sh -c '\(script)' \(other) &); read x <begun")
            let list = await bench.shell.leftovers
            expectEqual(Set(list.map(\.command)), ["sh -c \(script) \(mark)", "sh -c \(script) \(other)"])
            let process = try #require(list.first { $0.command.hasSuffix(mark) })
            #expect("\(process.id)\n" == first.text && process.age < .seconds(60))
            #expect(await bench.shell.endLeftover(process.id))
            try await Survivors.waitForNone(mark)
            await expectEqual(bench.shell.leftovers.map(\.command), ["sh -c \(script) \(other)"])
            // The shell, the jail's first process, and one that is gone.
            for id in [1, 2, 3, process.id] { #expect(await !bench.shell.endLeftover(id)) }
            try await expectEqual(bench.run("echo next").text, "next\n")
        }
    }

    @Test("the event loop serves others while leftovers are listed, and calls at the same time share a list")
    func listing() async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            let mark = Survivors.mark()
            _ = try await bench.run("sleep \(mark) &")
            _ = try await Survivors.wait(mark, atLeast: 1)
            let shell = bench.shell
            #expect(await isFree { _ = await shell.leftovers })
            #expect(await isFree { _ = await shell.endLeftover(1) })
            // Each look at a process gives another age.
            let lists = await listedTwice(shell)
            #expect(lists.first.count == 1 && lists.first == lists.second)
        }
    }

    /// Whether the event loop does something else before `body`, which begins on it, has ended.
    @Net private func isFree(during body: @Net () async -> Void) async -> Bool {
        let isServed = Protected(false)
        Task { @Net in isServed.withLock { $0 = true } }
        await body()
        return isServed.withLock { $0 }
    }

    @Net private func listedTwice(_ shell: JailShell) async -> (first: [ShellProcess], second: [ShellProcess]) {
        let first = Task { @Net in await shell.leftovers }
        let second = Task { @Net in await shell.leftovers }
        return (await first.value, await second.value)
    }

    @Test("what a command leaves in the persistent shell can be ended, and jobs survive it", arguments: [true, false])
    func background(_ hasJob: Bool) async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            #expect(await !bench.shell.endLeftovers())
            // The second sleeps in a session of its own, below no process of the shell's.
            let (mark, job) = (Survivors.mark(), Survivors.mark())
            _ = try await bench.run("X=1; cd /tmp; true & wait")
            #expect(await !bench.shell.endLeftovers())
            let leave = { () async throws in
                _ = try await bench.run("b() { sleep \(mark) & }; b; (setsid sleep \(mark) &)")
                _ = try await Survivors.wait(mark, atLeast: 2)
                try await expectEqual(bench.run("echo $X; pwd").text, "1\n/tmp\n")
                #expect(await bench.shell.endLeftovers())
                try await Survivors.waitForNone(mark)
                try await expectEqual(bench.run("echo \"[$X]\"; pwd").text, "[]\n/workspace\n")
                #expect(await !bench.shell.endLeftovers())
            }
            if hasJob {
                let exit = try await stopOnceReady(bench, daemons(job), .background) { () async throws in
                    try await leave()
                    _ = try await Survivors.wait(job, atLeast: 6)
                }
                expectEqual(exit.status, .stopped)
            } else {
                try await leave()
            }
        }
    }

    @Test("stopping a job ends only the job")
    func job() async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            let (own, other) = (Survivors.mark(), Survivors.mark())
            _ = try await bench.run("X=1; sleep \(other) &")
            let exit = try await stopOnceReady(bench, daemons(own), .background) { () async throws in
                try await expectEqual(bench.run("echo $X").text, "1\n")
            }
            expectEqual(exit.status, .stopped)
            #expect(!exit.isShellLost)
            #expect(Survivors.of(own).isEmpty)
            _ = try await Survivors.wait(other, atLeast: 1)
            try await expectEqual(bench.run("echo $X").text, "1\n")
        }
    }

    @Test("stopping a command keeps a job, and the shell is lost only if it was the shell's", arguments: [true, false])
    func foreground(_ isFresh: Bool) async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            let (job, own) = (Survivors.mark(), Survivors.mark())
            _ = try await bench.run("X=1")
            let jobExit = try await stopOnceReady(bench, daemons(job), .background) { () async throws in
                let exit = try await stopOnceReady(bench, daemons(own), isFresh ? .fresh : .persistent)
                expectEqual(exit.status, .stopped)
                expectEqual(exit.isShellLost, !isFresh)
                #expect(Survivors.of(own).isEmpty)
                _ = try await Survivors.wait(job, atLeast: 6)
                try await expectEqual(bench.run("echo \"[$X]\"").text, isFresh ? "[1]\n" : "[]\n")
            }
            expectEqual(jobExit.status, .stopped)
            #expect(Survivors.of(job).isEmpty)
        }
    }

    @Test("a fork bomb is stopped", arguments: [ShellCommand.Place.persistent, .fresh, .background])
    func forkBomb(_ place: ShellCommand.Place) async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            let mark = Survivors.mark()
            let bomb =
                "echo ready; b() { sh -c 'sleep \(mark)' 2>/dev/null & b 2>/dev/null & b 2>/dev/null & }; b; sleep \(mark)"
            let exit = try await stopOnceReady(bench, bomb, place)
            expectEqual(exit.status, .stopped)
            #expect(Survivors.of(mark).isEmpty)
            try await expectEqual(bench.run("echo next").text, "next\n")
        }
    }

    @Test("killing the shell's warden ends the jail, and the next command has another")
    func warden() async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            let mark = Survivors.mark()
            let result = try await bench.run("(setsid sleep \(mark) &); kill -9 $PPID; sleep \(mark)")
            expectEqual(result.status, .lost("one of its processes killed or stopped another's warden"))
            #expect(result.isShellLost)
            #expect(Survivors.of(mark).isEmpty)
            #expect(try await bench.run("kill -9 -1; sleep \(mark)").isShellLost)
            try await expectEqual(bench.run("kill -9 1; kill -STOP 1; echo next").text, "next\n")
        }
    }

    @Test("what ends the jail after a command is noted with the next one, which runs in a fresh shell")
    func between() async throws {
        let hasEnded = Gate(isOpen: false)
        try await JailBench.with(onEnd: { hasEnded.setOpen(true) }) { (bench: JailBench) async throws in
            for _ in 0..<5 {
                _ = try await bench.run("cd /tmp; X=1")
                // It spares the shell, and init, which ends the jail when it misses a warden.
                let first = try await bench.run("kill -9 -1")
                await hasEnded.pass()
                hasEnded.setOpen(false)
                let next = try await bench.run("echo \"[$X]\" $PWD")
                expectEqual(next.text, "[] /workspace\n")
                expectEqual(next.status, .exited(0))
                #expect(next.isShellFresh != first.isShellLost)
                try await expectEqual(bench.run("true").isShellFresh, false)
            }
        }
    }

    @Test("a command that comes while the jail ends is lost, or runs in either shell")
    func ending() async throws {
        let hasEnded = Gate(isOpen: false)
        try await JailBench.with(onEnd: { hasEnded.setOpen(true) }) { (bench: JailBench) async throws in
            for _ in 0..<20 {
                let first = try await bench.run("X=1; kill -9 -1")
                let next = try await bench.run("echo \"[$X]\"")
                if case .lost = next.status {
                    #expect(next.isShellLost)
                } else {
                    expectEqual(next.text, next.isShellFresh || first.isShellLost ? "[]\n" : "[1]\n")
                }
                await hasEnded.pass()
                hasEnded.setOpen(false)
                try await expectEqual(bench.run("echo \"[$X]\"").text, "[]\n")
            }
        }
    }

    @Test("a shell that ends is replaced, and a job in its jail continues")
    func endedShell() async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            _ = try await bench.run("mkfifo end fifo; X=1")
            let text = "echo >end; read x <fifo; echo job"
            let job = Task { try await bench.run(text, .background) }
            _ = try await bench.run("read x <end", .fresh)
            expectEqual(try await bench.run("sleep 1000 & kill -9 $$").status, .shellEnded(137))
            #expect(await bench.shell.leftovers.isEmpty)
            let next = try await bench.run("echo \"[$X]\"")
            expectEqual(next.text, "[]\n")
            expectEqual(next.status, .exited(0))
            _ = try await bench.run("echo >fifo", .fresh)
            try await expectEqual(job.value.text, "job\n")
        }
    }

    @Test("a command that waits for its turn can be stopped, and those behind it still run")
    func waiting() async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            let exit = try await stopOnceReady(
                bench, "echo ready; read x <fifo || mkfifo fifo; read x <fifo", .persistent
            ) { () async throws in
                let waiting = Task { try await bench.run("echo never") }
                waiting.cancel()
                let result = try await waiting.value
                expectEqual(result.status, .stopped)
                expectEqual(result.text, "")
                #expect(!result.isShellLost)
            }
            expectEqual(exit.status, .stopped)
            try await expectEqual(bench.run("echo next").text, "next\n")
        }
    }

    @Test("ending the shell ends everything, and a command starts it again")
    func end() async throws {
        try await JailBench.with { (bench: JailBench) async throws in
            let mark = Survivors.mark()
            _ = try await bench.run(daemons(mark).replacing("wait; sleep \(mark)", with: ""))
            _ = try await Survivors.wait(mark, atLeast: 5)
            await bench.shell.end()
            #expect(Survivors.of(mark).isEmpty)
            try await expectEqual(bench.run("echo next").text, "next\n")
        }
    }
}
