import Crypto
import HTTP
import JSON
import Logging
import Primitives
import TestSupport
import Testing

@testable import Gateway

@Suite("GitHub's webhook", .timeLimit(.minutes(1)))
struct GitHubHookTests {
    private static let secret = "It's a Secret to Everybody"

    /// Takes deliveries, and can refuse to.
    private final class Taker: Sendable {
        struct Full: Error {}
        let taken = Protected<[GitHubHook.Delivery]>([])
        let isFull = Protected(false)

        var hook: GatewayHook {
            GitHubHook(
                secret: Secret(GitHubHookTests.secret),
                logger: Logger(label: "test", output: LogOutput(level: .error, format: .json) { _ in })
            ) { delivery in
                if self.isFull.withLock({ $0 }) { throw Full() }
                return self.taken.withLock { taken in
                    if delivery.event == "star" { return .ignored }
                    if taken.contains(where: { $0.id == delivery.id }) { return .duplicate }
                    taken.append(delivery)
                    return .stored
                }
            }.hook
        }
    }

    private static func headers(
        _ body: String, event: String = "push", id: String = "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        type: String = "application/json"
    ) -> HTTPHeaders {
        let signature = hex(hmacSHA256(Array(body.utf8), key: Array(Self.secret.utf8)))
        return [
            "X-Hub-Signature-256": "sha256=\(signature)", "X-GitHub-Event": event, "X-GitHub-Delivery": id,
            "Content-Type": type,
        ]
    }

    private static func run(_ body: (GatewayHarness, Taker) async throws -> Void) async throws {
        let taker = Taker()
        try await GatewayHarness.run(hooks: [taker.hook]) { try await body($0, taker) }
    }

    private static func post(_ body: String, _ headers: HTTPHeaders, _ harness: GatewayHarness) async throws -> Int {
        try await harness.anybody.send(.post, "/hooks/github", body: Array(body.utf8), headers: headers).status
    }

    private static func expect(
        _ status: Int, _ body: String, _ headers: HTTPHeaders, _ harness: GatewayHarness,
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let answered = try await Self.post(body, headers, harness)
        expectEqual(answered, status, sourceLocation: location)
    }

    @Test("a signed delivery is taken as JSON and as a form, a repeat once")
    func taken() async throws {
        try await Self.run { harness, taker in
            let json = #"{"ref":"refs/heads/a b"}"#
            try await Self.expect(202, json, Self.headers(json), harness)
            try await Self.expect(202, json, Self.headers(json), harness)
            let form = "payload=%7B%22ref%22%3A%22refs%2Fheads%2Fa+b%22%7D"
            var headers = Self.headers(form, id: "2", type: "application/x-www-form-urlencoded")
            let signature = try #require(headers["X-Hub-Signature-256"])
            headers["X-Hub-Signature-256"] = "sha256=" + signature.dropFirst("sha256=".count).uppercased()
            try await Self.expect(202, form, headers, harness)
            try await Self.expect(202, json, Self.headers(json, event: "star", id: "3"), harness)
            try await Self.expect(200, json, Self.headers(json, event: "ping", id: "4"), harness)
            let taken = taker.taken.withLock { $0 }
            expectEqual(taken.map(\.event), ["push", "push"])
            #expect(taken.allSatisfy { $0.payload["ref"]?.stringValue == "refs/heads/a b" })
            // By which a replay under another id is found.
            let signatures = [json, form].compactMap { Self.headers($0)["X-Hub-Signature-256"] }
            expectEqual(taken.map(\.signature), signatures)
        }
    }

    @Test("GitHub's own example of a signature is right")
    func example() {
        let signature = hex(hmacSHA256(Array("Hello, World!".utf8), key: Array(Self.secret.utf8)))
        expectEqual(signature, "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")
    }

    @Test("a wrong, missing or malformed signature is refused before anything else")
    func forged() async throws {
        try await Self.run { harness, taker in
            let body = #"{"ref":"refs/heads/main"}"#
            let right = Self.headers(body)
            try await Self.expect(401, body + " ", right, harness)
            let signature = try #require(right["X-Hub-Signature-256"])
            for wrong in ["sha256=", "sha256=00", "sha1=\(signature.dropFirst(7))", signature + "00", "", "nonsense"] {
                var headers = right
                headers["X-Hub-Signature-256"] = wrong
                try await Self.expect(401, body, headers, harness)
            }
            var headers = right
            headers["X-Hub-Signature-256"] = nil
            headers["X-Hub-Signature"] = "sha1=\(String(repeating: "0", count: 40))"
            try await Self.expect(401, body, headers, harness)
            #expect(taker.taken.withLock { $0.isEmpty })
        }
    }

    @Test("malformed deliveries are refused, and one that cannot be stored is to be delivered again")
    func malformed() async throws {
        try await Self.run { harness, taker in
            try await Self.expect(400, "{", Self.headers("{"), harness)
            try await Self.expect(400, "a=b", Self.headers("a=b", type: "application/x-www-form-urlencoded"), harness)
            try await Self.expect(415, "{}", Self.headers("{}", type: "text/plain"), harness)
            try await Self.expect(400, "{}", Self.headers("{}", event: ""), harness)
            try await Self.expect(400, "{}", Self.headers("{}", id: String(repeating: "x", count: 200)), harness)
            try await expectEqual(harness.anybody.send(.get, "/hooks/github").status, 405)
            taker.isFull.withLock { $0 = true }
            try await Self.expect(503, "{}", Self.headers("{}"), harness)
            taker.isFull.withLock { $0 = false }
            try await Self.expect(202, "{}", Self.headers("{}"), harness)
        }
    }

    @Test("a delivery may be as long as GitHub's longest")
    func long() async throws {
        try await Self.run { harness, _ in
            let body = #"{"a":""# + String(repeating: "x", count: 20 << 20) + #""}"#
            try await Self.expect(202, body, Self.headers(body), harness)
        }
    }

    @Test("without a secret there is no route")
    func absent() async throws {
        try await GatewayHarness.run { harness in
            try await Self.expect(404, "{}", Self.headers("{}"), harness)
        }
    }
}
