import Copilot
import Crypto
import HTTP
import HTTPClient
import HTTPServer
import Host
import IRC
import JSON
import Kit
import Logging
import Matrix
import Models
import Olm
import Primitives
import Proxy
import YAML

/// Every parser of untrusted bytes. A new one needs a case here and a line in ``run(_:)``.
enum FuzzTarget: String, CaseIterable {
    case yaml
    case configuration
    case json
    case http
    case chunks
    case response
    case events
    case irc
    case redaction
    case completion
    case responses
    case framing
    case usage
    case model
    case olm
    case verification
    case markdown
    case document
    case tasks
    case graphql
    case shared
    case archive
    case slack
    case telegram
    case matrix
    case token

    func run(_ bytes: [UInt8]) {
        switch self {
        case .yaml: _ = try? YAML.parse(bytes)
        case .configuration: Self.readConfiguration(bytes)
        case .json: Self.roundTrip(bytes)
        case .http: Self.readHeads(bytes)
        case .chunks: Self.readChunks(bytes)
        case .response: Self.readResponse(bytes)
        case .events: Self.readEvents(bytes)
        case .irc: Self.talkIRC(bytes)
        case .redaction: Self.redact(bytes)
        case .completion: Self.readCompletion(bytes)
        case .responses: Self.readResponses(bytes)
        case .framing: Self.readFrames(bytes)
        case .usage: Self.scanUsage(bytes)
        case .model: Self.findModel(bytes)
        case .olm: Self.decrypt(bytes)
        case .verification: Self.verify(bytes)
        case .markdown: Self.render(bytes)
        case .document: Self.readDocument(bytes)
        case .tasks: Self.readTasks(bytes)
        case .graphql: Self.readGraphQL(bytes)
        case .shared: Self.share(bytes)
        case .archive: Self.readArchive(bytes)
        case .slack: Self.readSlack(bytes)
        case .telegram: Self.readTelegram(bytes)
        case .matrix: Self.talkMatrix(bytes)
        case .token: Self.readToken(bytes)
        }
    }

    /// Messages of strangers, past the base64 that carries them.
    private static func decrypt(_ bytes: [UInt8]) {
        let text = base64Unpadded(bytes)
        let account = OlmAccount()
        for kind in [OlmMessage.Kind.preKey, .normal] {
            let message = OlmMessage(kind: kind, body: text)
            if let begun = try? account.outboundSession(to: account.curve25519, oneTimeKey: account.curve25519) {
                _ = begun.matches(message, from: account.curve25519)
                _ = try? begun.decrypt(message)
            }
            guard let session = try? account.inboundSession(message, from: account.curve25519) else { continue }
            _ = try? session.decrypt(message)
        }
        let room = MegolmOutboundSession()
        _ = try? MegolmInboundSession(sessionKey: room.sessionKey).decrypt(text)
        _ = try? MegolmInboundSession(sessionKey: text)
        _ = try? MegolmInboundSession(exported: text)
        _ = verifyEd25519(text, of: bytes, by: account.ed25519)
    }

    /// A message to this device, and what the server says of its sender's keys.
    private static func verify(_ bytes: [UInt8]) {
        guard let json = try? JSON.parse(bytes) else { return }
        let now = AdapterTime(monotonic: 1_000, wall: 1_000)
        var verification = MatrixVerification(user: "@bot:s", device: "B", ed25519: "", masterKey: nil)
        for event in [json] + (json["events"]?.arrayValue ?? []) {
            guard let message = MatrixVerificationEvent(toDevice: event) else { continue }
            let keys = MatrixUserKeys(user: message.sender, answer: json)
            for action in verification.handle(message, keys: keys, at: now) {
                if case .asked(let flow) = action { _ = verification.accept(flow, at: now) }
            }
        }
        _ = verification.expire(at: AdapterTime(monotonic: 700_000, wall: 700_000))
    }

