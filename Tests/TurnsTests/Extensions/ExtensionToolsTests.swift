import Agent
import Chat
import JSON
import Models
import Primitives
import TestSupport
import Testing

@testable import Extensions
@testable import Turns

@Suite("Calls of extensions", .timeLimit(.minutes(1)))
struct ExtensionToolsTests {
    private static let allowed = GateDecision.allowed(rule: "test")

    @Test("a call shows its exact arguments, reaches the server by its own name, and its result is data")
    func call() async throws {
        let scene = try await ExtensionScene(.tools(("issue.search", "Finds issues.")))
        let intent = try await scene.intent("jira__issue_search", #"{"text": "a\nb"}"#)
        expectEqual(intent.subject, "jira__issue_search (issue.search of jira)\n\"text\": \"a\\nb\"")
        #expect(intent.effect != nil)
        scene.server.answer("issue.search", with: ExtensionResult([.text("found\u{202E} it")]))
        let words = Protected<[String]>([])
        let result = try await scene.tools.perform(intent, approval: Self.allowed) { word in
            words.withLock { $0.append(word) }
        }
        expectEqual(result.outcome, .done)
        #expect(result.isMarked && result.text.contains("from=\"extension jira\"") && result.text.contains("found"))
        #expect(!result.text.unicodeScalars.contains("\u{202E}"))
        expectEqual(scene.server.calls, [FakeExtension.Call("issue.search", ["text": "a\nb"])])
    }

    @Test("an error of the tool and a failure of the server are results for the model")
    func failures() async throws {
        let scene = try await ExtensionScene(.tools(("search", "")))
        let intent = try await scene.intent("jira__search", #"{"text": "x"}"#)
        scene.server.answer("search", with: ExtensionResult([.text("Field required")], isError: true))
        let wrong = try await scene.tools.perform(intent, approval: Self.allowed)
        #expect(wrong.outcome == .failed && wrong.text.contains("Field required"))
        scene.server.fail(with: ExtensionFailure(.lost, "It broke off; the call may have run."))
        scene.server.setState(.running)
        let lost = try await scene.tools.perform(intent, approval: Self.allowed)
        #expect(lost.outcome == .failed && lost.summary == "jira__search: broke off, it may have run")
    }

    @Test("a tool that has changed since is neither asked about nor called")
    func withheld() async throws {
        let scene = try await ExtensionScene(.tools(("search", "Finds."), ("create", "Makes.")))
        let intent = try await scene.intent("jira__create", #"{"text": "x"}"#)
        scene.server.change(to: .tools(("search", "Finds."), ("create", "Makes more.")))
        try await scene.desk.check("jira")
        let late = try await scene.tools.perform(intent, approval: Self.allowed)
        #expect(late.outcome == .failed && late.text.contains("has changed since this was decided"))
        guard
            case .failed(let refused) = try await scene.tools.prepare(try scene.call("jira__create", #"{"text": "x"}"#))
        else { throw UnexpectedReading(what: "an intent") }
        #expect(refused.text.contains("not offered any more"))
        _ = try await scene.intent("jira__search", #"{"text": "x"}"#)
        expectEqual(scene.server.calls, [])
    }

    @Test("a long list is behind find and call, and a call by way of them is decided as the tool that it calls")
    func shrunk() async throws {
        let many = (0..<150).map { ExtensionTool(name: "t\($0)", description: "Number \($0)", schema: [:]) }
        var offer = ExtensionOffer.tools()
        offer.tools = many
        let scene = try await ExtensionScene(offer, decisions: ["t7": "allow", "t8": "deny"])
        expectEqual(scene.offer.tools.map(\.name), ["jira__find", "jira__call"])
        let call = try scene.call("jira__call", #"{"name": "jira__t7", "arguments": {"a": 1}}"#)
        #expect(call.tool.name == "jira__t7" && call.arguments == ["a": 1] && call.tool.origin?.decision == .allow)
        expectEqual(try scene.call("jira__t9", "{}").tool.origin?.decision, .ask)
        #expect(throws: UnexpectedReading.self) { try scene.call("jira__call", #"{"name": "t8", "arguments": {}}"#) }
        let find = try await scene.intent("jira__find", #"{"query": "number 7"}"#)
        expectEqual(find.call.tool.kind, .read)
        let found = try await scene.tools.perform(find, approval: Self.allowed)
        #expect(found.text.contains("jira__t7") && found.isMarked)
        expectEqual(scene.server.calls, [])
    }

    @Test("resources are listed and read by two tools, with the entry's decision for them")
    func resources() async throws {
        var offer = ExtensionOffer.tools(("search", ""))
        offer.hasResources = true
        let scene = try await ExtensionScene(offer, decisions: ["resources": "allow"])
        let list = try await scene.intent("jira__resources", "{}")
        expectEqual(list.call.tool.origin?.decision, .allow)
        #expect(try await scene.tools.perform(list, approval: Self.allowed).text.contains("note://1: first"))
        let read = try await scene.intent("jira__read", #"{"uri": "note://1"}"#)
        _ = try await scene.tools.perform(read, approval: Self.allowed)
        expectEqual(scene.server.calls.map(\.name), ["note://1"])
    }

    @Test("progress is words in the turn's line")
    func progress() async throws {
        let scene = try await ExtensionScene(.tools(("search", ""))) { caller in
            caller.progress(ExtensionProgress(done: 1, total: 4, message: "reading\nmore"))
        }
        let words = Protected<[String]>([])
        let intent = try await scene.intent("jira__search", #"{"text": "x"}"#)
        _ = try await scene.tools.perform(intent, approval: Self.allowed) { word in words.withLock { $0.append(word) } }
        expectEqual(words.withLock { $0 }, ["25 %, reading\u{240A}more"])
    }
}
