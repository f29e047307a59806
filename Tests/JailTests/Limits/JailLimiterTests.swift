import EventLoop
import Glibc
import Lifecycle
import Processes
import Sandbox
import TestSupport
import Testing

@testable import Jail

@Suite("Jail: limits", .timeLimit(.minutes(1)), .serialized)
struct JailLimiterTests {
    /// Programs of a jail: a shell that enters the groups, and what it starts.
    private static func start(_ script: String, in group: any JailGroup) async throws -> Process {
        let enter =
            #"count=$1; shift; while [ "$count" -gt 0 ]; do echo 0 >"$1" || exit 99; shift; "#
            + #"count=$((count-1)); done; exec /bin/sh -c "$1""#
        return try await Process.spawn(
            .tied(
                "/bin/sh", ["-c", enter, "sh", "\(group.entryFiles.count)"] + group.entryFiles + [script],
                environment: ["PATH": "/usr/bin:/bin"]))
    }

    private static func isRemoved(_ group: any JailGroup) -> Bool {
        !group.entryFiles.contains { access($0, F_OK) == 0 }
    }

    /// Where the machine has no cgroup v1 that this process may write, a test of it has nothing to do.
    private static let legacy: LegacyGroups? = {
        guard let groups = try? LegacyGroups(.current()) else { return nil }
        return groups.places.allSatisfy { access($0.path, W_OK) == 0 } ? groups : nil
    }()

    /// Where there is no tree of version 2 that this process may write, neither.
    private static let unified = ControlGroupMap.current().unified.flatMap { access($0, W_OK) == 0 ? $0 : nil }

    @Test("the strongest way is tried out, and weaker ones name the reason")
    func strongest() async {
        let choice = await JailLimiters.strongest()
        #expect(["cgroup v2", "cgroup v1", "rlimits"].contains(choice.limiter.name))
        expectEqual(
            choice.shortcomings.count, ["cgroup v2", "cgroup v1", "rlimits"].firstIndex(of: choice.limiter.name))
        for shortcoming in choice.shortcomings {
            #expect(shortcoming.hasPrefix("cgroup v") && !shortcoming.hasSuffix("."))
        }
    }

    @Test("a trial that fails for another reason than the limiter says nothing about it")
    func trial() async {
        let usual = await JailLimiters.strongest()
        let choice = await JailLimiters.strongest { _ async throws(JailFailure) in throw JailFailure("bwrap: no") }
        #expect(usual.failure == nil && choice.failure == JailFailure("bwrap: no"))
        #expect(choice.limiter.name == usual.limiter.name && choice.shortcomings == usual.shortcomings)
    }

    @Test("a limiter whose groups nothing can enter is left out")
    func closed() async throws {
        guard let map = Self.legacy.map({ _ in ControlGroupMap.current() }) else { return }
        var trials = 0
        let choice = await JailLimiters.strongest(
            ControlGroupMap(controllers: map.controllers.mapValues { "\($0)/none" }, unified: nil), moving: 0
        ) { limiter async throws(JailFailure) in
            trials += 1
            _ = try await limiter.prepare("closed", JailLimits())
        }
        #expect(trials == 2 && choice.failure == nil && choice.limiter.name == "rlimits")
        #expect(choice.shortcomings.last?.hasPrefix("cgroup v1: no cgroup v1 for the jail: ") == true)
    }

