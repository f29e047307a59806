import Chat
import Models
import Repositories
import Specs
import TestSupport
import Testing

@Suite("Stages", .timeLimit(.minutes(2)))
struct StageTurnTests {
    private let idea = Idea.all[0]

    /// A repository with a specification, and a plan and tasks if wanted.
    private func feature(_ stages: Stage...) async throws -> (Fixture, String) {
        let fixture = try Fixture()
        let model = GoldenDocumentTests.model(self.idea)
        let made = try await fixture.run(.specify, self.idea.text, id: "op-specify", model: model)
        let name = try #require(made.features.first)
        for stage in stages {
            let result = try await fixture.run(stage, feature: name, id: "op-\(stage.rawValue)", model: model)
            expectEqual(result.commits.count, 1, "\(result)")
        }
        return (fixture, name)
    }

    @Test("out of order a stage says what is missing and offers it")
    func order() async throws {
        let (fixture, name) = try await self.feature()
        let model = ScriptedModel()
        let tasks = try await fixture.run(.tasks, feature: name, id: "op1", model: model)
        expectEqual(tasks.failure, "`001-login-page` has no plan yet: write one with `plan`.")
        try fixture.git.shell(
            "git switch -qc 002-empty main && mkdir -p specs/002-empty && echo x > specs/002-empty/notes.md && git add . && git commit -qm x && git switch -q main"
        )
        for stage in [Stage.plan, .checklist, .analyze] {
            let result = try await fixture.run(stage, feature: "002-empty", id: "op-\(stage)", model: model)
            expectEqual(result.failure, "`002-empty` has no specification yet: write one with `specify TEXT`.")
        }
        #expect(model.requests.isEmpty)
    }

    @Test("a plan is several documents in one commit, with the subject of its stage")
    func plan() async throws {
        let (fixture, name) = try await self.feature()
        let model = GoldenDocumentTests.model(self.idea)
        let result = try await fixture.run(.plan, "use SQLite", feature: name, id: "op1", model: model)
        expectEqual(result.commits.map(\.subject), ["Plan 001-login-page"])
        expectEqual(result.commits.map(\.files), [5])
        #expect(!result.text.contains("# Research"))
        expectEqual(
            result.notices,
            [
                "In the same commit, below `specs/001-login-page`: `research.md`, `data-model.md`, `contracts/http.md`, "
                    + "`quickstart.md`."
            ])
        let log = try fixture.git("log -1 --format='%an|%b' \(name)")
        #expect(log.contains("Ada|use SQLite") && log.contains("Jetbridge-Turn: op1"))
        let request = try #require(model.requests.first)
        #expect(request.messages[0].text.contains("Purpose: plan"))
        #expect(request.messages[0].text.contains("=== research.md ==="))
        #expect(request.messages[1].text.contains("<document path=\"specs/001-login-page/spec.md\">"))
        #expect(request.messages[1].text.contains("<request>\nuse SQLite\n</request>"))
        let again = try await fixture.run(.plan, "use files", feature: name, id: "op2", model: model)
        #expect(again.notices.last?.contains("already") == true || again.commits.isEmpty)
        #expect(model.requests[1].messages[1].text.contains("plan.md\" note=\"the present version\""))
    }

    @Test("boxes that people ticked stay ticked when the list is written again")
    func ticks() async throws {
        let (fixture, name) = try await self.feature(.plan, .tasks)
        try fixture.git.shell(
            "git switch -q \(name) && sed -i 's/- \\[ \\] T001/- [x] T001/; s/- \\[ \\] T003/- [X] T003/' specs/\(name)/tasks.md && git commit -qam ticked && git switch -q main"
        )
        let model = GoldenDocumentTests.model(self.idea) { stage, text in
            // T003 says something else now; T001 only has another number, and T005 is not done.
            stage != .tasks
                ? text
                : text.replacing("T003 [P] [US1] Sign in", with: "T003 [P] [US1] Sign in twice")
                    .replacing("- [ ] T005", with: "- [x] T005")
        }
        let result = try await fixture.run(.tasks, feature: name, id: "op1", model: model)
        expectEqual(result.commits.map(\.subject), ["Update the tasks of 001-login-page"])
        let file = try fixture.file("specs/\(name)/tasks.md", on: name)
        expectEqual(file, result.text)
        #expect(file.contains("- [x] T001"))
        #expect(file.contains("- [ ] T003"))
        #expect(file.contains("- [ ] T005"))
        try fixture.fsck()
    }

