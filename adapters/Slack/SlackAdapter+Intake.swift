internal import Chat
internal import HTTP
package import HTTPServer
internal import JSON
internal import Kit
internal import Logging
internal import Primitives

/// The Events API over HTTP: events, slash commands and interactions at one address.
extension SlackAdapter {
    private static let bodyLimit = 1 << 20

    /// Answers Slack's request after its content is stored, within three seconds. Refuses requests whose signature is
    /// wrong or old.
    package func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
        guard case .http(let secret) = self.settings.intake else {
            return .text("this Slack connection uses Socket Mode", .notFound)
        }
        guard request.method == .post else { return .text("POST only", .methodNotAllowed) }
        guard let body = try? await request.body.collect(upTo: Self.bodyLimit) else {
            return .text("the body is too large or incomplete", .contentTooLarge)
        }
        guard SlackSignature.isValid(body, headers: request.headers, secret: secret, wall: self.now.wall) else {
            self.noteForgery()
            return .text("the signature is wrong or old", .unauthorized)
        }
        let type = request.headers["content-type"].flatMap { MediaType(parsing: $0) }
        if type?.essence == MediaType.form.essence { return await self.respond(toForm: body) }
        guard let payload = try? JSON.parse(body) else { return .text("the body is not JSON", .badRequest) }
        switch payload["type"]?.stringValue {
        case "url_verification": return .text(payload["challenge"]?.stringValue ?? "")
        case "event_callback":
            if let attempt = request.headers["x-slack-retry-num"] {
                self.logger.debug(
                    "Slack redelivered an event",
                    ["attempt": .string(attempt), "reason": .string(request.headers["x-slack-retry-reason"] ?? "")])
            }
            return await self.store(.events, payload)
        case "app_rate_limited":
            self.logger.warning("Slack is dropping events: more than 30,000 were sent within an hour")
            return HTTPServerResponse(.ok)
        default: return HTTPServerResponse(.ok)
        }
    }

    /// Anyone can send such requests, so the log reports them at most once a minute.
    private func noteForgery() {
        let now = self.now.monotonic
        let count = self.state.withLock { $0.forgeries.note(at: now) }
        guard let count else { return }
        self.logger.warning(
            "A request with a wrong or old signature was refused; check signing_secret and the clock",
            ["requests": .integer(Int64(count))])
    }

    private func respond(toForm body: [UInt8]) async -> HTTPServerResponse {
        let form = HTTPQuery(parsing: String(decoding: body, as: UTF8.self))
        if let text = form["payload"] {
            guard let payload = try? JSON.parse(text) else { return .text("the payload is not JSON", .badRequest) }
            return await self.store(.interactive, payload)
        }
        guard form["command"] != nil else { return .text("neither a command nor a payload", .badRequest) }
        if form["ssl_check"] == "1" { return HTTPServerResponse(.ok) }
        let members = form.items.map { ($0.name, JSON.string($0.value)) }
        return await self.store(.slash, .object(JSONObject(members: members)))
    }

    /// Answers 200 only for what is stored; Slack redelivers after any other status.
    private func store(_ kind: SlackEnvelope.Kind, _ payload: JSON) async -> HTTPServerResponse {
        await withCheckedContinuation { continuation in
            self.enqueue(payload, as: kind) { isStored, answer in
                if !isStored {
                    continuation.resume(returning: .text("not stored; try again", .serviceUnavailable))
                } else if let answer {
                    continuation.resume(returning: .json(answer))
                } else {
                    continuation.resume(returning: HTTPServerResponse(.ok))
                }
            }
        }
    }
}
