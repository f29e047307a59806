import TestSupport
import Testing

@testable import Proxy

@Suite("Usage scanner")
struct UsageScannerTests {
    struct Answer: Sendable {
        let text: String
        let model: String?
        let usage: AnswerTokens?
    }

    static let answers: [Answer] = [
        Answer(
            text:
                #"{"id":"1","model":"gpt-4.1","choices":[{"message":{"content":"a \"usage\":{\"prompt_tokens\":9}"}}],"#
                + #""usage":{"prompt_tokens":12,"completion_tokens":34,"prompt_tokens_details":{"cached_tokens":5}}}"#,
            model: "gpt-4.1", usage: AnswerTokens(input: 12, output: 34, cached: 5)),
        Answer(
            text: "data: {\"model\":\"m\",\"choices\":[{\"delta\":{\"content\":\"usage\"}}],\"usage\":null}\n\n"
                + "data: {\"model\": \"m\", \"choices\": [], \"usage\" : {\"prompt_tokens\": 3, \"completion_tokens\": 4}}\n\n"
                + "data: [DONE]\n\n",
            model: "m", usage: AnswerTokens(input: 3, output: 4)),
        Answer(
            text: "event: response.completed\r\n"
                + "data: {\"response\":{\"model\":\"gpt-5\",\"usage\":{\"input_tokens\":7,\"output_tokens\":8}}}\r\n\r\n",
            model: "gpt-5", usage: AnswerTokens(input: 7, output: 8)),
        Answer(
            text: "data: {\"message\":{\"model\":\"claude\",\"usage\":{\"input_tokens\":70,\"output_tokens\":1}}}\n\n"
                + "data: {\"usage\":{\"output_tokens\":80}}\n\n",
            model: "claude", usage: AnswerTokens(input: 70, output: 80)),
        Answer(
            text:
                #"{"model":"claude","usage":{"input_tokens":3,"cache_read_input_tokens":100,"cache_creation_input_tokens":50,"output_tokens":7}}"#,
            model: "claude", usage: AnswerTokens(input: 153, output: 7, cached: 100, written: 50)),
        Answer(
            text: ": a comment with one \" quote\n\ndata: {\"model\":\"m\",\"usage\":{\"prompt_tokens\":1}}\n\n",
            model: "m", usage: AnswerTokens(input: 1, output: 0)),
        Answer(text: #"{"a":"model","b":["usage"],"model":5,"usage":"none"}"#, model: nil, usage: nil),
        Answer(
            text: #"{"usage":{"note":"a } \" brace","prompt_tokens":-5,"completion_tokens":1e300}}"#, model: nil,
            usage: AnswerTokens(input: 0, output: 0)),
        Answer(text: #"{"usage":{"prompt_tokens":"#, model: nil, usage: nil),
        Answer(
            text:
                #"{"model":"claude","content":[{"type":"tool_use","input":{"model":"x","usage":{"input_tokens":900}}}],"#
                + #""usage":{"input_tokens":3,"output_tokens":7}}"#,
            model: "claude", usage: AnswerTokens(input: 3, output: 7)),
        Answer(
            text: #"{\#n  "model": [],\#n  "usage": 1,\#n  "a": [{"b": {"model": "x"}}],\#n  "model": "m"\#n}\#n"#,
            model: "m", usage: nil),
        Answer(
            text: "data: {\"a\":[[[[ broken\r\n\r\ndata: {\"model\":\"m\"}\n\n", model: "m", usage: nil),
    ]

    @Test("finds model and usage in one piece", arguments: answers)
    func whole(_ answer: Answer) {
        var scanner = UsageScanner()
        scanner.feed(Array(answer.text.utf8))
        #expect(scanner.model == answer.model && scanner.usage == answer.usage)
    }

    @Test("finds model and usage when split anywhere, and byte by byte", arguments: answers)
    func split(_ answer: Answer) {
        let bytes = Array(answer.text.utf8)
        for cut in 0...bytes.count {
            var scanner = UsageScanner()
            scanner.feed(Array(bytes[..<cut]))
            scanner.feed(Array(bytes[cut...]))
            #expect(scanner.model == answer.model && scanner.usage == answer.usage, "cut at \(cut)")
        }
        var scanner = UsageScanner()
        for byte in bytes { scanner.feed([byte]) }
        #expect(scanner.model == answer.model && scanner.usage == answer.usage)
    }

    @Test("an endless usage object is skipped, and the next one is read")
    func endless() {
        var scanner = UsageScanner()
        scanner.feed(Array(#"{"usage":{"x":""#.utf8) + Array(repeating: 0x61, count: 1 << 20))
        scanner.feed(Array("\"}}\ndata: {\"usage\":{\"prompt_tokens\":2}}".utf8))
        expectEqual(scanner.usage, AnswerTokens(input: 2, output: 0))
    }

    @Test("what an endless usage object has nested is not taken for the answer's own")
    func nested() {
        var scanner = UsageScanner()
        let filler = String(repeating: "1,", count: 4_096)
        let tail = #""c":{"model":"x"}}]},"model":"m","z":[{"model":"y"}]}"#
        scanner.feed(Array(#"{"usage":{"a":[{"b":[\#(filler)1],\#(tail)"#.utf8))
        #expect(scanner.model == "m" && scanner.usage == nil)
    }
}
