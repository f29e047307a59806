import JSON
import Processes
import TestSupport
import Testing

@Suite("A host that is killed in the middle of a command", .timeLimit(.minutes(2)))
struct RunCrashTests {
    @Test("no process, mount or control group is left, and the thread says what happened")
    func killed() async throws {
        let mounts = Survivors.mounts
        let scene = try await CommandScene.start()
        let client = try await scene.host.signIn()
        let thread = try await client.newThread()
        let mark = Survivors.mark()
        // In sessions and groups of their own, and one that ignores signals.
        let daemons = "setsid sleep \(mark) & (setsid sh -c 'trap \"\" 1 2 15; sleep \(mark); :' &)"
        let job = try await client.ended(try await client.send("/run sleep \(mark) &", to: thread))
        expectEqual(job["state"]?.stringValue, "complete")
        let operation = try await client.send("/run \(daemons); echo begun; sleep \(mark)", to: thread)
        _ = try await Survivors.wait(mark, atLeast: 5)
        let id = try #require(await scene.host.id)
        await scene.host.kill()
        try await Survivors.waitForNone(mark)
        expectEqual(Survivors.mounts, mounts)

        try await scene.host.start()
        try expectEqual(scene.controlGroups(of: id), "")
        let again = client.moved(to: try #require(scene.host.address))
        try await expectEqual(again.ended(operation)["state"]?.stringValue, "interrupted")
        let texts = try await again.transcript(of: thread).map(\.text)
        #expect(texts.contains { $0.contains("begun") })
        #expect(texts.contains { $0.hasPrefix("Interrupted by a restart of the host: `setsid") }, "\(texts)")
        #expect(texts.contains { $0.hasPrefix("Interrupted by a restart of the host: job `") }, "\(texts)")
        let jobs = try await again.get("/api/v1/threads/\(thread)/jobs")["items"]?.arrayValue ?? []
        #expect(jobs.count == 2 && jobs.allSatisfy { $0["state"]?.stringValue == "interrupted" }, "\(jobs)")
        _ = try await again.ended(try await again.send("/run echo next", to: thread))
        try await expectEqual(again.transcript(of: thread).last?.text.hasPrefix("```\nnext\n```"), true)
        try await expectEqual(scene.host.run(["audit", "verify"]).status, .exited(0))
        await scene.stop()
    }
}
