internal import Crypto
internal import HTTP
internal import HTTPServer
package import JSON
package import Logging
package import Primitives
internal import Store

/// GitHub's webhook: `POST /hooks/github`. A delivery needs no credential but its signature.
package struct GitHubHook: Sendable {
    /// The outcome of a delivery.
    package enum Outcome: Sendable {
        case stored
        /// Stored earlier: GitHub repeats deliveries on request, and somebody who has read one could.
        case duplicate
        /// Nothing in it is of interest.
        case ignored
    }

    /// A delivery whose signature is right.
    package struct Delivery: Sendable {
        /// GitHub's id (`X-GitHub-Delivery`).
        package let id: String
        /// `sha256=HEX`, in small letters. It stands for the body, which is all that GitHub signs: a replay may come
        /// under another id.
        package let signature: String
        /// `X-GitHub-Event`.
        package let event: String
        package let payload: JSON
    }

    package static let path = "/hooks/github"
    /// GitHub sends at most 25 MB.
    package static let bodyLimit = 25 << 20

    private let secret: Secret
    private let logger: Logger
    private let refused = Protected(0)
    private let take: @Sendable (Delivery) async throws -> Outcome

    /// - Parameter take: returns once the delivery is stored.
    package init(
        secret: Secret, logger: Logger, take: @escaping @Sendable (Delivery) async throws -> Outcome
    ) {
        self.secret = secret
        self.logger = logger
        self.take = take
    }

    package var hook: GatewayHook {
        GatewayHook(path: Self.path, of: .gitHub, bodyLimit: Self.bodyLimit) { await self.respond(to: $0) }
    }

    private func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
        guard let given = Self.signature(in: request.headers["X-Hub-Signature-256"]) else {
            return self.refuse("The header X-Hub-Signature-256 is missing or malformed.")
        }
        let type = request.headers["Content-Type"].flatMap { MediaType(parsing: $0) }
        let isForm = type?.type == "application" && type?.subtype == "x-www-form-urlencoded"
        guard isForm || type?.type == "application" && type?.subtype == "json" else {
            return .problem(
                HTTPProblem(.unsupportedMediaType, "Send deliveries as application/json or as a form."))
        }
        guard let body = try? await request.body.collect(upTo: Self.bodyLimit) else {
            return .problem(HTTPProblem(.badRequest, "The body cannot be read."))
        }
        guard constantTimeEqual(hmacSHA256(body, key: Array(self.secret.reveal().utf8)), given) else {
            return self.refuse("The signature is wrong: compare github.webhook_secret with the webhook's secret.")
        }
        guard let id = request.headers["X-GitHub-Delivery"], Self.isName(id),
            let event = request.headers["X-GitHub-Event"], Self.isName(event)
        else { return .problem(HTTPProblem(.badRequest, "X-GitHub-Delivery or X-GitHub-Event is missing.")) }
        if event == "ping" { return .text("pong") }
        guard let payload = Self.payload(body, isForm: isForm) else {
            return .problem(HTTPProblem(.badRequest, "The payload is not JSON."))
        }
        let delivery = Delivery(id: id, signature: "sha256=\(hex(given))", event: event, payload: payload)
        do {
            return switch try await self.take(delivery) {
            case .stored: .text("stored", .accepted)
            case .duplicate: .text("stored before", .accepted)
            case .ignored: .text("ignored", .accepted)
            }
        } catch {
            self.logger.error("a delivery from GitHub could not be stored", ["error": .string("\(error)")])
            return .problem(
                HTTPProblem(.serviceUnavailable, "The delivery could not be stored; deliver it again later."))
        }
    }

    /// Anybody can send wrong signatures, so only some of them are logged.
    private func refuse(_ detail: String) -> HTTPServerResponse {
        let count = self.refused.withLock { count in
            count += 1
            return count
        }
        if count == 1 || count.isMultiple(of: 1_000) {
            self.logger.warning(
                "refused a delivery without GitHub's signature",
                ["count": .integer(Int64(count)), "reason": .string(detail)])
        }
        return .problem(HTTPProblem(.unauthorized, detail))
    }

    /// The bytes of `sha256=HEX`.
    private static func signature(in header: String?) -> [UInt8]? {
        guard let header, header.hasPrefix("sha256="),
            let bytes = decodeHex(String(header.dropFirst("sha256=".count))), bytes.count == 32
        else { return nil }
        return bytes
    }

    private static func isName(_ text: String) -> Bool {
        (1...100).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    private static func payload(_ body: [UInt8], isForm: Bool) -> JSON? {
        guard isForm else { return try? JSON.parse(body) }
        let form = HTTPQuery(parsing: String(decoding: body, as: UTF8.self))
        return form["payload"].flatMap { try? JSON.parse($0) }
    }
}
