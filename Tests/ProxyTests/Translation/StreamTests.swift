import JSON
import TestSupport
import Testing

@testable import Proxy

@Suite("Translation: streams")
struct StreamTests {
    static let chatOutline = [
        #"{"role":"assistant","content":""}"#, #"{"reasoning_content":"hm"}"#, #"{"content":"Grüße "}"#,
        #"{"content":"🎉 \"x\"\n"}"#,
        #"{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":""}}]}"#,
        #"{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":"}}]}"#,
        #"{"tool_calls":[{"index":0,"function":{"arguments":"\"}\"}"}}]}"#,
        #"{"tool_calls":[{"index":1,"id":"c2","type":"function","function":{"name":"g","arguments":""}}]}"#,
        #"{"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]}"#,
        "finish tool_calls", "usage 15", "[DONE]",
    ]

    static let messagesOutline = [
        "message_start", "content_block_start 0 text", "content_block_delta 0 Grüße ",
        "content_block_delta 0 🎉 \"x\"\n", "content_block_stop 0", "content_block_start 1 tool_use",
        #"content_block_delta 1 {"a":"#, #"content_block_delta 1 "}"}"#, "content_block_stop 1",
        "content_block_start 2 tool_use", "content_block_delta 2 {}", "content_block_stop 2", "message_delta tool_use",
        "message_stop",
    ]

    static let responsesOutline = [
        "response.created", "response.in_progress", "response.output_item.added 0 reasoning",
        "response.reasoning_summary_part.added 0", "response.reasoning_summary_text.delta 0 hm",
        "response.reasoning_summary_text.done 0", "response.reasoning_summary_part.done 0",
        "response.output_item.done 0 reasoning", "response.output_item.added 1 message",
        "response.content_part.added 1", "response.output_text.delta 1 Grüße ",
        "response.output_text.delta 1 🎉 \"x\"\n", "response.output_text.done 1", "response.content_part.done 1",
        "response.output_item.done 1 message", "response.output_item.added 2 function_call",
        #"response.function_call_arguments.delta 2 {"a":"#, #"response.function_call_arguments.delta 2 "}"}"#,
        "response.function_call_arguments.done 2", "response.output_item.done 2 function_call",
        "response.output_item.added 3 function_call", "response.function_call_arguments.delta 3 {}",
        "response.function_call_arguments.done 3", "response.output_item.done 3 function_call", "response.completed",
    ]

    @Test("every form becomes every other form, event by event", arguments: StreamSamples.pairs)
    func complete(_ client: ModelAPI, _ upstream: ModelAPI) throws {
        let translation = try translate(StreamSamples.ask, client, upstream)
        let stream = run(translation, StreamSamples.complete(upstream))
        let wanted =
            switch client {
            case .chat: Self.chatOutline
            case .messages: Self.messagesOutline
            case .responses: Self.responsesOutline
            }
        try expectEqual(outline(stream).filter { $0 != "ping" }, wanted)
    }

    @Test("each event is translated as soon as it arrives", arguments: StreamSamples.pairs)
    func immediate(_ client: ModelAPI, _ upstream: ModelAPI) throws {
        var stream = try translate(StreamSamples.ask, client, upstream).makeStream()
        let text = StreamSamples.complete(upstream)
        let separator = upstream == .chat ? "\n\n" : "\r\n\r\n"
        for event in text.components(around: separator) {
            let output = String(decoding: stream.feed(Array((event + separator).utf8)), as: UTF8.self)
            for word in ["hm", "Grüße", "🎉"] where event.contains(#"":"\#(word)"#) && event.contains("delta") {
                #expect(output.contains(word == "hm" && client == .messages ? "event: ping" : word))
            }
        }
        #expect(stream.hasEnded && stream.finish().isEmpty)
    }

