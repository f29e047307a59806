import Chat
import JSON
import Models
import Repositories
import TestSupport
import Testing

@testable import Host
@testable import Turns

@Suite("Skills", .timeLimit(.minutes(1)))
struct SkillTests {
    private static let deploy = """
        ---
        name: deploy
        description: >-
          How this project
          is deployed.
        ---

        # Deploy

        Run scripts/deploy.sh on a Monday.
        """

    @Test("the front matter names and describes a skill; without a description it is none")
    func frontMatter() throws {
        let skill = try #require(Skill(Self.deploy, home: "folder", folder: ".agents/skills/deploy"))
        #expect(skill.name == "deploy" && skill.description == "How this project is deployed.")
        expectEqual(Skill("---\ndescription: Short\n---\n", home: "folder", folder: nil)?.name, "folder")
        for text in [
            "", "# Deploy", "---\nname: x\n---\n", "---\nname: x\ndescription: y\n", "---\n: : :\n---\n",
            "---\ndescription: [a]\n---\n", "---\ndescription: ' '\n---\n",
        ] {
            #expect(Skill(text, home: "folder", folder: nil) == nil, "\(text)")
        }
        let long = try #require(
            Skill("---\ndescription: \"\(String(repeating: "x", count: 2_000))\\u202E\"\n---", home: "a", folder: nil))
        #expect(long.description.count == 1_024 && !long.description.contains("\u{202E}"))
    }

    @Test("the model sees a repository's skills and the host's, reads one, and learns which do not exist")
    func used() async throws {
        let host = try #require(
            Skill(
                "---\nname: letters\ndescription: How we write letters\n---\nDear all,", home: "letters", folder: nil,
                files: ["form.txt": "Kind regards"]))
        try await ImplementScene.with { scene in
            try RealGit("/").shell(
                "cd '\(scene.repository)' && mkdir -p .agents/skills/deploy .claude/skills/deploy .claude/skills/empty "
                    + "&& touch .claude/skills/empty/x")
            try TestFile.write(Self.deploy, to: "\(scene.repository)/.agents/skills/deploy/SKILL.md")
            try TestFile.write(
                "---\ndescription: second\n---\n", to: "\(scene.repository)/.claude/skills/deploy/SKILL.md")
            try scene.git("add -A && git commit -qm Skills")
            let agent = scene.worker.agent
            let library = SkillLibrary(host: [host])
            let skills = await library.skills(of: try agent.repositories.repository("app"))
            expectEqual(skills.map(\.name), ["deploy", "letters"])
            expectEqual(skills.first?.folder, ".agents/skills/deploy")

            scene.play(("skill", ["name": "deploy"]), ("skill", ["name": "unknown"]))
            scene.answer("Done.")
            _ = try await agent.run(
                TurnRequest(
                    id: "op_1", session: "abc123", text: "Deploy it", sender: CommitAuthorTests.ada, role: .owner),
                in: RecordingThread())
            let (first, second) = (scene.model.requests[0], scene.model.requests[1])
            #expect(first.messages.contains { $0.text.contains("- deploy: How this project is deployed.") })
            #expect(!first.messages.contains { $0.text.contains("on a Monday") })
            #expect(first.tools.contains { $0.name == "skill" })
            let results = second.messages.map(\.text).joined()
            #expect(results.contains("Run scripts/deploy.sh on a Monday."))
            #expect(results.contains("Its other files are in .agents/skills/deploy."))
            #expect(results.contains("No skill is called unknown"))
            expectEqual(
                SkillLibrary.text(of: "letters", file: "form.txt", among: skills)?.contains("Kind regards"), true)
            expectEqual(SkillLibrary.text(of: "letters", file: "../x", among: skills), nil)
            expectEqual(
                SkillLibrary.list(skills, repository: "app"),
                "- `deploy` (`.agents/skills/deploy`): How this project is deployed.\n"
                    + "- `letters` (this host): How we write letters")
        }
    }

    @Test("without skills, requests are as they were")
    func none() async throws {
        try await ImplementScene.with { scene in
            scene.answer("Hello.")
            _ = try await scene.worker.agent.run(
                TurnRequest(id: "op_1", session: "abc123", text: "Hi", sender: CommitAuthorTests.ada, role: .owner),
                in: RecordingThread())
            #expect(!scene.model.requests[0].tools.contains { $0.name == "skill" })
        }
    }

    @Test("the host's folder is read at the start; what is no skill is named")
    func configured() throws {
        let folder = try TemporaryDirectory()
        try RealGit("/").shell("mkdir -p '\(folder.path)/deploy' '\(folder.path)/bad' '\(folder.path)/.hidden'")
        try TestFile.write(Self.deploy, to: "\(folder.path)/deploy/SKILL.md")
        try TestFile.write("set -e\n", to: "\(folder.path)/deploy/run.sh")
        try TestFile.write("# Bad\n", to: "\(folder.path)/bad/SKILL.md")
        let loaded = load("skills: {directory: \(folder.path)}")
        let skills = try #require(loaded.configuration).skills
        expectEqual(skills.map(\.name), ["deploy"])
        expectEqual(skills[0].files, ["run.sh": "set -e\n"])
        #expect(loaded.issues.map { "\($0)" }.contains { $0.contains("bad/SKILL.md is left out") })
        let missing = load("skills: {directory: /nowhere/skills}")
        expectEqual(missing.configuration?.skills, [])
        #expect(missing.issues.map { "\($0)" }.contains { $0.contains("/nowhere/skills cannot be listed") })
        #expect(load("skills: {folder: x}").configuration == nil)
    }
}
