import JSON
import Processes
import TestSupport
import Testing

@Suite("sessions archive", .timeLimit(.minutes(2)))
struct ArchiveCommandTests {
    @Test("a session's workspace is in its archive, whether or not a host serves; a running job refuses it")
    func workspace() async throws {
        let directory = try TemporaryDirectory()
        let shell = RealGit(directory.path)
        let host = try await HostProcess(
            configuration: """
                gateway: {listen: "127.0.0.1:0"}
                repositories: [{name: notes, path: notes}]
                default_repository: notes
                archive: {directory: \(directory.path)/kept}
                """)
        let first = try JSON.parse(
            try await host.run(["run", "--json", "echo one > new.txt"]).output)
        let thread = try #require(first["thread_id"]?.stringValue)
        expectEqual(first["exit"], 0, "\(first)")
        for isServing in [false, true] {
            if isServing { try await host.start() }
            let change = try await host.run(["run", "--thread", thread, "echo two \(isServing) >> new.txt"])
            expectEqual(change.status, .exited(0), "\(change.errorText)")
            let result = try await host.run(["sessions", "archive", thread, "--json"])
            expectEqual(result.status, .exited(0), "\(result.errorText)")
            let archive = try JSON.parse(result.output)["archive"]
            let place = try #require(archive?["place"]?.stringValue)
            try shell.shell("rm -rf out && mkdir out && tar -xzf '\(place)' -C out")
            try expectEqual(
                shell.shell("ls out"), "repository.bundle\nsession.json\ntranscript.jsonl\nworkspace\nworkspace.json")
            try shell.shell("git clone -q out/repository.bundle out/clone")
            try expectEqual(shell.shell("git -C out/clone log --format=%s"), "Begin the repository")
            try expectEqual(
                shell.shell("cat out/workspace/new.txt"), isServing ? "one\ntwo false\ntwo true" : "one\ntwo false")
        }
        _ = try await host.run(["run", "--thread", thread, "sleep 1000 &"])
        let refused = try await host.run(["sessions", "archive", thread])
        expectEqual(refused.status, .exited(1))
        #expect(refused.errorText.contains("a command runs in '\(thread)'"), "\(refused.errorText)")
        await expectEqual(host.terminate(), .exited(0))
    }
}
