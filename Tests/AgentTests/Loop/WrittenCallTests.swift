import Agent
import Chat
import JSON
import Models
import TestSupport
import Testing

/// Whole turns with calls as models write them, with the host's tools and its reader.
@Suite("Calls as models write them", .timeLimit(.minutes(1)))
struct WrittenCallTests {
    struct Episode: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var tool = "read"
        let arguments: String
        var finish = FinishReason.toolCalls
        /// Of the result; nil for a call that runs.
        let failure: String?
    }

    private static let episodes = [
        Episode(testDescription: "unknown tool", tool: "open", arguments: "{}", failure: "There is no tool open."),
        Episode(testDescription: "wrong type", arguments: #"{"path":7}"#, failure: "expected a string"),
        Episode(testDescription: "missing field", arguments: "{}", failure: "the field is missing"),
        Episode(testDescription: "extra field", arguments: #"{"path":"a","form":1}"#, failure: "an extra field"),
        Episode(testDescription: "invalid JSON", arguments: "{path: a}", failure: "not valid JSON"),
        Episode(testDescription: "no object", arguments: "[1]", failure: "expected an object"),
        Episode(
            testDescription: "cut, and says so", arguments: #"{"path":"a"#, finish: .length, failure: "nothing ran"),
        Episode(testDescription: "cut, and says nothing", arguments: #"{"path":"a"#, failure: "nothing ran"),
        Episode(
            testDescription: "1 MB of lines", tool: "write",
            arguments: JSON.object(["path": "a", "text": .string(String(repeating: "line\n", count: 200_000))]).text,
            failure: "Send smaller pieces"),
        Episode(
            testDescription: "1 MB of one letter", tool: "write",
            arguments: JSON.object(["path": "a", "text": .string(String(repeating: "a", count: 1 << 20))]).text,
            failure: "Send smaller pieces"),
        Episode(testDescription: "a number as text", arguments: #"{"path":"a","from":"2"}"#, failure: nil),
        Episode(testDescription: "no arguments", tool: "list", arguments: "", failure: nil),
        Episode(testDescription: "encoded twice", arguments: #""{\"path\":\"a\"}""#, failure: nil),
        Episode(testDescription: "in a fence", arguments: "```json\n{\"path\":\"a\"}\n```", failure: nil),
    ]

    @Test("each gets its result, and the turn goes on", arguments: Self.episodes)
    func episode(_ episode: Episode) async throws {
        let call = ToolCall(id: "c1", name: episode.tool, arguments: episode.arguments)
        var bench = LoopBench([
            [.event(.toolCall(call)), .event(.finished(episode.finish))], ScriptedModel.answer("So."),
        ])
        bench.tools = ToolCatalog.all
        bench.read = CallReader(tools: ToolCatalog.all).read
        try await expectEqual(bench.run(), .complete)
        expectEqual(bench.executor.executed.count, episode.failure == nil ? 1 : 0)
        let result = try #require(bench.results.first)
        #expect(result.contains(episode.failure ?? "result of 1.1"), "\(result.prefix(500))")
        #expect(bench.model.requests.allSatisfy { WellFormed.problem(in: $0.messages) == nil })
    }

    @Test("a call behind the end of an answer is a call like any other")
    func lateCall() async throws {
        let bench = LoopBench([
            [
                .event(.delta("All done.")), .event(.finished(.stop)),
                .event(.toolCall(ToolCall(id: "c1", name: "read", arguments: "{}"))),
            ], ScriptedModel.answer("Really."),
        ])
        try await expectEqual(bench.run(), .complete)
        #expect(bench.executor.executed.count == 1 && bench.text == "All done.\n\nReally.")
    }
}
