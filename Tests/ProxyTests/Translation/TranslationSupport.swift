import HTTP
import HTTPClient
import JSON
import TestSupport
import Testing

@testable import Proxy

/// A translation that must succeed.
func translate(_ text: String, _ client: ModelAPI, _ upstream: ModelAPI) throws -> Translation {
    try Translation(try JSON.parse(text), from: client, to: upstream, at: 1_700_000_000)
}

/// The message of the refusal.
func refusal(_ text: String, _ client: ModelAPI, _ upstream: ModelAPI) throws -> String? {
    let body = try JSON.parse(text)
    do {
        _ = try Translation(body, from: client, to: upstream)
        return nil
    } catch {
        #expect(error.status == 400 && error.code == "untranslatable_request" && error.type == "invalid_request_error")
        return error.message
    }
}

/// Feeds the pieces of a stream and returns everything that comes out.
func run(_ translation: Translation, _ pieces: [[UInt8]]) -> String {
    var stream = translation.makeStream()
    var output: [UInt8] = []
    for piece in pieces { output += stream.feed(piece) }
    return String(decoding: output + stream.finish(), as: UTF8.self)
}

func run(_ translation: Translation, _ text: String) -> String { run(translation, [Array(text.utf8)]) }

/// The data of the events of a stream; `"[DONE]"` as a string.
func events(_ stream: String) throws -> [JSON] {
    var parser = ServerSentEventParser()
    return try parser.parse(Array(stream.utf8)).map { event in
        if event.data == "[DONE]" { return "[DONE]" }
        let data = try JSON.parse(event.bytes)
        // Named events repeat their name in the data.
        if event.event != "message" { expectEqual(data["type"]?.stringValue, event.event) }
        return data
    }
}

/// A short form of events for comparisons: the type and what changes.
func outline(_ stream: String) throws -> [String] {
    try events(stream).map { event in
        if let text = event.stringValue { return text }
        if let type = event["type"]?.stringValue {
            let place = event["index"] ?? event["output_index"]
            let what: [JSON?] = [
                event["delta"]?["text"], event["delta"]?["thinking"], event["delta"]?["partial_json"],
                event["delta"]?["stop_reason"], event["content_block"]?["type"], event["item"]?["type"],
                event["error"]?["message"], event["response"]?["error"]?["message"], event["delta"],
            ]
            let word = what.lazy.compactMap { $0?.stringValue }.first
            return [type, place?.text, word].compactMap { $0 }.joined(separator: " ")
        }
        if let error = event["error"] { return "error \(error["message"]?.stringValue ?? "")" }
        guard let choice = event["choices"]?[0] else { return "usage \(event["usage"]?["total_tokens"]?.text ?? "")" }
        if let reason = choice["finish_reason"]?.stringValue { return "finish \(reason)" }
        return choice["delta"]?.text ?? ""
    }
}
