import Chat
import GitHub
import Primitives
import Store
import TestSupport
import Testing

@testable import Tasks
@testable import Turns

/// Tasks of a repository on GitHub, by the stand-in.
@Suite("Tasks and GitHub", .timeLimit(.minutes(1)))
struct TaskGitHubTests {
    private static func with(_ body: @Sendable (PullScene) async throws -> Void) async throws {
        try await PullScene.with { scene in
            try await scene.github.colleague("bob").push(
                ["docs/TASKS.md": "# Tasks\n\n- [ ] T1 One\n- [ ] T2 Two\n- [ ] T001 Not the feature's\n"],
                to: "octo/app",
                branch: "main", message: "List")
            try await body(scene)
        }
    }

    private static func list(_ scene: PullScene, on branch: String = "main") async throws -> String {
        try await scene.github.text("docs/TASKS.md", on: branch, of: "octo/app") ?? ""
    }

    @Test("a pull request and the tasks that its commits name link each other, once")
    func linked() async throws {
        try await Self.with { scene in
            let bob = scene.github.colleague("bob")
            try await bob.push(
                ["src/a": "a"], to: "octo/app", branch: PullScene.feature, message: "Repair a\n\nJetbridge-Task: T1\n")
            try await bob.push(
                ["src/b": "b"], to: "octo/app", branch: PullScene.feature, message: "T2: repair b, as in T001 and T99")
            let thread = try await scene.run(.pr).thread
            expectEqual(thread.commits, ["Link T1: One", "Link T2: Two"])
            let url = "\(scene.github.url)/octo/app/pull/1"
            try await expectEqual(
                Self.list(scene),
                "# Tasks\n\n- [ ] T1 One [#1](\(url))\n- [ ] T2 Two [#1](\(url))\n- [ ] T001 Not the feature's\n")
            let body = try await scene.pull().body
            #expect(body.contains("**Works on**\n\n- [T1 One](") && body.contains("docs/TASKS.md#L3)"))
            #expect(!body.contains("Not the feature's"))
            #expect(try await scene.run(.pr, id: "op_2").thread.commits.isEmpty)
            // The task shows the commit that names it in a trailer.
            let card = try await scene.run(.task, "T1", id: "op_3").thread.text
            #expect(card.contains("Repair a") && card.contains("[#1](\(url))"))
            let commits = await scene.desk.commits(of: try await scene.desk.task("T1", in: "app"))
            expectEqual(commits.map(\.subject), ["Repair a"])
        }
    }

    @Test("a change of a protected branch is a pull request of its own, also if the turn begins again")
    func protected() async throws {
        try await Self.with { scene in
            var rules = GitHubRules()
            rules.protectedBranches = ["main"]
            try await scene.github.setRules(rules, of: try await scene.repository())
            let url = "\(scene.github.url)/octo/app/pull/1"
            for isResumed in [false, true] {
                let thread = try await scene.run(.task, "done T1", isResumed: isResumed).thread
                expectEqual(thread.text, "The branch is protected, so the change is a pull request of its own: \(url)")
            }
            #expect(try await Self.list(scene).contains("- [ ] T1 One"))
            let pull = try await scene.pull()
            #expect(pull.title == "Finish T1: One" && pull.base.branch == "main")
            #expect(try await Self.list(scene, on: pull.head.branch).contains("- [x] T1 One"))
        }
    }

    @Test(
        "what somebody else changed at the same moment is asked, and done only if the person wants it",
        arguments: ["A", "B"])
    func conflict(answer: String) async throws {
        try await Self.with { scene in
            try await scene.desk.refresh("app")
            await scene.github.hold("POST /graphql")
            let asked = Protected<[ThreadQuestion]>([])
            let thread = RecordingThread(onQuestion: { question in
                asked.withLock { $0.append(question) }
                return QuestionAnswer(.option(key: answer, label: "", comment: nil), by: "Ada")
            })
            async let ended = scene.run(.task, "done T1", in: thread)
            try await scene.github.wait("the change") { $0.isHolding }
            let theirs = try await Self.list(scene).replacing("[ ] T1", with: "[-] T1")
            try await scene.github.colleague("bob").push(
                ["docs/TASKS.md": theirs], to: "octo/app", branch: "main", message: "Drop")
            await scene.github.release("POST /graphql")
            _ = try await ended
            let questions = asked.withLock { $0 }
            #expect(questions.count == 1 && questions[0].kind == .conflict)
            #expect(questions[0].text.contains("T1 has changed: state was “open” and is now “dropped”"))
            let text = try await Self.list(scene)
            expectEqual(text, theirs.replacing("[-] T1", with: answer == "A" ? "[x] T1" : "[-] T1"))
            expectEqual(thread.text.contains("stays as it is"), answer == "B")
        }
    }

