import JSON
import Processes
import TestSupport
import Testing

/// One list of tasks, changed from a thread, over the API and by hand with `git push`, while the program is killed.
@Suite("A crash while tasks are changed", .serialized, .timeLimit(.minutes(3)))
struct TaskCrashTests {
    private static let begin = "# Ours  \r\n\n* [ ] T1 One\r\n\n<!-- - [ ] T9 no -->\n"
    private static let end = "\n## Notes\n\n\ttab, blanks  \n- [ ]\n"

    private static func host() async throws -> HostProcess {
        let directory = try TemporaryDirectory()
        let project = directory.path + "/project"
        try RealGit("/").shell("mkdir -p \(project)/docs")
        try TestFile.write(Self.begin + Self.end, to: project + "/docs/TASKS.md")
        try RealGit(project).shell(
            """
            git init -q && git add -A && git commit -qm Start && git clone -q . ../colleague && git switch -q --detach
            """)
        return try await HostProcess(
            configuration: """
                gateway: {listen: "127.0.0.1:0"}
                model: {provider: rehearsal}
                repositories: [{name: project, path: \(project), branch: main}]

                """, directory: directory)
    }

    private static func push(_ number: Int, _ host: HostProcess) throws {
        try RealGit(host.directory.path + "/colleague").shell(
            """
            for i in $(seq 100); do git pull -q --rebase && printf '%s\\n' '- [ ] By hand \(number)' >> docs/TASKS.md &&
            git commit -qam 'hand \(number)' && git push -q 2>/dev/null && exit 0; git reset -q --hard origin/main; done; exit 1
            """)
    }

    private static func text(_ host: HostProcess) throws -> String {
        let text = try RealGit(host.directory.path + "/project").shell("git show main:docs/TASKS.md; echo .")
        return String(text.dropLast())
    }

    @Test("killed between a commit and its report, the commit is reported once, and not made again")
    func reported() async throws {
        let host = try await Self.host()
        try await host.start(fault: "commit-made")
        var client = try await host.signIn()
        let thread = try await client.newThread()
        _ = try? await client.send("/task add From the thread", to: thread, key: "the-one")
        try await host.waitForEnd()
        try Self.push(1, host)
        try await host.start()
        client = client.moved(to: try #require(host.address))
        _ = try await client.ended(try await client.send("/task add From the thread", to: thread, key: "the-one"))
        _ = try await CommitCrashTests.commits(in: thread, client)
        _ = try await client.ended(try await client.send("/resume", to: thread))
        let commits = try await CommitCrashTests.commits(in: thread, client)
        #expect(commits.count == 1 && commits[0].contains("Add task T2: From the thread"), "\(commits)")
        let text = try Self.text(host)
        expectEqual(
            text,
            Self.begin.replacing("One\r\n", with: "One\r\n* [ ] T2 From the thread\r\n") + Self.end
                + "- [ ] By hand 1\n")
        await expectEqual(host.terminate(), .exited(0))
    }

    @Test("what was acknowledged is there after kill -9, once, and no foreign byte has changed")
    func killed() async throws {
        let host = try await Self.host()
        try await host.start()
        let first = try await host.signIn()
        let thread = try await first.newThread()
        var client = first
        var acknowledged: [String] = []
        for round in 0..<2 {
            let current = client
            let names = await withTaskGroup(of: [String].self) { group in
                group.addTask {
                    var names: [String] = []
                    for number in 0..<40 {
                        let name = "API \(round)-\(number)"
                        guard (try? await current.post("/api/v1/tasks", ["text": .string(name)])) != nil else { break }
                        names.append(name)
                    }
                    return names
                }
                group.addTask {
                    var names: [String] = []
                    for number in 0..<20 {
                        let name = "Thread \(round)-\(number)"
                        guard let operation = try? await current.send("/task add \(name)", to: thread),
                            let ended = try? await current.ended(operation), ended["state"] == "complete"
                        else { break }
                        names.append(name)
                    }
                    return names
                }
                group.addTask {
                    for number in 0..<3 { try? Self.push(10 * (round + 1) + number, host) }
                    await host.kill()
                    return []
                }
                return await group.reduce(into: []) { $0 += $1 }
            }
            acknowledged += names
            try await host.start()
            client = client.moved(to: try #require(host.address))
        }
        let text = try Self.text(host)
        #expect(acknowledged.count > 4)
        let lines = text.split(whereSeparator: \.isNewline).map(String.init)
        for name in acknowledged { expectEqual(lines.count { $0.hasSuffix(" \(name)") }, 1, "\(name)") }
        for number in [10, 11, 12, 20, 21, 22] { expectEqual(lines.count { $0 == "- [ ] By hand \(number)" }, 1) }
        #expect(text.hasPrefix(Self.begin.prefix { $0 != "<" }.dropLast(2)) && text.contains(Self.end))
        #expect(text.contains("\n<!-- - [ ] T9 no -->\n"))
        let ids = lines.compactMap { $0.prefixMatch(of: #/[*-] \[ \] (T\d+) /#)?.1 }
        expectEqual(Set(ids).count, ids.count)
        let log = try RealGit(host.directory.path + "/project")("log --format=%an main").split(separator: "\n")
        expectEqual(Set(log).count, 2, "\(Set(log))")
        await expectEqual(host.terminate(), .exited(0))
    }
}
