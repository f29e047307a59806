import Chat
import Git
import JSON
import Primitives
import Repositories
import Schemas
import Specs
import TestSupport
import Testing

@Suite("the command spec", .timeLimit(.minutes(1))) struct SpecTurnTests {
    private func run(_ fixture: Fixture, _ text: String = "", feature: String? = nil) async throws -> Fixture.Result {
        let worker = SpecTurn(catalog: fixture.catalog, pages: RepositoryPages(viewer: "http://host"))
        let events = Protected<[TurnEvent]>([])
        var result = Fixture.Result()
        do {
            result.ending = try await worker.run(fixture.request(feature, text: text)) { event in
                events.withLock { $0.append(event) }
            }
        } catch let error as TurnFailure {
            result.failure = error.message
        }
        result.events = events.withLock { $0 }
        return result
    }

    @Test("without a feature it says how to begin, or which there are")
    func none() async throws {
        let fixture = try Fixture()
        await fixture.catalog.prepare()
        try await expectEqual(self.run(fixture).text, "`notes` has no feature yet: describe one with `specify TEXT`.")
        _ = try await fixture.run("a login page")
        _ = try await fixture.run("a search page", id: "op2")
        let result = try await self.run(fixture)
        #expect(result.ending == .complete && result.events.count == 1)
        expectEqual(
            result.text,
            "This thread has not chosen a feature of `notes`. There are `002-search-page`, `001-login-page`: "
                + "choose one as in `spec 002`, or begin another with `specify TEXT`.")
    }

    @Test("the only feature is shown and chosen; its links lead to its branch")
    func only() async throws {
        let fixture = try Fixture()
        let commit = try #require(try await fixture.run("a login page").commits.first)
        let result = try await self.run(fixture)
        expectEqual(result.events.first, .feature("001-login-page"))
        let lines = result.text.split(separator: "\n").map(String.init)
        expectEqual(lines.first, "**Login Page** · `001-login-page` on branch `001-login-page` of `notes`")
        #expect(
            lines.contains(
                "- `specify`: done · [spec.md](http://host/r/notes/blob/001-login-page/specs/001-login-page/spec.md) "
                    + "`\(commit.sha.prefix(7))`"), "\(result.text)")
        #expect(lines.contains("- `plan`: ready") && lines.contains("- `tasks`: needs `plan` first"))
        expectEqual(lines.last, "Next: `clarify`, `plan`, `checklist`")
        // The thread has it now.
        try await expectEqual(self.run(fixture, feature: "001-login-page").events.count, 1)
    }

    @Test("open questions, ticked tasks and what another branch says about another feature")
    func work() async throws {
        let fixture = try Fixture()
        _ = try await fixture.run("a login page")
        _ = try await fixture.run("a search page", id: "op2")
        try fixture.git.shell(
            """
            git switch -q 001-login-page && cd specs/001-login-page
            printf '# Implementation Plan: A\\n' > plan.md
            printf '# Tasks\\n\\n## Phase 1: Setup\\n\\n- [x] T001 Make a.txt\\n- [ ] T002 Make [b](x) in b.txt\\n' > tasks.md
            printf '\\n- [NEEDS CLARIFICATION: which *one*?]\\n' >> spec.md
            git add . && git commit -qm 'by hand' && git switch -q main
            """)
        let result = try await self.run(fixture, "1", feature: "002-search-page")
        expectEqual(result.events.first, .feature("001-login-page"))
        let head = try fixture.git("rev-parse --short=7 001-login-page")
        #expect(result.text.contains("- `clarify`: 1 open question · [spec.md]"))
        #expect(result.text.contains("- which \\*one\\*?"))
        #expect(result.text.contains("- `implement`: 1 of 2 tasks done · [tasks.md]"))
        #expect(result.text.contains("`\(head)`"))
        #expect(result.text.contains("Next task: T002 Make &#91;b&#93;(x) in b.txt"))
        #expect(result.text.contains("Other features: `002-search-page`. `spec 002` switches."))
    }

    @Test("an unknown feature and a repository that can't be read fail with what to do")
    func failures() async throws {
        let fixture = try Fixture()
        _ = try await fixture.run("a login page")
        try await expectEqual(
            self.run(fixture, "lgin-page").failure,
            "There is no feature `lgin-page`. Did you mean `001-login-page`? `spec` lists them all.")
        try fixture.git.shell("rm -r .git && touch x")
        let failure = try #require(try await self.run(fixture).failure)
        #expect(failure.hasPrefix("The features can't be read: repository notes: ") && !failure.contains("\n"))
    }

    @Test("the API's form names stages, commits, documents and the other features")
    func json() async throws {
        let fixture = try Fixture()
        let commit = try #require(try await fixture.run("a login page").commits.first)
        let repository = try fixture.catalog.repository(nil)
        let files = try await FeatureChoice.feature(chosen: nil, in: repository)
        let overview = try await FeatureOverview.read(files, in: repository)
        let json = try JSON(
            encoding: overview.form(
                of: "notes", links: SpecLinks(RepositoryPages(viewer: "http://host"), repository: "notes"),
                all: [files.name]))
        #expect(json["branch"] == "001-login-page" && json["folder"] == "specs/001-login-page")
        expectEqual(json["stages"]?.arrayValue?.count, 8)
        #expect(json["stages"]?[1]?["stage"] == "specify" && json["stages"]?[1]?["commit"] == .string(commit.sha))
        #expect(json["stages"]?[3]?["state"] == "ready" && json["stages"]?[3]?["commit"] == .null)
        expectEqual(json["stages"]?[4]?["needs"], "plan")
        let paths = json["documents"]?.arrayValue?.compactMap { $0["path"]?.stringValue }
        expectEqual(paths, ["specs/001-login-page/spec.md", "specs/001-login-page/checklists/requirements.md"])
        expectEqual(json["features"], ["001-login-page"])
    }
}
