internal import Chat
internal import Crypto
package import Files
internal import HTTP
internal import HTTPClient
internal import JSON
package import Models
internal import Primitives

/// Asks an OpenAI-compatible endpoint to write down speech, and to read text aloud. Each request is made once: what failed
/// is said at once, and repeated by people.
package struct SpeechClient: Sendable {
    package let settings: SpeechSettings
    private let transport: any ModelTransport
    /// Milliseconds since 1970.
    private let now: @Sendable () -> Int64

    package init(
        _ settings: SpeechSettings, transport: any ModelTransport, now: @escaping @Sendable () -> Int64 = WallClock.now
    ) {
        self.settings = settings
        self.transport = transport
        self.now = now
    }

    /// Bytes of a text, and of the rest of its answer.
    private static let answerLimit = 1 << 20
    /// Bytes of sound: ten times what the longest text takes.
    private static let soundLimit = 20 << 20
    /// Of a transcript, in bytes.
    static let textLimit = 32 << 10

    /// What is said in a voice note. Throws ``FileFailure``, or `CancellationError`.
    package func transcribe(_ note: VoiceNote) async throws -> Transcript {
        let began = self.now()
        var form = MultipartBody(boundary: "jetbridge-\(hex(randomBytes(16)))")
        form.add("model", self.settings.model.utf8)
        form.add("response_format", "json".utf8)
        form.add("file", file: note.bytes, named: note.name, mediaType: note.mediaType)
        let bytes = form.bytes
        guard bytes.count <= VoiceNote.sizeLimit else {
            throw FileFailure(reason: SpeechTexts.tooLarge(VoiceNote.sizeLimit))
        }
        let body = try await self.ask("audio/transcriptions", form.contentType, bytes, upTo: Self.answerLimit)
        guard let json = try? JSON.parse(body), let said = json["text"]?.stringValue else {
            throw FileFailure(reason: SpeechTexts.notUnderstood)
        }
        let text = Self.line(said)
        guard !text.isEmpty else { throw FileFailure(reason: SpeechTexts.silence) }
        return Transcript(text: text, call: self.call(json["usage"], since: began))
    }

    /// A text of at most ``SpokenAnswer/limit`` characters, as sound: Ogg Opus, if the endpoint keeps to what is asked.
    /// Throws ``FileFailure``, or `CancellationError`.
    package func say(_ text: String, as voice: String) async throws -> [UInt8] {
        let request: JSON = [
            "model": .string(self.settings.voiceModel), "voice": .string(voice), "input": .string(text),
            "response_format": "opus",
        ]
        let sound = try await self.ask("audio/speech", "application/json", request.bytes, upTo: Self.soundLimit)
        guard sound.count > 16, FileType.sniff(sound) == .ogg || !FileType.sniff(sound).isText else {
            throw FileFailure(reason: SpeechTexts.noSound)
        }
        return sound
    }

    private func ask(_ path: String, _ type: String, _ body: [UInt8], upTo limit: Int) async throws -> [UInt8] {
        var headers: HTTPHeaders = ["Content-Type": type, "Accept": "*/*"]
        if let key = self.settings.apiKey { headers["Authorization"] = "Bearer \(key.reveal())" }
        let request = TransportRequest(
            .post, self.settings.baseURL.adding(path: path), headers: headers, body: body,
            idleTimeout: self.settings.timeout, totalTimeout: self.settings.timeout)
        do {
            let response = try await self.transport.send(request)
            let received = try await response.start(upTo: limit + 1)
            try Task.checkCancellation()
            guard (200..<300).contains(response.status) else {
                let failure = EndpointFailure(body: received)
                throw FileFailure(reason: SpeechTexts.refused(response.status, failure.quotation))
            }
            guard received.count <= limit else { throw FileFailure(reason: SpeechTexts.tooLarge(limit)) }
            return received
        } catch let error as HTTPClientError {
            throw FileFailure(reason: SpeechTexts.failed(error, after: self.settings.timeout))
        }
    }

    /// Tokens, which some models report, or nothing: others count seconds.
    private func call(_ usage: JSON?, since began: Int64) -> ModelCall? {
        guard let input = usage?["input_tokens"]?.intValue, let output = usage?["output_tokens"]?.intValue,
            (0...10_000_000).contains(input), (0...10_000_000).contains(output)
        else { return nil }
        return ModelCall(
            .chat, asked: self.settings.model, input: input, output: output, began: began, ended: self.now())
    }

    /// One line without invisible characters.
    private static func line(_ said: String) -> String {
        let words = StreamSafeText.of(said).split(whereSeparator: { $0.isWhitespace || $0.isNewline })
        let visible = words.map { word in
            String(String.UnicodeScalarView(word.unicodeScalars.filter { !Self.isHidden($0) }))
        }
        let text = visible.filter { !$0.isEmpty }.joined(separator: " ")
        return text.utf8.count <= Self.textLimit ? text : text.beginning(bytes: Self.textLimit - 3) + "…"
    }

    /// Control characters, and those that turn the direction of what follows.
    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control || (0x202A...0x202E).contains(scalar.value)
            || (0x2066...0x2069).contains(scalar.value)
    }
}
