import EventLoop
import JSON
import Processes
import TestSupport
import Testing

/// One list of tasks in a repository on a server, worked on from everywhere.
@Suite("One list of tasks", .timeLimit(.minutes(2)))
struct OneListTests {
    private static let list = """
        # Tasks\\n\\nMixed line ends stay.\\r\\n\\n<!--\\n- [ ] T2 no task\\n-->\\n\\n- [ ] T1 One\\n- [ ] T2 Two @eve #web\\n\
        * [ ] Three\\r\\n- [ ] T4 Four\\n- [ ] T5 Five\\n\\nA byte: \\377, and no newline
        """
    private static let result = """
        # Tasks\\n\\nMixed line ends stay.\\r\\n\\n<!--\\n- [ ] T4 no task\\r\\n-->\\n\\n- [x] T1 One @ada0\\n\
        - [ ] T2 Two @eve #web\\n  - note (grace, DATE): 100%% by hand\\n* [x] T7 Three\\r\\n- [-] T4 Four\\n- [~] T5 Five\\n\
        - [~] T6 Six @ada #web\\n- [~] T8 Eight\\n\\nA byte: \\377, and no newline
        """

    @Test(
        "Slack, IRC, the board, the command line and an editor: each change is one commit of its author, no other byte changes"
    )
    func everybody() async throws {
        let (slack, irc) = (try await ServedSlack(), try await ServedIRC(conversations: 1))
        let directory = try TemporaryDirectory()
        let editor = RealGit(directory.path + "/editor")
        try RealGit(directory.path).shell(
            """
            git init -q --bare team.git && git clone -q team.git editor && cd editor && mkdir docs &&
            printf '\(Self.list)' > docs/TASKS.md && git add . && git commit -qm 'The list' && git push -q origin HEAD:main
            """)
        let host = try await HostProcess(
            configuration: """
                gateway: {listen: "127.0.0.1:0"}
                repositories: [{name: team, remote: "\(directory.path)/team.git"}]
                access: {owners: [\((slack.owners + irc.owners).map { "\"\($0)\"" }.joined(separator: ", "))]}
                adapters:
                \(slack.entry)
                \(irc.entry)

                """)
        try await host.start(environment: slack.environment)
        try await slack.meet(host)
        try await irc.meet(host)

        try await slack.say("task add Six #web", in: 1)
        try await slack.wait(in: 1, for: "a commit") { $0.contains { $0.contains("Add task T6: Six") } }
        @Sendable func posted(_ slack: LoopbackSlack) -> LoopbackSlack.Shown? {
            slack.history().last { $0.buttons.contains { $0.label == "Start" } }
        }
        try await slack.slack.wait("a button") { posted($0) != nil }
        _ = slack.slack.press("Start", of: try #require(posted(slack.slack)?.ts))
        try await slack.wait(in: 1, for: "a start") { $0.contains { $0.contains("Start T6") } }

        let grace = slack.environment.merging(["USER": "grace"]) { $1 }
        func tasks(_ words: String...) async throws -> Process.Result {
            try await host.run(["tasks"] + words + ["--json"], environment: grace)
        }
        let rows = try JSON.parse(try await tasks("list").output).arrayValue ?? []
        let three = try #require(rows.first { $0["text"] == "Three" }?["id"]?.stringValue)
        try await irc.say("!task claim T1", in: 0)
        try await irc.wait(in: 0, for: "a claim") { $0.contains { $0.contains("Assign T1 to ada0") } }
        try await irc.say("!task done \(three)", in: 0)
        try await irc.wait(in: 0, for: "an end") { $0.contains { $0.contains("Finish T7: Three") } }

        // Without a host for a while, in which somebody pushes.
        try await expectEqual(tasks("drop", "T4", "--offline").status, .exited(0))
        try await expectEqual(tasks("note", "T2", "100% by hand", "--offline").status, .exited(0))
        try editor.shell(
            """
            git pull -q origin main && sed -i 's/^- \\[ \\] T4 Four/- [~] T4 Four/; s/T2 no task/T4 no task\\r/' docs/TASKS.md &&
            git commit -qam 'By hand' && git push -q origin HEAD:main
            """)
        let conflict = try await tasks("sync")
        expectEqual(conflict.status, .exited(1), "\(conflict.text)")
        let fields = try JSON.parse(conflict.output)["conflicts"]?.arrayValue?.first?["fields"]
        expectEqual(fields, [["field": "state", "base": "open", "theirs": "started", "ours": "dropped"]])
        try await expectEqual(tasks("sync", "--ours").status, .exited(0))

        try await board(host, irc)
        try editor("fetch -q")
        let date = try editor("log -1 --format=%cd --date=format:%Y-%m-%d --grep 'Note on' origin/main")
        let wanted = Self.result.replacing("DATE", with: date)
        try expectEqual(
            editor.shell("git show origin/main:docs/TASKS.md > is; printf '\(wanted)' > wanted; cmp is wanted"), "")
        try expectEqual(
            editor("log --reverse --format='%an: %s' origin/main").split(separator: "\n").map(String.init),
            [
                "Tester: The list", "alice: Add task T6: Six", "alice: Start T6: Six", "ada0: Assign T1 to ada0: One",
                "ada0: Finish T7: Three", "Tester: By hand", "grace: Note on T2: Two", "grace: Drop T4: Four",
                "Ada: Start T5: Five", "Ada: Finish T1: One", "Ada: Assign T6 to ada: Six", "ada0: Add task T8: Eight",
                "ada0: Start T8: Eight",
            ])
        // One person has one address, however many commands they run.
        try expectEqual(editor.shell("git log --author=grace --format=%ae origin/main | sort -u | wc -l"), "1")
        await expectEqual(host.terminate(), .exited(0))
        await slack.stop()
        await irc.stop()
    }

    /// Works on the board in Chromium, and beside it on IRC.
    @Net private func board(_ host: HostProcess, _ irc: ServedIRC) async throws {
        let address = "http://\(try #require(host.address))"
        let script = try Process.spawn(
            PythonClients.models.plan(
                script: "Tests/EndToEndTests/browser/onelist.py",
                [address, try #require(host.code), host.directory.path + "/screenshots"]))
        var said = ""
        while let bytes = try await script.output.read() {
            let wasReady = said.contains("ready")
            said += String(decoding: bytes, as: UTF8.self)
            guard !wasReady, said.contains("ready") else { continue }
            try await irc.say("!task add Eight", in: 0)
            try await irc.wait(in: 0, for: "a task") { $0.contains { $0.contains("Add task T8") } }
            try await irc.say("!task start T8", in: 0)
        }
        try await expectEqual(script.exit(), .exited(0), "\(said)")
        try await irc.wait(in: 0, for: "a start") { $0.contains { $0.contains("Start T8") } }
    }
}
