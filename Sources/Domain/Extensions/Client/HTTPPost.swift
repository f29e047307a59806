internal import EventLoop
internal import HTTP
internal import HTTPClient
internal import JSON
internal import Primitives

/// Sends single messages to a server's address, and judges the heads of its answers.
struct HTTPPost: Sendable {
    typealias Header = (name: String, value: String)

    /// The server does not know the session any more; it has not seen the request.
    struct SessionEnded: Error {}

    static let answerLimit = 8 << 20
    /// Of what an error's body says.
    private static let errorLimit = 64 << 10
    private static let redirectLimit = 3
    private static let sessionHeader = "Mcp-Session-Id"

    private let url: HTTPURL
    private let headers: [String: Secret]
    private let client: HTTPClient
    private let name: String
    /// The host's account; nil without one.
    private let signIn: (any ExtensionAuthorizing)?

    /// Throws ``ExtensionFailure`` if the address is neither `https` nor this machine's.
    init(
        to url: HTTPURL, headers: [String: Secret], over client: HTTPClient, name: String,
        signIn: (any ExtensionAuthorizing)? = nil
    ) throws(ExtensionFailure) {
        guard url.isSecure || url.isLoopback else {
            throw ExtensionFailure(
                .down,
                "\(name) is not used: `url` is http to another machine, where anybody in between reads the calls. "
                    + "Use https.")
        }
        self.url = url
        self.headers = headers
        self.client = client
        self.name = name
        self.signIn = signIn
    }

    // MARK: Requests

    /// Posts a message; the answer's status is a success. Throws ``SessionEnded``, ``RPCError``, ``ExtensionFailure`` or
    /// `CancellationError`.
    func send(_ message: RPCMessage, _ headers: [Header], session: String?) async throws -> HTTPClientResponse {
        let more: [Header] = [
            ("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream"),
        ]
        return try await self.execute(.post, more + headers, session, .bytes(message.json.bytes))
    }

    /// Opens a stream that goes on after an event; nil opens one for what no request asked for.
    func resume(after event: String?, _ headers: [Header], session: String?) async throws -> HTTPClientResponse {
        var more: [Header] = [("Accept", "text/event-stream")]
        if let event { more.append(("Last-Event-ID", event)) }
        return try await self.execute(.get, more + headers, session, .none)
    }

    /// Ends a session; a server may refuse that.
    func end(_ session: String, _ headers: [Header]) async throws {
        _ = try await self.execute(.delete, headers, session, .none)
    }

