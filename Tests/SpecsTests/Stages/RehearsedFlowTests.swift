import Chat
import JSON
import Models
import Specs
import TestSupport
import Testing

@testable import SpecDocuments

@Suite("The rehearsed flow", .timeLimit(.minutes(5)))
struct RehearsedFlowTests {
    @Test("every document of the offline model passes the validator", arguments: Idea.all)
    func flow(idea: Idea) async throws {
        let fixture = try Fixture()
        let model = RehearsalModel(pace: nil)
        let rules = try await fixture.run(
            .constitution, "Tests come first. Nothing leaves the machine.", id: "op-c", model: model)
        expectEqual(rules.commits.map(\.subject), ["Adopt a constitution"], "\(rules)")
        expectEqual(rules.notices, [])
        let made = try await fixture.run(.specify, idea.text, id: "op-s", model: model)
        let name = try #require(made.features.first, "\(made)")
        expectEqual(made.notices, [])
        for (stage, text) in [
            (Stage.plan, "with plain files"), (.tasks, ""), (.checklist, "security"), (.refine, "sort entries by date"),
            (.refine, "the plan needs no network"), (.refine, "the spec allows guests"),
        ] {
            let result = try await fixture.run(stage, text, feature: name, id: "op-\(stage)-\(text)", model: model)
            expectEqual(result.commits.count, 1, "\(stage) \(result)")
            #expect(!result.notices.contains { $0.contains("`analyze`") }, "\(stage) \(result.notices)")
        }
        try expectEqual(fixture.findings(name).filter { !$0.hasPrefix("~") }, [])
        let analysis = try await fixture.run(.analyze, feature: name, id: "op-a", model: model)
        #expect(analysis.text.contains("| low | spec.md |"))
        let more = try await fixture.run(.constitution, "Commits are small.", id: "op-c2", model: model)
        #expect(more.text.contains("**Version**: 1.1.0"), "\(more.text)")
        let tasks = TaskDocument(MarkdownDocument(try fixture.file("specs/\(name)/tasks.md", on: name)))
        expectEqual(tasks.tasks.prefix(2).map(\.isParallel), [true, true])
        expectEqual(tasks.tasks[0].paths, ["README.md"])
        try fixture.fsck()
    }

    @Test("the offline model asks questions about its specification, and applies the answers")
    func questions() async throws {
        let model = RehearsalModel(pace: nil)
        let fixture = try Fixture()
        let made = try await fixture.run(.specify, "a login page", id: "op-s", model: model)
        let spec = made.text
        let ask = { (purpose: String, more: String) async throws -> JSON in
            let request = ModelRequest(
                messages: [
                    ModelMessage(.system, "Purpose: \(purpose)\nAnswer."),
                    ModelMessage(.user, "<specification>\n\(spec)\n</specification>\n\n\(more)"),
                ], purpose: .specification)
            var text = ""
            for try await event in model.stream(request) { if case .delta(let piece) = event { text += piece } }
            return try JSON.parse(text)
        }
        let questions = try #require(try await ask("clarification questions", "").arrayValue)
        expectEqual(questions.count, 3)
        for question in questions {
            let place = try #require(question["where"]?.stringValue)
            expectEqual(spec.ranges(of: place).count, 1)
            let options = try #require(question["options"]?.arrayValue)
            #expect(options.count >= 2)
            let answer = try #require(options[0].stringValue)
            let change = try await ask(
                "apply an answer",
                "<question>\nWho?\n</question>\n\n<answer>\n\(answer)\n</answer>\n\n<place>\n\(place)\n</place>")
            expectEqual(change["old"]?.stringValue, place)
            expectEqual(change["new"]?.stringValue?.contains(answer), true)
        }
    }
}
