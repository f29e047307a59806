import TestSupport
import Testing

@testable import Models

@Suite("Numbers beyond all sense from a provider")
struct AbsurdNumberTests {
    @Test("tokens can be added up whatever the provider says", arguments: [Int.max, .min, -1, 0])
    func tokens(_ count: Int) {
        let usage = TokenUsage(input: count, output: count)
        #expect((0...1_000_000_000).contains(usage.input) && usage.output == usage.input)
    }

    @Test(
        "the rehearsal counts on from ids of documents that it can count on from",
        arguments: [
            ("spec.md", "## Requirements\n\n### Functional Requirements\n\n- **FR-004**: A\n- **FR-", "**FR-005**"),
            ("tasks.md", "## Phase 1: Setup\n\n- [ ] T004 A\n- [ ] T", "- [ ] T005 "),
        ])
    func rehearsed(_ name: String, _ start: String, _ expected: String) {
        let text = "# A\n\n\(start)\(Int.max)** or \(Int.min)\n"
        let material = RehearsalMaterial([
            ModelMessage(
                .user,
                "<document path=\"specs/001-a/\(name)\">\n\(text)\n</document>\n<request>\nmore\n</request>")
        ])
        let answer = RehearsalRefinement(material).text
        #expect(answer.contains(expected), "\(answer)")
    }

    @Test("beginnings of documents without an end are read once", .timeLimit(.minutes(1)))
    func beginnings() {
        let text = String(repeating: "<document path=\"", count: 6_000)
        expectEqual(RehearsalMaterial([ModelMessage(.user, text)]).documents.count, 0)
        let whole = text + "a/spec.md\" to be changed\">\nText\n</document>\n<document path=\"b\">\n\n\n</document>"
        expectEqual(RehearsalMaterial([ModelMessage(.user, whole)]).documents.map(\.text), ["Text", "\n"])
    }

    @Test(
        "limits of models are ignored or cut",
        arguments: [
            #"{"id":"m","context_length":8192,"top_provider":{"max_completion_tokens":-9223372036854775808}}"#,
            #"{"id":"m","context_length":4000000000000000000,"max_completion_tokens":4000000000000000000}"#,
            #"{"id":"m","capabilities":{"limits":{"max_prompt_tokens":-5,"max_output_tokens":9223372036854775807}}}"#,
            #"{"id":"m","context_length":-9223372036854775808}"#,
        ])
    func limits(_ entry: String) throws {
        let model = try #require(OpenAIModelList.parse(Array("{\"data\":[\(entry)]}".utf8))?.first)
        #expect((256...100_000_000).contains(model.inputLimit) && (16...100_000_000).contains(model.outputLimit))
    }

    @Test("of a list of models a thousand entries are read, and 200 bytes of a name")
    func listed() {
        let entries = (0..<2_000).map { #"{"id":"m\#($0)","name":"\#(String(repeating: "n", count: 300))"}"# }
        let list = Array("[\(entries.joined(separator: ","))]".utf8)
        let models = OpenAIModelList.parse(list)
        expectEqual(models?.count, 1_000)
        expectEqual(models?.first?.name.utf8.count, 200)
    }
}