    private func execute(
        _ method: HTTPMethod, _ headers: [Header], _ session: String?, _ body: HTTPClientRequest.Body
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(method, self.url, body: body)
        // The caller's limit ends it; a server is silent while it works.
        request.idleTimeout = .seconds(86_400)
        let own = self.headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value.reveal()) }
        for (name, value) in own + headers { request.headers.append(name, value) }
        if let session { request.headers.append(Self.sessionHeader, session) }
        let response = try await self.authorized(request)
        guard response.status.isSuccess else { throw try await self.refusal(response, hasSession: session != nil) }
        return response
    }

    /// Sends a request with the account's token, if the host has one; with another one if that was renewed meanwhile.
    private func authorized(_ request: HTTPClientRequest) async throws -> HTTPClientResponse {
        guard let signIn = self.signIn else { return try await self.follow(request) }
        var isRepeated = false
        while true {
            var request = request
            let token = try await signIn.authorization()
            if let token { request.headers.append("Authorization", token.reveal()) }
            let response = try await self.follow(request)
            guard [401, 403].contains(response.status.code) else { return response }
            let challenges = response.headers.values(of: "WWW-Authenticate")
            guard try await signIn.refused(response.status.code, challenges, sent: token), !isRepeated else {
                return response
            }
            isRepeated = true
        }
    }

    private func follow(_ first: HTTPClientRequest) async throws -> HTTPClientResponse {
        var request = first
        for _ in 0...Self.redirectLimit {
            let response: HTTPClientResponse
            do {
                response = try await self.client.execute(request)
            } catch let error as HTTPClientError {
                throw self.failure(error)
            }
            guard let target = try self.redirect(response, from: request.url) else { return response }
            request.url = target
        }
        throw ExtensionFailure(.down, "\(self.name) redirects again and again; correct its `url`.")
    }

    /// Headers may hold a token, so only the same origin gets them, and only where the method stays.
    private func redirect(_ response: HTTPClientResponse, from url: HTTPURL) throws(ExtensionFailure) -> HTTPURL? {
        guard response.status.isRedirect else { return nil }
        guard let location = response.headers["Location"], let target = try? url.resolving(location) else {
            throw ExtensionFailure(.down, "\(self.name) redirects to an address that is not one; correct its `url`.")
        }
        guard target.origin == self.url.origin, [307, 308].contains(response.status.code) else {
            throw ExtensionFailure(
                .down,
                "\(self.name) redirects to \(target.origin), and its headers go to no other address. If it has moved, "
                    + "set `url` to its new one.")
        }
        return target
    }

    // MARK: Answers

    /// The session that an answer begins; nil if the server has none.
    func session(of response: HTTPClientResponse) throws(ExtensionFailure) -> String? {
        guard let session = response.headers[Self.sessionHeader] else { return nil }
        guard (1...1_024).contains(session.utf8.count), session.utf8.allSatisfy({ 0x21..<0x7F ~= $0 }) else {
            throw ExtensionFailure(.malformed, "\(self.name) began a session with an invalid id.")
        }
        return session
    }

    /// The message that is an answer's body; nil if it holds none.
    func message(of response: HTTPClientResponse) async throws -> RPCMessage? {
        do {
            return await RPCMessage.read(try await response.body.collect(upTo: Self.answerLimit))
        } catch let error as HTTPClientError {
            throw self.failure(error)
        }
    }

    /// What an answer without success says.
    private func refusal(_ response: HTTPClientResponse, hasSession: Bool) async throws -> any Error {
        let status = response.status
        switch status.code {
        case 401, 403:
            let headers = "`headers` of its entry, such as Authorization, to what its provider gives out."
            let what =
                self.signIn == nil
                ? "Set \(headers)"
                : "An owner has to sign in, by the page in the thread \"Extensions\" or by `jetbridge extensions check "
                    + "\(self.name)`. If it has no sign-in, set \(headers)"
            return ExtensionFailure(.unauthorized, "\(self.name) refused the sign-in (\(status)). \(what)")
        case 404 where hasSession: return SessionEnded()
        default: break
        }
        let body = (try? await response.body.collect(upTo: Self.errorLimit)) ?? []
        if case .failure(_, let error)? = RPCMessage.parse(body) { return error }
        let words = String(decoding: body, as: UTF8.self).onOneLine.abridged(to: 200)
        let text = "\(self.name) answered \(status)" + (words.isEmpty ? "" : ": \(VisibleText.line(words))")
        return status.isClientError
            ? ExtensionFailure(.refused(code: status.code), text)
            : ExtensionFailure(.down, "\(text). Try again later.")
    }

    func failure(_ error: HTTPClientError) -> ExtensionFailure {
        if error.code == .tooLarge {
            return ExtensionFailure(
                .malformed, "The answer of \(self.name) was left out: it is larger than 8 MiB. Ask for less.")
        }
        guard error.mayHaveReachedServer else {
            return ExtensionFailure(.down, "\(self.name) cannot be reached: \(error.message)")
        }
        return ExtensionFailure(
            .lost,
            "\(self.name) broke off: \(error.message). The call may have run; check before you repeat it.")
    }
}

/// Reads the messages of an event stream, and where it can be resumed.
struct EventReader {
    /// Of a server's delay before a stream is resumed.
    private static let delays = (least: 50, usual: 1_000, most: 30_000)

    /// Of the last event that had one.
    private(set) var lastID: String?
    private var delay = Self.delays.usual
    private var parser = Self.parser()
    private let name: String

    /// - Parameter name: Of the server, for messages.
    init(name: String) {
        self.name = name
    }

    var retry: Duration { .milliseconds(self.delay) }

    /// Another response follows.
    mutating func beginNext() { self.parser = Self.parser() }

    private static func parser() -> ServerSentEventParser {
        ServerSentEventParser(maximumEventBytes: HTTPPost.answerLimit)
    }

    mutating func take(_ bytes: [UInt8]) async throws -> [RPCMessage] {
        let events: [ServerSentEvent]
        do {
            events = try self.parser.parse(bytes)
        } catch {
            throw ExtensionFailure(
                .malformed, "The answer of \(self.name) was left out: it is larger than 8 MiB. Ask for less.")
        }
        var messages: [RPCMessage] = []
        for event in events {
            if !event.id.isEmpty, event.id.utf8.count <= 1_024 { self.lastID = event.id }
            if let retry = event.retry { self.delay = min(max(Self.delays.least, retry), Self.delays.most) }
            // The first event of a stream may have nothing but an id.
            guard event.event == "message", !event.bytes.isEmpty, !LineFraming.isLog(event.bytes),
                let message = await RPCMessage.read(event.bytes)
            else { continue }
            messages.append(message)
        }
        return messages
    }
}
