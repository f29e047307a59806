internal import EventLoop
internal import Glibc
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Logging
internal import Primitives

/// A fast OpenAI-compatible endpoint for both Jetbridge and the peer: it reads requests but ignores their contents.
///
/// `mode=whole` sends the answer as one JSON document. `mode=instant` streams it in one write, as three chunks and the
/// ending. `mode=stream` writes `rate` chunks per second on a fixed schedule, each with the time it was written as text.
/// `mode=story` writes a long text in the same way.
struct BenchModelServer: Sendable {
    private let answer: HTTPServerResponse
    private let port: UInt16

    init(_ arguments: BenchArguments) throws {
        self.answer = Self.answer(
            try arguments.text("mode"), rate: arguments.number("rate", default: 20),
            chunks: arguments.number("chunks", default: 600))
        self.port = UInt16(clamping: arguments.number("port", default: 0))
    }

    /// Serves until the process ends.
    func run() async throws {
        var settings = HTTPServerSettings(port: self.port)
        settings.bodyLimit = 64 << 20
        let server = HTTPServer(
            settings, name: "model", logger: Logger(label: "model"), dispatcher: ModelDispatcher(answer: self.answer))
        try await server.start()
        BenchOutput.line(["base_url": .string("http://127.0.0.1:\(server.boundAddress?.port ?? 0)/v1")])
        try await server.run()
    }

    static func answer(_ mode: String, rate: Int = 20, chunks: Int = 600) -> HTTPServerResponse {
        let headers: HTTPHeaders = ["Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"]
        if mode == "whole" {
            return HTTPServerResponse(.ok, .json, bytes: Self.wholeAnswer)
        }
        guard ["stream", "story"].contains(mode) else {
            return HTTPServerResponse(.ok, headers: headers, body: .bytes(Self.instantAnswer))
        }
        let isStory = mode == "story"
        return HTTPServerResponse(
            .ok, headers: headers,
            body: .streamOnLoop { writer in
                try await Self.stream(chunks, rate: rate, to: writer) { number in
                    isStory ? BenchStory.token(number, of: chunks) : "\(BenchClock.microseconds()) "
                }
            })
    }

    /// The models that it offers.
    static let models: JSON = ["object": "list", "data": [["id": "bench", "object": "model", "owned_by": "bench"]]]

    /// About 1 KB.
    private static let wholeAnswer = Array(
        (#"{"id":"chatcmpl-1","object":"chat.completion","created":1790000000,"model":"bench","choices":[{"index":0,"#
            + #""message":{"role":"assistant","content":""# + String(repeating: "word ", count: 150)
            + #""},"logprobs":null,"finish_reason":"stop"}],"#
            + #""usage":{"prompt_tokens":9,"completion_tokens":150,"total_tokens":159}}"#).utf8)

    private static let instantAnswer: [UInt8] =
        ["This is ", "an instant ", "answer."].flatMap { Self.chunk($0) } + Self.ending

    @Net private static func stream(
        _ chunks: Int, rate: Int, to writer: ResponseWriter, text: @Sendable (Int) -> String
    ) async throws {
        let start = EventLoop.shared.now
        for number in 0..<chunks {
            let due = start.advanced(by: .microseconds(number * 1_000_000 / rate))
            let wait = EventLoop.shared.now.duration(to: due)
            if wait > .zero { try await EventLoop.shared.sleep(for: wait) }
            try await writer.write(Self.chunk(text(number).replacing("\n", with: "\\n")))
        }
        try await writer.write(Self.ending)
    }

    /// About as long as a chunk of OpenAI's API.
    private static func chunk(_ text: String, ending: String = "null") -> [UInt8] {
        Array(
            (#"data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1790000000,"model":"bench","#
                + #""service_tier":"default","system_fingerprint":"fp_bench","choices":[{"index":0,"delta":{"content":""#
                + text + #""},"logprobs":null,"finish_reason":"# + ending + "}]}\n\n").utf8)
    }

    private static let ending = Self.chunk("", ending: #""stop""#) + Array("data: [DONE]\n\n".utf8)
}

/// Gives the same answer to every POST, and lists one model.
private struct ModelDispatcher: HTTPDispatcher {
    let answer: HTTPServerResponse

    func dispatch(_ head: RequestHead) -> HTTPDispatch {
        let answer = self.answer
        return HTTPDispatch(
            .loop { request in
                guard request.method == .post else {
                    return .json(BenchModelServer.models)
                }
                _ = try await request.body.collect()
                return answer
            })
    }
}
