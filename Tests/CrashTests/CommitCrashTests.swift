import JSON
import Processes
import TestSupport
import Testing

/// Kills the real program between a commit and its report, and restarts it.
@Suite("A crash between a commit and its report", .serialized, .timeLimit(.minutes(3)))
struct CommitCrashTests {
    /// - Parameter isServed: Whether the repository is a server's, which the host follows with a mirror.
    private static func host(isServed: Bool = false) async throws -> HostProcess {
        let directory = try TemporaryDirectory()
        let project = directory.path + "/project"
        try RealGit("/").shell("mkdir -p \(project)")
        try TestFile.write("sum() {\n    echo $(($1 - $2))\n}\n", to: project + "/sum.sh")
        try TestFile.write(". ./sum.sh\n[ \"$(sum 2 3)\" = 5 ]\n", to: project + "/test.sh")
        try RealGit(project)("init -q && git add -A && git commit -qm Start && git clone -q --bare . ../server.git")
        return try await HostProcess(
            configuration: """
                gateway: {listen: "127.0.0.1:0"}
                model: {provider: rehearsal}
                approvals: {commands: allow, writes: allow}
                repositories: [{name: project, \(isServed ? "remote: \(directory.path)/server.git" : "path: \(project)")}]

                """, directory: directory)
    }

    /// The lines about commits in a thread, once there is one.
    static func commits(in thread: String, _ client: GatewayClient) async throws -> [String] {
        while true {
            let commits = try await client.transcript(of: thread).filter { $0.role == "commit" }.map(\.text)
            if !commits.isEmpty { return commits }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// What commits, and how the commit's subject begins.
    struct Way: Sendable, CustomTestStringConvertible {
        let text: String
        let subject: String
        /// How often it commits in one go.
        var count = 1

        var testDescription: String { self.text }
    }

    private static let ways = [
        Way(text: "/commit Keep the words", subject: "Keep the words"),
        Way(
            text: "/run git add -A; git commit -qm Inside; echo more > other.txt; git add -A; git commit -qm Inside",
            subject: "Inside", count: 2),
        Way(text: "Fix the failing test.", subject: ""),
    ]

    @Test("the thread gets the commit's line at the next start, once, and the audit has it once", arguments: Self.ways)
    func killed(_ way: Way) async throws {
        let host = try await Self.host()
        try await host.start(fault: "commit-made")
        var client = try await host.signIn()
        let thread = try await client.newThread()
        _ = try await client.ended(try await client.send("/run echo words > words.txt", to: thread))
        _ = try? await client.send(way.text, to: thread, key: "the-one")
        try await host.waitForEnd()
        for _ in 0..<2 {
            // The second start finds nothing to report.
            try await host.start()
            client = client.moved(to: try #require(host.address))
            let operation = try await client.send(way.text, to: thread, key: "the-one")
            try await expectEqual(client.ended(operation)["state"], "interrupted")
            let commits = try await client.transcript(of: thread).filter { $0.role == "commit" }.map(\.text)
            expectEqual(commits.count, way.count, "\(commits)")
            #expect(commits.allSatisfy { $0.contains(way.subject) }, "\(commits)")
            let rows = try await client.get("/api/v1/audit?limit=200")["items"]?.arrayValue ?? []
            let recorded = rows.filter { $0["kind"] == "commit" }.compactMap { $0["details"]?["sha"]?.stringValue }
            #expect(recorded.count == way.count && Set(recorded).count == way.count, "\(recorded)")
            let branch = try #require(rows.first { $0["kind"] == "commit" }?["details"]?["branch"]?.stringValue)
            let log = try RealGit(host.directory.path + "/project")("rev-list -n \(way.count) \(branch)")
            expectEqual(Set(log.split(separator: "\n").map(String.init)), Set(recorded))
            await expectEqual(host.terminate(), .exited(0))
        }
    }

    @Test("a commit that only the server knows is reported once the server was asked")
    func served() async throws {
        let host = try await Self.host(isServed: true)
        try await host.start(fault: "commit-made")
        var client = try await host.signIn()
        let thread = try await client.newThread()
        _ = try await client.ended(try await client.send("/run echo words > words.txt", to: thread))
        _ = try? await client.send("/commit Keep the words", to: thread, key: "the-one")
        try await host.waitForEnd()
        // As if the program had been killed before it read the server's answer.
        let mirror = RealGit(host.dataPath + "/mirrors/project.git")
        let branch = try mirror("for-each-ref --format='%(refname)' refs/heads/jetbridge")
        try mirror("update-ref -d '\(branch)'")
        try await host.start()
        client = client.moved(to: try #require(host.address))
        let commits = try await Self.commits(in: thread, client)
        #expect(commits.count == 1 && commits[0].contains("Keep the words"), "\(commits)")
        let rows = try await client.get("/api/v1/audit?limit=200")["items"]?.arrayValue ?? []
        expectEqual(rows.count { $0["kind"] == "commit" }, 1)
        await expectEqual(host.terminate(), .exited(0))
    }

    @Test("a specification's commit is reported at the next start, and not again when its turn is resumed")
    func documents() async throws {
        let host = try await Self.host()
        try await host.start(fault: "commit-made")
        var client = try await host.signIn()
        let thread = try await client.newThread()
        _ = try? await client.send("/specify a login page", to: thread, key: "the-one")
        try await host.waitForEnd()
        try await host.start()
        client = client.moved(to: try #require(host.address))
        let operation = try await client.send("/specify a login page", to: thread, key: "the-one")
        try await expectEqual(client.ended(operation)["state"], "interrupted")
        let commits = try await Self.commits(in: thread, client)
        #expect(commits.count == 1 && commits[0].contains("Specify 001-login-page"), "\(commits)")
        let resumed = try await client.ended(try await client.send("/resume", to: thread))
        #expect(resumed["state"] == "complete" && resumed["commits"]?.arrayValue?.count == 1, "\(resumed.text)")
        try await expectEqual(client.transcript(of: thread).filter { $0.role == "commit" }.map(\.text), commits)
        try expectEqual(RealGit(host.directory.path + "/project")("rev-list --count 001-login-page"), "2")
        await expectEqual(host.terminate(), .exited(0))
    }
}