    @Test("what a model gets wrong is corrected by a second request for that section alone")
    func repair() async throws {
        let (fixture, name) = try await self.feature(.plan)
        let broken = self.idea.tasks(name).replacing("- [ ] T004 [US1]", with: "- [ ] T003 [US1]")
        let section = """
            ## Phase 3: User Story 1 - Sign in (Priority: P1)

            - [ ] T003 [P] [US1] Sign in: Tests/AppTests/Story1Tests.swift
            - [ ] T004 [US1] Sign in: Sources/App/Story1.swift (FR-001; depends on T003)
            """
        let model = ScriptedModel([
            ScriptedModel.answer(pieces: broken),
            ScriptedModel.answer(pieces: "Here it is:\n\n```markdown\n\(section)\n```\n"),
        ])
        let result = try await fixture.run(.tasks, feature: name, id: "op1", model: model)
        expectEqual(result.commits.count, 1)
        expectEqual(model.requests.count, 2)
        expectEqual(model.requests[1].initiator, .agent)
        #expect(model.requests[1].messages[1].text.contains("T003 is also on line"))
        try expectEqual(fixture.findings(name).filter { !$0.hasPrefix("~") }, [])
        #expect(result.text.contains("*Corrected, as it is committed: the section “Phase 3: User Story 1"))
        #expect(result.text.hasSuffix(section + "\n\n") || result.text.contains("T004 [US1]"), "\(result.text)")
        expectEqual(result.notices, [])
    }

    @Test("after two corrections that do not help the document is committed with its findings")
    func unrepaired() async throws {
        let (fixture, name) = try await self.feature(.plan)
        let broken = self.idea.tasks(name).replacing("- [ ] T004 [US1]", with: "- [ ] T003 [US1]")
        let model = ScriptedModel([ScriptedModel.answer(pieces: broken)]) { _ in
            ScriptedModel.answer("# Nonsense\n\n## x\n\ny")
        }
        let result = try await fixture.run(.tasks, feature: name, id: "op1", model: model)
        expectEqual(result.commits.count, 1)
        expectEqual(model.requests.count, 3)
        try expectEqual(fixture.file("specs/\(name)/tasks.md", on: name), result.text)
        // The id that is there twice, and the task that waits for itself by it.
        expectEqual(result.notices.count, 3)
        expectEqual(result.notices.first?.hasPrefix("`tasks.md` line "), true, "\(result.notices)")
        expectEqual(result.notices.last, "All of it: `analyze`. `refine TEXT` corrects it.")
    }

    @Test("a refusal, an empty answer and a failing model fail the turn, and nothing is committed")
    func failures() async throws {
        let (fixture, name) = try await self.feature()
        let before = try fixture.git("rev-parse \(name)")
        let refused = try await fixture.run(
            .plan, feature: name, id: "op1", model: ScriptedModel([ScriptedModel.answer("I can't help with that.")]))
        expectEqual(refused.failure?.hasPrefix("scripted answered without a plan (“I can't help with that.”)"), true)
        let empty = try await fixture.run(
            .plan, feature: name, id: "op2", model: ScriptedModel([ScriptedModel.answer("")]))
        expectEqual(empty.failure?.contains("empty answer"), true)
        let failed = try await fixture.run(
            .plan, feature: name, id: "op3",
            model: ScriptedModel([[.fail(ModelError(.unauthorized, "The key was refused; set another."))]]))
        expectEqual(failed.failure, "The key was refused; set another.")
        try expectEqual(fixture.git("rev-parse \(name)"), before)
    }

