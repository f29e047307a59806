import Glibc
import JSON
import TestSupport
import Testing

@testable import jetbridge

@Suite("jetbridge spec list and show", .timeLimit(.minutes(1)))
struct SpecCommandTests {
    /// A data directory with a repository, and the words that name its configuration.
    private struct Place {
        let directory: TemporaryDirectory
        let git: RealGit
        var path: String { self.directory.path }
        var words: [String] { ["--config", "\(self.path)/jetbridge.yaml"] }

        init() throws {
            self.directory = try TemporaryDirectory()
            self.git = RealGit("\(self.directory.path)/notes")
            mkdir("\(self.directory.path)/notes", 0o755)
            try self.git.shell(
                """
                cat > ../jetbridge.yaml <<END
                data_dir: \(self.directory.path)/data
                repositories: [{name: notes, path: \(self.directory.path)/notes}]
                END
                git init -q && git commit -q --allow-empty -m 'Begin'
                """)
        }

        func feature(_ name: String, title: String, tasks: String = "") throws {
            try self.git.shell(
                """
                git switch -qc \(name) main && mkdir -p specs/\(name) && cd specs/\(name)
                printf '# Feature Specification: \(title)\\n\\n- [NEEDS CLARIFICATION: why?]\\n' > spec.md
                \(tasks.isEmpty ? "" : "printf '# Tasks\\n\\n## Phase 1: Setup\\n\\n\(tasks)\\n' > tasks.md")
                cd ../.. && git add . && git commit -qm '\(name)' && git switch -q main
                """)
        }

        func run(_ words: String...) async -> ProgramResult {
            await jetbridgeTests.run(words + self.words)
        }
    }

    @Test("no feature, then the newest first")
    func list() async throws {
        let place = try Place()
        let none = await place.run("spec", "list")
        #expect(none.status == .done && none.output.isEmpty)
        expectEqual(none.errors, "The repository notes has no feature. 'jetbridge spec specify TEXT' describes one.\n")
        #expect(await place.run("spec", "show").errors.contains("the repository notes has no feature."))

        try place.feature("001-login", title: "Login")
        try place.feature("002-search", title: "Search", tasks: "- [x] T001 Make a.txt\\n- [ ] T002 Make b.txt")
        let list = await place.run("spec", "list")
        expectEqual(
            list.output,
            """
            002-search  in progress  1/2 tasks  1 question  Search
            001-login   specified    -          1 question  Login

            """, "\(list.output) \(list.errors)")
        let json = try JSON.parse(await place.run("spec", "list", "--json").output)
        #expect(json[0]?["feature"] == "002-search" && json[0]?["done"] == 1 && json[1]?["stage"] == "specified")
    }

    @Test("a feature by number and name; unknown ones name the nearest")
    func show() async throws {
        let place = try Place()
        try place.feature("001-login", title: "Login")
        try place.feature("002-search", title: "Search", tasks: "- [x] T001 Make a.txt")
        let shown = await place.run("spec", "show", "2")
        #expect(shown.status == .done && shown.output.hasPrefix("002-search  Search\n"), "\(shown.errors)")
        #expect(shown.output.contains("\nOpen questions:\n  why?\n\nTasks:\n  [x] T001 Make a.txt\n"))
        let hash = try place.git("rev-parse --short=7 002-search")
        #expect(shown.output.contains("specs/002-search/tasks.md  \(hash)\n"))
        let json = try JSON.parse(await place.run("spec", "show", "login", "--json").output)
        #expect(json["branch"] == "001-login" && json["stages"]?.arrayValue?.count == 8)
        let unknown = await place.run("spec", "show", "serch")
        expectEqual(unknown.status, .failed)
        expectEqual(
            unknown.errors,
            "jetbridge: there is no feature 'serch'; did you mean '002-search'? 'jetbridge spec list' lists "
                + "them.\n")
        await expectEqual(place.run("spec", "show").errors, "jetbridge: name one of 002-search, 001-login.\n")
        await expectEqual(place.run("spec", "list", "--repository", "gone").status, .failed)
    }

    @Test(
        "a stage's failure names commands as a shell has them",
        arguments: [
            (
                "There is no feature yet: describe one with `/specify TEXT`.",
                "There is no feature yet: describe one with `jetbridge spec specify TEXT`."
            ),
            ("`a` has no plan: write one with `/plan`.", "`a` has no plan: write one with `jetbridge spec plan`."),
            ("choose one as in `/spec 002`", "choose one as in `--feature 002`"),
            ("`/spec` lists them all.", "`jetbridge spec list` lists them all."),
            ("`/model` lists them; /plan, `plan` and `/planner`", "`/model` lists them; /plan, `plan` and `/planner`"),
            ("an open ` and /plan", "an open ` and /plan"),
        ])
    func wording(text: String, wanted: String) {
        expectEqual(ShellCommands.named(in: text), wanted)
    }

    @Test("stages that need a text refuse to run without one", arguments: ["specify", "refine"])
    func usage(stage: String) async {
        let result = await run("spec", stage)
        #expect(result.status == .usage && result.output.isEmpty)
    }
}
