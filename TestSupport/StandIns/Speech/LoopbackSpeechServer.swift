internal import EventLoop
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Primitives

/// OpenAI's endpoint for speech on loopback, for tests: as strict as the real one, by
/// https://platform.openai.com/docs/api-reference/audio.
package final class LoopbackSpeechServer: Sendable {
    /// What the next request meets.
    package enum Behavior: Sendable {
        /// A note says this.
        case text(String)
        case refusal(status: Int, message: String)
        /// A body that is none of the API.
        case raw(String)
        /// Nothing is answered until the client goes.
        case silence
    }

    /// A valid request.
    package struct Request: Sendable, Equatable {
        package let path: String
        package var model: String
        /// Of a note.
        package var fileName: String?
        package var bytes: [UInt8] = []
        /// Of a text that is read aloud.
        package var voice: String?
        package var input = ""
        package var key: String?
    }

    private struct State {
        var queue: [Behavior] = []
        var requests: [Request] = []
        var count = 0
    }

    package let port: UInt16
    private let server: HTTPServer
    private let state: Protected<State>

    /// Starts a server on `port`; 0 picks a free one.
    ///
    /// - Parameter apiKey: The key that requests must carry; nil accepts any or none.
    package static func started(port: UInt16 = 0, apiKey: String? = nil) async throws -> LoopbackSpeechServer {
        let state = Protected(State())
        // The real limit is checked below.
        let server = HTTPServer(.standIn(port: port, bodyLimit: 40 << 20), name: "speech server", logger: .silent) {
            request in
            do throws(Refusal) {
                return try await Self.answer(request, apiKey, state)
            } catch {
                return error.response
            }
        }
        try await server.start()
        return LoopbackSpeechServer(server, server.boundAddress?.port ?? port, state)
    }

    private init(_ server: HTTPServer, _ port: UInt16, _ state: Protected<State>) {
        self.server = server
        self.port = port
        self.state = state
    }

    package func stop() async { await self.server.stop() }

    package var baseURL: String { "http://127.0.0.1:\(self.port)/v1" }
    /// The valid requests so far, oldest first.
    package var requests: [Request] { self.state.withLock { $0.requests } }
    /// The number of requests of any kind.
    package var requestCount: Int { self.state.withLock { $0.count } }

    package func enqueue(_ behaviors: Behavior...) { self.state.withLock { $0.queue += behaviors } }

    // MARK: Answers

    /// One second of Ogg Opus by its container: the packets are silence.
    package static func sound(seconds: Int = 1) -> [UInt8] {
        func page(_ flags: UInt8, _ samples: Int64, _ number: UInt8, _ packet: [UInt8]) -> [UInt8] {
            let place = (0..<8).map { UInt8(truncatingIfNeeded: samples >> (8 * $0)) }
            return Array("OggS".utf8) + [0, flags] + place + [1, 0, 0, 0, number, 0, 0, 0, 0, 0, 0, 0, 1]
                + [UInt8(packet.count)] + packet
        }
        let head = Array("OpusHead".utf8) + [1, 1, 0x38, 1, 0x80, 0xBB, 0, 0, 0, 0, 0]
        return page(2, 0, 0, head) + page(0, 0, 1, Array("OpusTags".utf8) + [0, 0, 0, 0, 0, 0, 0, 0])
            + page(4, Int64(seconds) * 48_000, 2, [0xF8, 0xFF, 0xFE])
    }

    private struct Refusal: Error {
        var status = 400
        let message: String
        var parameter: String?

        var response: HTTPServerResponse {
            .json(
                [
                    "error": [
                        "message": .string(self.message), "type": "invalid_request_error",
                        "param": self.parameter.map { .string($0) } ?? .null, "code": .null,
                    ]
                ], HTTPStatus(self.status))
        }
    }

    private static func answer(
        _ request: HTTPServerRequest, _ apiKey: String?, _ state: Protected<State>
    ) async throws(Refusal) -> HTTPServerResponse {
        state.withLock { $0.count += 1 }
        let key = request.headers["authorization"].flatMap { header in
            header.hasPrefix("Bearer ") ? String(header.dropFirst("Bearer ".count)) : nil
        }
        if let apiKey, key != apiKey {
            throw Refusal(status: 401, message: "Incorrect API key provided: \((key ?? "").prefix(4))****.")
        }
        guard request.method == .post, let body = try? await request.body.collect() else {
            throw Refusal(status: 405, message: "Not allowed to \(request.method) on \(request.path).")
        }
        let type = request.headers["content-type"].flatMap { MediaType(parsing: $0) }
        var read: Request
        switch String(request.path) {
        case "/v1/audio/transcriptions": read = try Self.note(body, type)
        case "/v1/audio/speech": read = try Self.text(body, type)
        default: throw Refusal(status: 404, message: "Invalid URL (\(request.method) \(request.path))")
        }
        read.key = key
        let behavior = state.withLock { [read] state in
            state.requests.append(read)
            return state.queue.isEmpty ? Behavior.text("Hello there.") : state.queue.removeFirst()
        }
        switch behavior {
        case .refusal(let status, let message): throw Refusal(status: status, message: message)
        case .raw(let text): return HTTPServerResponse(.ok, body: .bytes(Array(text.utf8)))
        case .silence:
            // Ends when the client disconnects.
            try? await EventLoop.shared.sleep(for: .seconds(86_400))
            return HTTPServerResponse(.ok, body: .bytes([]))
        case .text(let text): return Self.response(to: read, text)
        }
    }

    private static func response(to request: Request, _ text: String) -> HTTPServerResponse {
        guard request.fileName != nil else {
            var response = HTTPServerResponse(.ok, body: .bytes(Self.sound()))
            response.headers["Content-Type"] = "audio/opus"
            return response
        }
        let usage: JSON =
            request.model == "whisper-1"
            ? ["type": "duration", "seconds": 1]
            : ["type": "tokens", "input_tokens": 14, "output_tokens": 5, "total_tokens": 19]
        return .json(["text": .string(text), "usage": usage])
    }

    // MARK: Checks

    private static let writers = ["gpt-4o-mini-transcribe", "gpt-4o-transcribe", "whisper-1"]
    private static let readers = ["gpt-4o-mini-tts", "tts-1", "tts-1-hd"]
    private static let voices = [
        "alloy", "ash", "ballad", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer", "verse",
    ]
    private static let endings = ["flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "oga", "ogg", "wav", "webm"]
    private static let sizeLimit = 26_214_400

    private static func note(_ body: [UInt8], _ type: MediaType?) throws(Refusal) -> Request {
        guard body.count <= Self.sizeLimit else {
            throw Refusal(
                status: 413,
                message: "Maximum content size limit (\(Self.sizeLimit)) exceeded (\(body.count) bytes read)")
        }
        guard type?.essence == "multipart/form-data", let boundary = type?["boundary"],
            let parts = MultipartForm.parts(of: body, boundary: boundary)
        else { throw Refusal(message: "We could not parse your multipart form.") }
        func field(_ name: String) -> String? {
            parts.first { $0.name == name && $0.fileName == nil }.map { String(decoding: $0.bytes, as: UTF8.self) }
        }
        guard let model = field("model") else {
            throw Refusal(message: "you must provide a model parameter", parameter: "model")
        }
        guard Self.writers.contains(model) else {
            throw Refusal(status: 404, message: "The model `\(model)` does not exist or you do not have access to it.")
        }
        guard let file = parts.first(where: { $0.name == "file" }), let name = file.fileName else {
            throw Refusal(message: "'file' is a required property", parameter: "file")
        }
        guard name.contains("."), let ending = name.split(separator: ".").last, Self.endings.contains(String(ending))
        else { throw Refusal(message: "Unrecognized file format. Supported formats: \(Self.endings)") }
        guard !file.bytes.isEmpty else {
            throw Refusal(message: "Audio file is too short. Minimum audio length is 0.1 seconds.", parameter: "file")
        }
        let format = field("response_format") ?? "json"
        let formats = model == "whisper-1" ? ["json", "text", "srt", "verbose_json", "vtt"] : ["json", "text"]
        guard formats.contains(format) else {
            throw Refusal(
                message: "response_format '\(format)' is not compatible with model '\(model)'.",
                parameter: "response_format")
        }
        let known: Set = [
            "model", "file", "response_format", "language", "prompt", "temperature", "stream", "include[]",
            "timestamp_granularities[]",
        ]
        if let other = parts.first(where: { !known.contains($0.name) }) {
            throw Refusal(message: "Unrecognized request argument supplied: \(other.name)")
        }
        return Request(path: "audio/transcriptions", model: model, fileName: name, bytes: file.bytes)
    }

    private static func text(_ body: [UInt8], _ type: MediaType?) throws(Refusal) -> Request {
        guard type?.essence == "application/json", let json = try? JSON.parse(body) else {
            throw Refusal(message: "We could not parse the JSON body of your request.")
        }
        guard let model = json["model"]?.stringValue, let input = json["input"]?.stringValue,
            let voice = json["voice"]?.stringValue
        else { throw Refusal(message: "'model', 'input' and 'voice' are required properties") }
        guard Self.readers.contains(model) else {
            throw Refusal(status: 404, message: "The model `\(model)` does not exist or you do not have access to it.")
        }
        guard Self.voices.contains(voice) else {
            throw Refusal(message: "Input should be \(Self.voices)", parameter: "voice")
        }
        guard !input.isEmpty, input.unicodeScalars.count <= 4_096 else {
            throw Refusal(message: "String should have at least 1 and at most 4096 characters", parameter: "input")
        }
        let format = json["response_format"]?.stringValue ?? "mp3"
        guard format == "opus" else { throw Refusal(message: "This stand-in only makes Opus.") }
        return Request(path: "audio/speech", model: model, voice: voice, input: input)
    }
}