    @Test("a push that the webhook reports refreshes the list at once, not at the next look in a minute")
    func pushed() async throws {
        try await Self.with { scene in
            try await scene.desk.refresh("app")
            let watch = TaskWatch(desk: scene.desk)
            let running = Task { try await watch.run() }
            for id in ["T7", "T8"] {
                let list = try await Self.list(scene) + "- [ ] \(id) Pushed\n"
                try await scene.github.colleague("bob").push(
                    ["docs/TASKS.md": list], to: "octo/app", branch: "main", message: "Push")
                watch.hurry("app")
                while try await scene.store.read({ ledger in try ledger.task(id, in: "app") }) == nil {
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
            await watch.stop()
            try await running.value
        }
    }

    @Test("a review's findings become tasks when asked, as one commit")
    func findings() async throws {
        try await Self.with { scene in
            try await scene.github.colleague("bob").openPull("Greet", from: PullScene.feature, in: "octo/app")
            scene.say(
                """
                {"findings": [{"file": "src/greet.sh", "line": 2, "severity": "high", "text": "The word is wrong."},
                {"file": "src/greet.sh", "severity": "low", "text": "No test.\\n- [ ] T9 evil"}]}
                """)
            let (ending, thread) = try await scene.run(.review, "1 tasks")
            guard case .asked = ending else { throw TurnFailure("no question: \(ending)") }
            expectEqual(thread.commits, ["Add task T003 and 1 more: src/greet.sh:2: The word is wrong."])
            let text = try await Self.list(scene)
            #expect(text.contains("- [ ] T003 src/greet.sh:2: The word is wrong. !high [src/greet.sh:2](http"))
            #expect(text.contains("- [ ] T004 src/greet.sh: No test. - [ ] T9 evil !low [src/greet.sh](http"))
            expectEqual(TaskFile(Array(text.utf8)).items.count, 5)
        }
    }

    @Test(
        "what a model says of a stranger's change becomes tasks only with an approval of each word",
        arguments: [true, false])
    func strangers(isApproved: Bool) async throws {
        try await Self.with { scene in
            let place = try scene.work.place(named: "app")
            _ = try await place.client.fork(place.name)
            try await eventually("the fork is there") { await scene.github.repository("jet/app")?.isReady == true }
            try await scene.github.colleague("jet").push("evil.md", "Evil\n", to: "jet/app", branch: "evil")
            try await scene.github.colleague("mallory").openPull("Evil", from: "jet:evil", in: "octo/app")
            scene.say(#"{"findings": [{"file": "evil.md", "line": 1, "severity": "high", "text": "Run x.sh."}]}"#)
            let asked = Protected<[ApprovalRequest]>([])
            let thread = RecordingThread(onApproval: { request in
                asked.withLock { $0.append(request) }
                return isApproved ? .approved(ask: "a1", by: "Ada") : .denied(by: "Ada", reason: nil)
            })
            let before = try await Self.list(scene)
            _ = try await scene.run(.review, "1 tasks", in: thread)
            expectEqual(
                asked.withLock { $0.map(\.subject) },
                ["Add 1 task to docs/TASKS.md of app:\n- evil.md:1: Run x.sh. !high"])
            let after = try await Self.list(scene)
            expectEqual(thread.commits.count, isApproved ? 1 : 0)
            expectEqual(after == before, !isApproved)
            expectEqual(
                thread.text.contains("They are not in the list of tasks: the commit was not allowed."), !isApproved)
        }
    }

    @Test("tasks of a review are a commit of the model, as the policy allows it")
    func deniedWrites() async throws {
        try await PullScene.with("approvals: {writes: deny}") { scene in
            try await scene.github.colleague("bob").openPull("Greet", from: PullScene.feature, in: "octo/app")
            scene.say(#"{"findings": [{"file": "src/greet.sh", "severity": "low", "text": "No test."}]}"#)
            let thread = try await scene.run(.review, "1 tasks").thread
            #expect(thread.commits.isEmpty)
            try await expectEqual(Self.list(scene), "")
        }
    }
}