    @Test("without any control groups the limits of processes remain")
    func nothing() async throws {
        let choice = await JailLimiters.strongest(ControlGroupMap(controllers: [:], unified: nil), moving: 0)
        expectEqual(choice.limiter.name, "rlimits")
        expectEqual(
            choice.shortcomings,
            [
                "cgroup v2: not mounted", "cgroup v1: no memory controller here",
            ])
        let group = try await choice.limiter.prepare("x", JailLimits())
        expectEqual(group.entryFiles, [])
        await #expect(throws: CancellationError.self) {
            try await withThrowingTaskGroup(of: String.self) { tasks in
                tasks.addTask { try await group.waitForExcess() }
                tasks.cancelAll()
                _ = try await tasks.next()
            }
        }
        await group.end()
    }

    @Test("cgroup v1: memory beyond the limit is an event, also for one who asks later")
    func memory() async throws {
        guard let groups = Self.legacy else { return }
        let group = try await groups.prepare("memory", JailLimits(memory: 32 << 20))
        let process = try await Self.start("/usr/bin/python3 -c 'x = bytearray(200 << 20)'; exit 3", in: group)
        try await expectEqual(group.waitForExcess(), "memory")
        try await expectEqual(group.waitForExcess(), "memory")
        try await expectEqual(process.exit(), .exited(3))
        await group.end()
        #expect(Self.isRemoved(group))
    }

    @Test("cgroup v1: the number of processes is limited for the whole jail")
    func processes() async throws {
        guard let groups = Self.legacy else { return }
        let group = try await groups.prepare("processes", JailLimits(processes: 8))
        // The inner shell gives up when it cannot fork.
        let script = "sh -c 'while :; do sleep 600 & done' 2>/dev/null; echo full; exec sleep 600"
        let process = try await Self.start(script, in: group)
        try await expectEqual(process.output.read(), Array("full\n".utf8))
        let file = try #require(group.entryFiles.first { $0.contains("/pids/") })
        // The limit, without the inner shell, which has ended.
        expectEqual(
            ControlGroupFolder(String(file.dropLast("/tasks".count))).members.count,
            7
                + JailLimits.ownProcesses)
        await group.end()
        #expect(Self.isRemoved(group))
    }

    @Test("cgroup v1: end kills processes in sessions of their own")
    func end() async throws {
        guard Self.legacy != nil else { return }
        for hasKill in [true, false] {
            var map = ControlGroupMap.current()
            // Without a freezer, the tree of version 2 is used, if there is one.
            if hasKill {
                map = ControlGroupMap(controllers: map.controllers.filter { $0.key != "freezer" }, unified: map.unified)
            }
            let group = try await LegacyGroups(map).prepare("end-\(hasKill)", JailLimits())
            let script = "for i in 1 2 3 4 5 6; do setsid sh -c 'setsid sleep 600 & sleep 600' & done; echo ready; wait"
            let process = try await Self.start(script, in: group)
            let first = try await process.output.read()
            expectEqual(first, Array("ready\n".utf8))
            await group.end()
            #expect(Self.isRemoved(group))
            try await expectEqual(process.exit(), .killed(SIGKILL))
        }
    }

    @Test("a fork bomb ends")
    func bomb() async throws {
        guard let groups = Self.legacy else { return }
        let group = try await groups.prepare("bomb", JailLimits(processes: 32, processors: 0.25))
        let process = try await Self.start("echo ready; b() { b | b & }; b 2>/dev/null; wait", in: group)
        _ = try await process.output.read()
        await group.end()
        #expect(Self.isRemoved(group))
        // A shell that cannot fork may end by itself.
        _ = try await process.exit()
    }

    @Test(
        "the groups of a dead host are removed with their processes, those of others remain")
    func sweep() async throws {
        guard let places = Self.legacy?.places else { return }
        let place = try #require(places.first)
        let dead = ControlGroupOwner(
            namespace: ControlGroupOwner.current.namespace,
            process: ProcessIdentity(pid: getpid(), startTime: 1, bootID: ProcessIdentity.currentBootID))
        let left = ControlGroupFolder(place.file(dead.name("left")))
        let kept = ControlGroupFolder(place.file(ControlGroupOwner.current.name("kept")))
        try left.make()
        try kept.make()
        let process = try await Process.spawn(.tied("/bin/sleep", ["600"], environment: [:]))
        let id = await process.id
        try left.write("\(id)", to: "cgroup.procs")
        await JailLimiters.sweep([place])
        #expect(!left.has("cgroup.procs") && kept.has("cgroup.procs"))
        try await expectEqual(process.exit(), .killed(SIGKILL))
        try kept.remove()
    }

    @Test("cgroup v2: the process moves to a leaf, and a jail's group is made beside it")
    func delegated() async throws {
        guard let unified = Self.unified else { return }
        let own = ControlGroupFolder("\(unified)/test-\(UInt32.random(in: 0...UInt32.max))")
        try own.make()
        let process = try await Process.spawn(.tied("/bin/sleep", ["600"], environment: [:]))
        let id = await process.id
        try own.write("\(id)", to: "cgroup.procs")
        let map = ControlGroupMap(controllers: [:], unified: own.path)
        let groups = try DelegatedGroups(map, needing: [], moving: id)
        expectEqual(own.members, [])
        let group = try await groups.prepare("delegated", JailLimits())
        let jailed = try await Self.start("setsid sleep 600 & echo ready; wait", in: group)
        _ = try await jailed.output.read()
        await group.end()
        #expect(Self.isRemoved(group))
        try await expectEqual(jailed.exit(), .killed(SIGKILL))
        await process.stop(patience: .zero)
        await ControlGroupEnd.end([ControlGroupFolder(own.file(ControlGroupOwner.current.name("host")))])
        await ControlGroupEnd.end([own])
        #expect(!own.has("cgroup.procs"))
    }

    @Test("cgroup v2: a group that offers too little leaves the process where it was")
    func undelegated() async throws {
        guard let unified = Self.unified else { return }
        let map = ControlGroupMap(controllers: [:], unified: unified)
        #expect(throws: JailFailure("no no-such controller here")) {
            try DelegatedGroups(map, needing: ["no-such"], moving: getpid())
        }
        expectEqual(ControlGroupMap.current().unified, unified)
    }

    @Test("cgroup v2: a change of an event file is reported once it is of interest")
    func events() async throws {
        guard let unified = Self.unified else { return }
        let group = ControlGroupFolder("\(unified)/test-\(UInt32.random(in: 0...UInt32.max))")
        try group.make()
        let process = try await Process.spawn(.tied("/bin/sleep", ["600"], environment: [:]))
        let id = await process.id
        try group.write("\(id)", to: "cgroup.procs")
        let emptied = try await ControlGroupEvent.of("cgroup.events", in: group) { $0.contains("populated 0") }
        await process.stop(patience: .zero)
        try await emptied.wait()
        await ControlGroupEnd.end([group])
    }

    @Test(
        "which texts of memory.events tell that memory ran out",
        arguments: [
            ("low 0\nhigh 3\nmax 12\noom 0\noom_kill 0\n", false), ("max 1\noom 1\noom_kill 0\n", true),
            ("oom 0\noom_kill 2\n", true), ("oom_group_kill 1\n", true), ("", false), ("populated 1\n", false),
        ])
    func memoryEvents(_ text: String, _ isOut: Bool) {
        expectEqual(DelegatedGroups.isOutOfMemory(text), isOut)
    }
}
