import JSON
import TestSupport
import Testing

@testable import Proxy

@Suite("Translation: stop sequences that the upstream does not apply")
struct StopSequenceTests {
    static let ask =
        #"{"model":"gpt-5","max_tokens":9,"stop_sequences":["END","\n\nü:"],"messages":[{"role":"user","content":"x"}]}"#

    @Test("models that refuse stop sequences are not sent them")
    func requests() throws {
        try expectEqual(translate(Self.ask, .messages, .chat).request["stop"], nil)
        try expectEqual(translate(Self.ask, .messages, .responses).request["stop"], nil)
        let others = #"{"model":"gpt-4.1","messages":[],"stop_sequences":["a","b","c","d"]}"#
        try expectEqual(translate(others, .messages, .chat).request["stop"], ["a", "b", "c", "d"])
        let many = #"{"model":"gpt-4.1","messages":[],"stop_sequences":["a","b","c","d","e"]}"#
        try expectEqual(translate(many, .messages, .chat).request["stop"], nil)
        try expectEqual(refusal(many, .messages, .responses)?.contains("stop sequences"), true)
    }

    @Test("more sequences, or longer ones, than are applied here are refused")
    func limits() throws {
        func ask(_ stops: [String], model: JSON = "gpt-5") -> String {
            let stops = JSON.array(stops.map { .string($0) })
            return JSON(["model": model, "messages": [], "stop_sequences": stops]).text
        }
        let (sixteen, long) = ((1...16).map { "\($0)" }, [String(repeating: "x", count: 4_096)])
        for stops in [sixteen, long] { try expectEqual(refusal(ask(stops), .messages, .chat), nil) }
        for stops in [sixteen + ["a"], long + ["a"]] {
            try expectEqual(refusal(ask(stops), .messages, .chat)?.contains("16 stop sequences"), true)
            try expectEqual(refusal(ask(stops, model: "gpt-4.1"), .messages, .chat) == nil, stops.count <= 4)
        }
    }

    @Test("the end and what is held back are those of a plain search, whatever repeats")
    func random() {
        var random = SeededGenerator(state: 7)
        func text(_ count: ClosedRange<Int>) -> String {
            String((0..<Int.random(in: count, using: &random)).map { _ in Bool.random(using: &random) ? "a" : "b" })
        }
        for _ in 0..<2_000 {
            let sequences = (0..<3).map { _ in text(1...6) }
            var stops = StopSequences(sequences)
            var (whole, shown) = ("", "")
            while whole.count < 30, stops.found == nil {
                let piece = text(1...5)
                whole += piece
                shown += stops.feed(piece)
                let end = (1...whole.count).first { end in sequences.contains { whole.prefix(end).hasSuffix($0) } }
                let found = sequences.filter { whole.prefix(end ?? 0).hasSuffix($0) }.max { $0.count < $1.count }
                let held = (0...6).last { held in
                    held == 0 || sequences.contains { $0.count > held && $0.hasPrefix(whole.suffix(held)) }
                }
                #expect(stops.found == found, "\(sequences) \(whole)")
                let wanted = found.map { whole.prefix((end ?? 0) - $0.count) } ?? whole.dropLast(held ?? 0)
                #expect(shown == wanted, "\(sequences) \(whole)")
            }
        }
    }

    @Test("after another part, what was held back no longer begins a sequence")
    func flushed() {
        var stops = StopSequences(["END"])
        #expect(stops.feed("one E") == "one " && stops.flush() == "E" && stops.feed("ND") == "ND" && stops.found == nil)
    }

    static let texts: [(String, String, String?)] = [
        ("one END two END", "one ", "END"), ("END", "", "END"), ("EEND", "E", "END"), ("one EN", "one EN", nil),
        ("a\n\n\nü:b", "a\n", "\n\nü:"), ("ENEND\n\nü:", "EN", "END"), ("", "", nil), ("grün", "grün", nil),
    ]

    @Test("a text ends before the first sequence, however it is split", arguments: texts)
    func split(_ text: String, _ wanted: String, _ found: String?) {
        let scalars = text.unicodeScalars.map { String($0) }
        for size in 1...(scalars.count + 1) {
            var stops = StopSequences(["END", "\n\nü:", ""])
            var output = ""
            for start in stride(from: 0, to: scalars.count, by: size) {
                output += stops.feed(scalars[start..<min(scalars.count, start + size)].joined())
            }
            output += stops.flush()
            #expect(output == wanted && stops.found == found)
        }
    }

    @Test("of two sequences with the same end, the longer one ends the text")
    func overlap() {
        var stops = StopSequences(["c", "abc"])
        #expect(stops.feed("xab") == "x" && stops.feed("cd") == "" && stops.found == "abc")
    }

    @Test("a whole answer ends before the sequence, and names it")
    func whole() throws {
        let body = try JSON.parse(
            #"{"id":"1","choices":[{"message":{"content":"one END two","tool_calls":[{"id":"t","function":{"name":"f","#
                + #""arguments":"{}"}}]},"finish_reason":"tool_calls"}],"usage":{"completion_tokens":5}}"#)
        let answer = try translate(Self.ask, .messages, .chat).response(body)
        expectEqual(answer["content"], [["type": "text", "text": "one "]])
        #expect(answer["stop_reason"] == "stop_sequence" && answer["stop_sequence"] == "END")
        expectEqual(answer["usage"]?["output_tokens"], 5)
    }

    @Test("a stream ends before the sequence, and has its usage")
    func stream() throws {
        func stream(_ texts: [String]) throws -> [JSON] {
            let chunks = texts.map { #"data: {"id":"1","choices":[{"delta":{"content":"\#($0)"}}]}"# + "\n\n" }
            let end =
                #"data: {"choices":[{"delta":{},"finish_reason":"length"}],"usage":{"completion_tokens":5}}"#
                + "\n\ndata: [DONE]\n\n"
            return try events(run(try translate(Self.ask, .messages, .chat), chunks.joined() + end))
        }
        func text(_ events: [JSON]) -> String { events.compactMap { $0["delta"]?["text"]?.stringValue }.joined() }
        let stopped = try stream(["one E", "N", "D two", "three"])
        #expect(text(stopped) == "one " && stopped.last?["type"] == "message_stop")
        let last = stopped.dropLast().last
        expectEqual(last?["delta"], ["stop_reason": "stop_sequence", "stop_sequence": "END"])
        expectEqual(last?["usage"]?["output_tokens"], 5)
        let whole = try stream(["one E", "N"])
        #expect(text(whole) == "one EN" && whole.dropLast().last?["delta"]?["stop_reason"] == "max_tokens")
    }
}