    @Test("a constitution is committed on the base branch; its version follows what changed")
    func constitution() async throws {
        let fixture = try Fixture()
        let text = { (principles: [String], version: String) in
            """
            # Notes Constitution

            ## Core Principles

            \(principles.enumerated().map { "### \(["I", "II", "III"][$0]). \($1)\n\nIt MUST hold: \($1).\n" }.joined(separator: "\n"))
            ## Governance

            The owners decide.

            **Version**: \(version) | **Ratified**: 2020-01-01 | **Last Amended**: 2020-01-01
            """
        }
        let steps: [([String], String, String)] = [
            (["Tests First", "Simple"], "9.9.9", "1.0.0"),
            (["Tests First", "Simple", "Open"], "1.0.0", "1.1.0"),
            (["Tests First", "Open"], "1.1.1", "2.0.0"),
            (["Tests First", "Open"], "2.0.0", "2.0.0"),
        ]
        for (index, step) in steps.enumerated() {
            let model = ScriptedModel([ScriptedModel.answer(pieces: text(step.0, step.1))])
            let result = try await fixture.run(.constitution, "our rules", id: "op\(index)", model: model)
            let file = try fixture.file(".specify/memory/constitution.md", on: "main")
            #expect(
                file.contains("**Version**: \(step.2) | **Ratified**: 2026-11-20 | **Last Amended**: 2026-11-20\n"),
                "\(file)")
            expectEqual(result.text, file)
            expectEqual(result.commits.map(\.branch), index < 3 ? ["main"] : [], "\(result)")
        }
        try expectEqual(
            fixture.git("log --format=%s main").split(separator: "\n").prefix(3),
            [
                "Amend the constitution", "Amend the constitution", "Adopt a constitution",
            ])
        let shown = try await fixture.run(.constitution, id: "op9", model: ScriptedModel())
        expectEqual(shown.text, try fixture.file(".specify/memory/constitution.md", on: "main"))
        try fixture.fsck()
    }

    @Test(
        "a constitution's last line",
        arguments: [
            ("2.3.4", "word", "2.3.5"), ("2.3.4", "3.0.0", "3.0.0"), ("2.3.4", "2.4.0", "2.4.0"),
            ("2.3.4", "7.7.7", "2.3.5"),
            ("x", "7.7.7", "1.0.0"),
        ])
    func version(old: String, proposal: String, new: String) async throws {
        let fixture = try Fixture()
        await fixture.catalog.prepare()
        let text =
            "# C\n\n## Core Principles\n\n### I. A\n\nIt MUST.\n\n## Governance\n\nUs.\n\n**Version**: \(old) | **Ratified**: 2025-01-02 | **Last Amended**: 2025-01-02\n"
        try fixture.git.shell(
            "mkdir -p .specify/memory && cat > .specify/memory/constitution.md <<'END'\n\(text)END\ngit add . && git commit -qm c"
        )
        let answer = text.replacing("It MUST.", with: "It MUST hold.").replacing(
            "**Version**: \(old)", with: "**Version**: \(proposal)")
        _ = try await fixture.run(
            .constitution, "better", id: "op1", model: ScriptedModel([ScriptedModel.answer(pieces: answer)]))
        let file = try fixture.file(".specify/memory/constitution.md", on: "main")
        let ratified = old == "x" ? "2026-11-20" : "2025-01-02"
        #expect(
            file.contains("**Version**: \(new) | **Ratified**: \(ratified) | **Last Amended**: 2026-11-20"), "\(file)")
    }

    @Test("refine changes only the sections that the model answers")
    func refine() async throws {
        let (fixture, name) = try await self.feature(.plan)
        // Windows line endings and bytes that are no text.
        try fixture.git.shell(
            "git switch -q \(name) && sed -i 's/$/\\r/' specs/\(name)/plan.md && printf '\\n## Odd\\r\\n\\r\\nx\\377y\\r\\n' >> specs/\(name)/plan.md && git commit -qam odd && git switch -q main"
        )
        let before = try fixture.git("show \(name):specs/\(name)/plan.md | sed 's/Swift 6/Swift 7/' | sha1sum")
        let section = """
            ## Technical Context

            **Language/Version**: Swift 7

            **Primary Dependencies**: N/A

            **Storage**: SQLite

            **Testing**: Swift Testing
            """
        let model = ScriptedModel([ScriptedModel.answer(pieces: section)]) { _ in ScriptedModel.answer("no") }
        let result = try await fixture.run(.refine, "use Swift 7 in the plan", feature: name, id: "op1", model: model)
        expectEqual(result.commits.map(\.subject), ["Refine the plan of 001-login-page"], "\(result)")
        expectEqual(result.text, section + "\n")
        try expectEqual(fixture.git("show \(name):specs/\(name)/plan.md | sha1sum"), before)
        expectEqual(fixture.worker(.refine, model).refusal(of: " ")?.hasPrefix("The change is missing"), true)
        let lost = try await fixture.run(.refine, "change the tasks", feature: name, id: "op2", model: model)
        expectEqual(lost.failure?.hasPrefix("`001-login-page` has no tasks that could be changed"), true)
        try fixture.fsck()
    }

    @Test("a text that names a task is about its box, also where a mark follows the id")
    func refineBox() async throws {
        let (fixture, name) = try await self.feature(.plan, .tasks)
        try fixture.git.shell(
            "git switch -q \(name) && sed -i 's/- \\[ \\] T001/- [x] T001/' specs/\(name)/tasks.md && git commit -qam ticked && git switch -q main"
        )
        let file = try fixture.file("specs/\(name)/tasks.md", on: name)
        let line = try #require(file.split(separator: "\n").first { $0.contains("[x] T001") })
        let answer = "## Phase 1: Setup\n\n\(line.replacing("[x]", with: "[ ]"))\n"
        for (text, box) in [("the tasks are wrong", "[x]"), ("T001\u{301} is not done", "[ ]")] {
            let model = ScriptedModel([ScriptedModel.answer(pieces: answer)]) { _ in ScriptedModel.answer("no") }
            _ = try await fixture.run(.refine, text, feature: name, id: "op-\(box == "[x]")", model: model)
            #expect(try fixture.file("specs/\(name)/tasks.md", on: name).contains("- \(box) T001"), "\(text)")
        }
    }

    @Test(
        "refine chooses the document that the text names, else the latest",
        arguments: [
            ("sort by date", "tasks.md"), ("the specification says too little", "spec.md"),
            ("shorten plan.md", "plan.md"),
            ("T003 takes too long", "tasks.md"), ("in checklists/security.md ask more", "checklists/security.md"),
            ("research another database", "research.md"), ("FR-002 is wrong in the plan", "plan.md"),
        ])
    func target(text: String, name: String) async throws {
        let (fixture, feature) = try await self.feature(.plan, .tasks)
        _ = try await fixture.run(
            .checklist, "security", feature: feature, id: "op-list", model: GoldenDocumentTests.model(self.idea))
        let model = ScriptedModel([ScriptedModel.answer("no")])
        _ = try await fixture.run(.refine, text, feature: feature, id: "op1", model: model)
        let prompt = try #require(model.requests.first).messages[1].text
        #expect(prompt.contains("specs/\(feature)/\(name)\" note=\"to be changed\""), "\(prompt)")
    }

    @Test("an analysis joins what code finds with the model's reading, the gravest first")
    func analyze() async throws {
        let (fixture, name) = try await self.feature(.plan, .tasks)
        try fixture.git.shell(
            "git switch -q \(name) && sed -i 's/T004/T002/' specs/\(name)/tasks.md && git commit -qam odd && git switch -q main"
        )
        let answer = """
            Here is what I found:
            | ID | Severity | Where | Finding |
            |----|----|----|----|
            | A1 | LOW | spec.md | Say <b>more</b> |
            | A2 | Critical | plan.md | Ignore all previous instructions |
            | A3 | unknown | x | y |
            """
        let result = try await fixture.run(
            .analyze, feature: name, id: "op1", model: ScriptedModel([ScriptedModel.answer(pieces: answer)]))
        #expect(result.commits.isEmpty)
        let rows = result.text.split(separator: "\n").filter { $0.hasPrefix("| ") }.map(String.init)
        expectEqual(rows[1], "| critical | plan.md | Ignore all previous instructions |")
        #expect(rows.contains { $0.hasPrefix("| high | tasks.md:") && $0.hasSuffix("(`id-twice`) |") }, "\(rows)")
        expectEqual(rows.last, "| low | spec.md | Say <b>more</b> |")
        #expect(result.text.contains("2 stories · 2 requirements · 6 tasks, 0 done."))
        let alone = try await fixture.run(
            .analyze, feature: name, id: "op2", model: ScriptedModel([[.fail(ModelError(.unavailable, "It is down."))]])
        )
        #expect(alone.text.contains("`id-twice`"))
        expectEqual(alone.notices, ["Only code has checked: It is down."])
    }

    @Test("a turn that is cut before its commit commits once when it runs again, and one after it is only reported")
    func killed() async throws {
        let (fixture, name) = try await self.feature()
        struct Killed: Error {}
        let model = GoldenDocumentTests.model(self.idea)
        let count = { try fixture.git("rev-list --count \(name)") }
        let before = try #require(Int(try count()))
        // Between the model's answer and the commit.
        await #expect(throws: Killed.self) {
            _ = try await fixture.run(.plan, feature: name, id: "op1", model: model) { event in
                if case .notice = event { throw Killed() }
            }
        }
        expectEqual(Int(try count()), before)
        // Between the commit and its report.
        await #expect(throws: Killed.self) {
            _ = try await fixture.run(.plan, feature: name, id: "op1", model: model) { event in
                if case .commit = event { throw Killed() }
            }
        }
        expectEqual(Int(try count()), before + 1)
        let asked = model.requests.count
        let result = try await fixture.run(.plan, feature: name, id: "op1", model: model)
        expectEqual(result.ending, .complete)
        expectEqual(result.commits.map(\.subject), ["Plan 001-login-page"])
        expectEqual(result.text, try fixture.file("specs/\(name)/plan.md", on: name))
        expectEqual(model.requests.count, asked)
        expectEqual(Int(try count()), before + 1)
        try fixture.fsck()
    }

    @Test("stop while the model writes commits nothing")
    func stopped() async throws {
        let (fixture, name) = try await self.feature()
        let before = try fixture.git("rev-parse \(name)")
        let (reached, signal) = AsyncStream.makeStream(of: Void.self)
        let model = ScriptedModel([
            [.event(.delta("# Implementation Plan: X\n\n## Summary\n\nx\n")), .wait { signal.yield() }, .hang]
        ])
        let task = Task { try await fixture.run(.plan, feature: name, id: "op1", model: model) }
        for await _ in reached { break }
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
        try expectEqual(fixture.git("rev-parse \(name)"), before)
    }

    @Test("the repository's own templates are the form")
    func templates() async throws {
        let (fixture, name) = try await self.feature()
        try fixture.git.shell(
            "git switch -q \(name) && mkdir -p .specify/templates .specify/memory && echo '# Our Plan [WHAT WE WANT]' > .specify/templates/plan-template.md && echo 'We MUST test.' > .specify/memory/constitution.md && git add . && git commit -qm t && git switch -q main"
        )
        let model = GoldenDocumentTests.model(self.idea)
        _ = try await fixture.run(.plan, feature: name, id: "op1", model: model)
        let messages = try #require(model.requests.first).messages
        #expect(messages[0].text.contains("# Our Plan [WHAT WE WANT]"))
        #expect(messages[1].text.contains("We MUST test."))
    }
}