    /// Nobody may read another model than the one that is found.
    private static func findModel(_ bytes: [UInt8]) {
        guard let name = ModelName.find(in: bytes), let value = try? JSON.parse(bytes, depthLimit: 1_000) else {
            return
        }
        precondition(value["model"]?.stringValue == name, "a parser reads another model")
        precondition(
            value.objectValue?.allSatisfy { $0.key.lowercased() != "model" || $0.value == .string(name) } == true,
            "a parser that ignores case reads another model")
    }

    private static func readConfiguration(_ bytes: [UInt8]) {
        let surroundings = Surroundings(
            environment: ["HOME": "/nonexistent", "A": "x"], currentDirectory: "/nonexistent")
        let loaded = ConfigurationLoader(surroundings: surroundings).read(bytes, file: "fuzz.yaml")
        precondition(loaded.configuration != nil || !loaded.errors.isEmpty, "refused without a reason")
    }

    /// A value that is written and read again must not change.
    private static func roundTrip(_ bytes: [UInt8]) {
        guard let value = try? JSON.parse(bytes) else { return }
        precondition((try? JSON.parse(value.bytes)) == value, "changed by writing")
    }

    /// Parses the text in two pieces, cut where the first byte says: the cut must not change the result.
    private static func readHeads(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return }
        let text = Array(bytes.dropFirst())
        var whole = RequestParser()
        let expected = try? whole.parse(text.span)
        if let headers = expected?.head?.headers { Self.check(headers) }
        let cut = min(Int(first), text.count)
        var parser = RequestParser()
        guard let before = try? parser.parse(text.span.extracting(..<cut)) else {
            precondition(expected == nil, "refused only when cut")
            return
        }
        if before.head != nil { return }
        let after = try? parser.parse(text.span.extracting(cut...))
        precondition((after == nil) == (expected == nil), "a cut changes what is refused")
        precondition((after?.head == nil) == (expected?.head == nil), "a cut changes what is complete")
    }

    /// Questions by a name's number and by its text have the same answers, also after changes.
    private static func check(_ headers: HTTPHeaders) {
        for (index, field) in headers.enumerated() {
            let name = headers.known(at: index)
            guard name != .other else { continue }
            precondition(headers.contains(name) && headers[name] == headers[field.name], "another field is found")
            var others = headers
            others.remove(name)
            precondition(!others.contains(field.name) && !others.contains(name), "a removed field is found")
        }
    }

    private static func readChunks(_ bytes: [UInt8]) {
        var parser = ChunkedBodyParser()
        var position = 0
        while let event = try? parser.next(bytes.span, from: &position) {
            switch event {
            case .data(let range): precondition(range.upperBound <= bytes.count && !range.isEmpty)
            case .end, .needsMore: return
            }
        }
    }

    /// Reads a response in two pieces, cut where the first byte says: the cut must not change it, nor where it ends.
    private static func readResponse(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return }
        let text = Array(bytes.dropFirst())
        let cut = min(Int(first), text.count)
        let whole = Self.response(in: [text])
        precondition(
            Self.response(in: [Array(text[..<cut]), Array(text[cut...])]) == whole, "a cut changes the response")
    }

    /// The head, the body and the number of bytes after it; nil for an invalid response.
    private static func response(in pieces: [[UInt8]]) -> [String]? {
        var reader = ResponseReader(to: .get, limit: 1_024, host: "fuzz")
        var head = "", body: [UInt8] = [], consumed = 0
        do {
            for piece in pieces {
                var position = 0
                reading: while true {
                    switch try reader.next(piece.span, from: &position) {
                    case .head(let found): head = "\(found.status) \(found.version)\n\(found.headers)"
                    case .body(let range): body += piece[range]
                    case .needsMore: break reading
                    case .end: return [head, String(decoding: body, as: UTF8.self), "\(consumed + position)"]
                    }
                }
                precondition(position == piece.count, "bytes are left over")
                consumed += piece.count
            }
            return [head, String(decoding: body, as: UTF8.self)]
        } catch {
            return nil
        }
    }

    /// Parses the text in two pieces, cut where the first byte says: the cut must not change the events.
    private static func readEvents(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return }
        let text = Array(bytes.dropFirst())
        let cut = min(Int(first), text.count)
        var whole = ServerSentEventParser(maximumEventBytes: 256)
        var parser = ServerSentEventParser(maximumEventBytes: 256)
        guard let expected = try? whole.parse(text) else { return }
        let before = try? parser.parse(Array(text[..<cut]))
        let after = try? parser.parse(Array(text[cut...]))
        precondition((before ?? []) + (after ?? []) == expected, "a cut changes the events")
    }

    /// Treats the bytes as a server's lines after a connection is established.
    private static func talkIRC(_ bytes: [UInt8]) {
        var settings = IRCSettings(id: "fuzz", host: "localhost", port: 6667, tls: .none)
        settings.channels = [.init("#a")]
        var session = IRCStateMachine(settings: settings)
        var now = AdapterTime(monotonic: 0, wall: 1_700_000_000_000)
        _ = session.handle(.connecting, at: now)
        _ = session.handle(.connected(id: "x", isSecure: false, nonce: "n"), at: now)
        var buffer = IRCLineBuffer()
        buffer.append(bytes)
        while let line = buffer.next() {
            now.monotonic += 1
            if let line = IRCLine(line) { _ = session.handle(.line(line), at: now) }
            if let deadline = session.deadline, deadline <= now.monotonic { _ = session.handle(.time, at: now) }
        }
        _ = session.handle(.quit, at: now)
    }

    /// A known token must never leak, whatever surrounds it.
    private static func redact(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        var redactor = Redactor()
        redactor.register(Secret("correct horse"))
        let result = redactor.redact("\(text) ghp_Planted0123456789 \(text)correct horse\(text)")
        precondition(!result.contains("Planted0123456789") && !result.contains("correct horse"), "a secret leaked")
        _ = redactor.redact((try? JSON.parse(bytes)) ?? .null)
    }

    /// Each line is the data of one event; the end must yield a finish reason or an error.
    private static func readCompletion(_ bytes: [UInt8]) {
        var stream = ChatCompletionStream()
        var hasText = false
        do {
            for line in bytes.split(separator: 0x0A) {
                for event in try stream.receive(Array(line)) {
                    if case .delta(let text) = event { hasText = hasText || !text.isEmpty }
                }
            }
            precondition(!hasText || stream.hasAnswer, "text without an answer")
            guard case .finished = try stream.end().last else { preconditionFailure("an end without a reason") }
        } catch {
            precondition(!error.message.isEmpty && !error.message.utf8.contains(0x0A), "no line for people")
        }
        _ = TokenEstimator.tokens(in: String(decoding: bytes, as: UTF8.self))
    }

    /// Each line is the data of one event; the end must yield a finish reason or an error.
    private static func readResponses(_ bytes: [UInt8]) {
        var stream = ResponsesStream()
        do {
            for line in bytes.split(separator: 0x0A) { _ = try stream.receive(Array(line)) }
            guard case .finished = try stream.end().last else { preconditionFailure("an end without a reason") }
        } catch {
            precondition(!error.message.isEmpty && !error.message.utf8.contains(0x0A), "no line for people")
        }
    }

    /// Parses the bytes in two pieces, cut where the first byte says: the cut must not change the messages.
    private static func readFrames(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return }
        let text = Array(bytes.dropFirst())
        let cut = min(Int(first), text.count)
        var whole = JSONRPCFraming(bodyLimit: 4_096)
        var pieces = JSONRPCFraming(bodyLimit: 4_096)
        guard let expected = try? whole.receive(text) else { return }
        let before = try? pieces.receive(Array(text[..<cut]))
        let after = try? pieces.receive(Array(text[cut...]))
        precondition((before ?? []) + (after ?? []) == expected, "a cut changes the messages")
    }

    /// Scans the bytes in two pieces, cut where the first byte says: the cut must not change the counts.
    private static func scanUsage(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return }
        let text = Array(bytes.dropFirst())
        let cut = min(Int(first), text.count)
        var whole = UsageScanner()
        whole.feed(text)
        var pieces = UsageScanner()
        pieces.feed(Array(text[..<cut]))
        pieces.feed(Array(text[cut...]))
        precondition(pieces.usage == whole.usage && pieces.model == whole.model, "a cut changes what is counted")
    }
}