    @Test("a stream that is split anywhere gives the same result", arguments: StreamSamples.pairs)
    func split(_ client: ModelAPI, _ upstream: ModelAPI) throws {
        let translation = try translate(StreamSamples.ask, client, upstream)
        let bytes = Array(StreamSamples.complete(upstream).utf8)
        expectEqual(run(translation, bytes.map { [$0] }), run(translation, [bytes]))

        // Each event is cut at each place, and must give the same together with the next one.
        let separator = upstream == .chat ? "\n\n" : "\r\n\r\n"
        let events = String(decoding: bytes, as: UTF8.self).components(around: separator)
            .map { Array(($0 + separator).utf8) }
        var before = translation.makeStream()
        for (event, next) in zip(events, events.dropFirst() + [[]]) {
            var whole = before
            let wanted = whole.feed(event + next)
            for cut in 0...event.count {
                var stream = before
                let output = stream.feed(Array(event[..<cut])) + stream.feed(Array(event[cut...]) + next)
                if output != wanted { Issue.record("cut at \(cut) of \(String(decoding: event, as: UTF8.self))") }
            }
            _ = before.feed(event)
        }
    }

    @Test("a stream that is cut off never looks complete", arguments: StreamSamples.pairs)
    func unfinished(_ client: ModelAPI, _ upstream: ModelAPI) throws {
        let translation = try translate(StreamSamples.ask, client, upstream)
        let text = StreamSamples.complete(upstream)
        let bytes = Array(text.utf8)
        // After the last mark that says how the answer ended.
        let marks = [ModelAPI.chat: "finish_reason", .messages: "message_stop\"}", .responses: "response.completed\""]
        let mark = try #require(text.firstRange(of: marks[upstream] ?? ""))
        let end = text.utf8.distance(from: text.utf8.startIndex, to: mark.lowerBound)
        var stream = translation.makeStream()
        var begun: [UInt8] = []
        for cut in 0...end {
            var cutOff = stream
            let output = String(decoding: begun + cutOff.finish(), as: UTF8.self)
            let isFailed =
                switch client {
                case .chat: output.contains(#"data: {"error":{"#) && !output.contains("[DONE]")
                case .messages: output.contains("event: error\n") && !output.contains("message_stop")
                case .responses: output.contains("event: response.failed\n") && !output.contains("response.completed")
                }
            if !isFailed { Issue.record("cut at \(cut): \(output.suffix(200))") }
            begun += stream.feed([bytes[cut]])
        }
    }

    @Test("random bytes and random cuts never stop the translation, and equal input gives equal output")
    func random() throws {
        var numbers = SeededGenerator(state: 42)
        for (client, upstream) in StreamSamples.pairs {
            let translation = try translate(StreamSamples.ask, client, upstream)
            let sample = Array(StreamSamples.complete(upstream).utf8)
            for _ in 0..<60 {
                var bytes = sample
                for _ in 0..<Int.random(in: 0...3, using: &numbers) {
                    let place = Int.random(in: 0..<bytes.count, using: &numbers)
                    switch Int.random(in: 0...3, using: &numbers) {
                    case 0: bytes[place] = UInt8.random(in: 0...255, using: &numbers)
                    case 1: bytes.remove(at: place)
                    case 2: bytes.removeSubrange(place..<min(bytes.count, place + 40))
                    default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 80)], at: place)
                    }
                }
                var pieces: [[UInt8]] = []
                var rest = bytes[...]
                while !rest.isEmpty {
                    let count = Int.random(in: 1...min(rest.count, 90), using: &numbers)
                    pieces.append(Array(rest.prefix(count)))
                    rest = rest.dropFirst(count)
                }
                let output = run(translation, pieces)
                expectEqual(output, run(translation, [bytes]))
                #expect(try !events(output).isEmpty)
            }
        }
    }
}

extension String {
    /// The parts between separators, without an empty last one.
    func components(around separator: String) -> [String] {
        self.split(separator: separator, omittingEmptySubsequences: true).map(String.init)
    }
}
