import JSON
import Processes
import TestSupport
import Testing

/// Kills the real program after stored steps of a repair by the rehearsal, restarts it, and resumes the turn.
@Suite("A crash during a repair", .serialized, .timeLimit(.minutes(4)))
struct RepairCrashTests {
    /// Each run of the test leaves a line in a file that is not committed.
    ///
    /// - Parameter commands: What happens with a model's commands.
    static func host(commands: String = "allow") async throws -> HostProcess {
        let directory = try TemporaryDirectory()
        let project = directory.path + "/project"
        try RealGit("/").shell("mkdir -p \(project)")
        try TestFile.write("runs\n", to: project + "/.gitignore")
        try TestFile.write("sum() {\n    echo $(($1 - $2))\n}\n", to: project + "/sum.sh")
        try TestFile.write(". ./sum.sh\necho run >> runs\n[ \"$(sum 2 3)\" = 5 ]\n", to: project + "/test.sh")
        try RealGit(project)("init -q && git add -A && git commit -qm Start")
        return try await HostProcess(
            configuration: """
                gateway: {listen: "127.0.0.1:0"}
                model: {provider: rehearsal}
                approvals: {commands: \(commands), writes: allow}
                repositories: [{name: project, path: "\(project)"}]

                """, directory: directory)
    }

    private static func audit(_ kind: String, _ client: GatewayClient) async throws -> [JSON] {
        let rows = try await client.get("/api/v1/audit?limit=200")["items"]?.arrayValue ?? []
        return rows.filter { $0["kind"]?.stringValue == kind }.compactMap { $0["details"] }
    }

    /// The stored step after which the program ends.
    struct Kill: Sendable, CustomTestStringConvertible {
        let step: Int
        /// The step is the beginning of a call with effects, which then may have run.
        let isInCall: Bool

        var testDescription: String { "after step \(self.step)" }
    }

    private static let kills = [
        // In the first run of the tests, behind it, and after the reading that follows.
        Kill(step: 2, isInCall: true), Kill(step: 3, isInCall: false), Kill(step: 4, isInCall: false),
        // After the second run, in the commit, and after the last answer.
        Kill(step: 7, isInCall: false), Kill(step: 8, isInCall: true), Kill(step: 10, isInCall: false),
    ]

    @Test("nothing is run twice, the thread says what happened, and resume finishes", arguments: Self.kills)
    func killed(_ kill: Kill) async throws {
        let host = try await Self.host()
        try await host.start(fault: "step-stored:\(kill.step)")
        var client = try await host.signIn()
        let thread = try await client.newThread()
        _ = try await client.ended(try await client.send("/repo project", to: thread))
        _ = try? await client.send("Fix the failing test.", to: thread, key: "the-one")
        try await host.waitForEnd()
        try await host.start()
        client = client.moved(to: try #require(host.address))
        let operation = try await client.send("Fix the failing test.", to: thread, key: "the-one")
        try await expectEqual(client.ended(operation)["state"], "interrupted")
        let before = try await client.transcript(of: thread).map(\.text)
        expectEqual(before.count { $0.hasPrefix("Interrupted by a restart of the host") }, 1, "\(before)")
        let resumed = try await client.send("/resume", to: thread)
        try await expectEqual(client.ended(resumed)["state"], "complete")

        let text = try await client.transcript(of: thread).last?.text ?? ""
        let commands = try await Self.audit("command.started", client).count
        let commits = try await Self.audit("commit", client).count
        if kill.isInCall {
            #expect(commands <= 2 && commits == 0, "\(text)")
            #expect(
                text.contains("could not be run: interrupted") || text.contains("tests fail")
                    || text.contains("The commit was interrupted"), "\(text)")
        } else {
            #expect(commands == 2 && commits == 1 && text.contains("passes now"), "\(text)")
            #expect(!text.contains("interrupted"), "\(text)")
        }
        // The test's own record says the same as the audit.
        _ = try await client.ended(try await client.send("/run cat runs 2>/dev/null | wc -l", to: thread))
        let count = try await client.transcript(of: thread).last?.text ?? ""
        #expect(count.contains("```\n\(commands)\n"), "\(count)")
        await expectEqual(host.terminate(), .exited(0))
    }
}
