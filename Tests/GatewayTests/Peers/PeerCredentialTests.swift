import Chat
import EventLoop
import HTTP
import HTTPServer
import JSON
import Logging
import People
import Primitives
import Sessions
import Store
import TestSupport
import Testing
import Threads
import WebSockets

@testable import Gateway

@Suite("What other hosts get of a client's request", .timeLimit(.minutes(1)))
struct PeerCredentialTests {
    private static let blanks = String(repeating: " ", count: 3000)
    private static let junk = "x=" + String(repeating: "C", count: 3700)

    /// The place of every thread is at another host, which notes the headers that it gets.
    private struct Scene {
        let harness: GatewayHarness
        let peers: GatewayPeers
        let seen: AsyncStream<HTTPHeaders>

        static func run(_ body: (Scene) async throws -> Void) async throws {
            let (seen, continuation) = AsyncStream.makeStream(of: HTTPHeaders.self)
            let quiet = Logger(label: "test", output: LogOutput(level: .error, format: .json) { _ in })
            let sockets = WebSocketServer(logger: quiet)
            let other = HTTPServer(HTTPServerSettings(), logger: quiet) { request in
                continuation.yield(request.headers)
                guard request.head.wantsUpgrade else { return HTTPServerResponse(.noContent) }
                return try sockets.response(to: request) { while try await $0.next() != nil {} }
            }
            try await other.start()
            async let running: Void = other.run()
            let url = "http://\(other.boundAddress?.description ?? "")"
            let peers = GatewayPeers(name: "b") { _ in try HTTPURL(url) }
            var failure: (any Error)?
            do {
                try await GatewayHarness.run(peers: peers) { harness in
                    try await body(Scene(harness: harness, peers: peers, seen: seen))
                }
            } catch { failure = error }
            await sockets.stop()
            await other.stop()
            try await running
            if let failure { throw failure }
        }

        /// A thread of the caller.
        func thread(of caller: Caller) async throws -> String {
            let thread = try await caller.newThread()
            let found = try await self.harness.bridge.store.read { try $0.session(id: thread) }
            await self.harness.bridge.drop([Place(of: try #require(found).key)])
            return thread
        }

        func next() async throws -> HTTPHeaders {
            for await headers in self.seen { return headers }
            throw CancellationError()
        }

        /// Watches a thread and lets `body` see what the other host got.
        func watching(
            _ thread: String, as headers: HTTPHeaders, _ body: (HTTPHeaders) throws -> Void
        ) async throws {
            let address = try #require(self.harness.gateway.boundAddress)
            let client = WebSocketClient()
            let socket = try await client.connect(HTTPURL("ws://\(address)/api/v1/live"), headers: headers)
            try await socket.send(#"{"subscribe_thread":"\#(thread)"}"#)
            try body(try await self.next())
            await client.stop()
        }
    }

    /// The credential's fields, as they were sent.
    private static func credential(_ headers: HTTPHeaders) -> [String] {
        headers.values(of: "authorization").map { "A \($0)" } + headers.values(of: "cookie").map { "C \($0)" }
    }

    @Test("a token arrives alone and without the blanks before it, when a thread is watched")
    func watchedWithToken() async throws {
        try await Scene.run { scene in
            let thread = try await scene.thread(of: try await scene.harness.token(.chat))
            let caller = try await scene.harness.token(.read)
            let token = try #require(caller.headers.bearerToken)
            let sent: HTTPHeaders = ["Authorization": "Bearer \(Self.blanks)\(token)", "Cookie": Self.junk]
            try await scene.watching(thread, as: sent) {
                expectEqual(Self.credential($0), ["A Bearer \(token)"])
                expectEqual($0["x-jetbridge-hop"], "b")
            }
        }
    }

    @Test("of the cookies, only the one of the sign-in arrives, when a thread is watched")
    func watchedWithCookie() async throws {
        try await Scene.run { scene in
            let browser = try await scene.harness.signedIn()
            let thread = try await scene.thread(of: browser)
            let cookie = try #require(browser.headers["cookie"])
            var sent = browser.headers
            sent["Cookie"] = "\(Self.junk);  \(cookie) ; jetbridge_theme=dark; y"
            try await scene.watching(thread, as: sent) { expectEqual(Self.credential($0), ["C \(cookie)"]) }
        }
    }

    @Test("so it is with requests that are passed on")
    func passedOn() async throws {
        try await Scene.run { scene in
            let browser = try await scene.harness.signedIn()
            let program = try await scene.harness.token(.chat)
            let thread = try await scene.thread(of: browser)
            let cookie = try #require(browser.headers["cookie"])
            let token = try #require(program.headers.bearerToken)
            for (caller, expected) in [
                (browser.with("Cookie", "\(Self.junk); \(cookie)"), "C \(cookie)"),
                (
                    program.with("Authorization", "bearer \(Self.blanks)\(token)").with("Cookie", cookie),
                    "A Bearer \(token)"
                ),
            ] {
                let answer = try await caller.send(.post, "/api/v1/threads/\(thread)/messages", json: ["text": "hello"])
                expectEqual(answer.status, 204)
                expectEqual(Self.credential(try await scene.next()), [expected])
            }
        }
    }

    @Test("a path that is too long for the way to another host is refused, as such")
    func longPath() async throws {
        try await Scene.run { scene in
            let bridge = scene.harness.bridge
            let frames = RemoteFrames(
                scene.peers,
                authenticator: Authenticator(store: bridge.store, access: bridge.access, isSecure: false) { 0 })
            let place = Place.web("t")
            for count in [2032, 2033, 9000] {
                let path = "/" + String(repeating: "p", count: count - 1)
                do {
                    let opened = try await frames.open(path, in: place, as: ["Authorization": "Bearer t"])
                    #expect(opened != nil && count <= 2032)
                } catch let problem as HTTPProblem {
                    #expect(count > 2032 && problem.status.code == 414, "\(count)")
                }
            }
        }
    }

    @Test(
        "a bearer token has the characters of RFC 6750, and no others",
        arguments: [
            ("Bearer jb_1-._~+/A==", "jb_1-._~+/A=="), ("bEARER    t", "t"), ("Bearer", nil), ("Bearer ", nil),
            ("Bearer =", nil), ("Bearer a=b", nil), ("Bearer jb_a b", nil), ("Bearer jb_a  ", nil),
            ("Bearer jb_a\tb", nil),
            ("Bearer jb_a,", nil), ("Bearer jb_é", nil), ("Bearer \"jb_a\"", nil), ("Bearer jb_a\u{7F}", nil),
            ("Basic YTpi", nil), ("Bearer\tt", nil),
        ] as [(String, String?)])
    func bearer(value: String, token: String?) {
        expectEqual(HTTPHeaders(dictionaryLiteral: ("Authorization", value)).bearerToken, token)
    }

    @Test("a token with other characters is refused, even if one like it is stored")
    func storedToken() async throws {
        try await GatewayHarness.run { harness in
            for secret in ["jb_a b", "jb_a;b", "jb_a\u{A0}b", "jb_ok"] {
                let record = CredentialRecord(
                    id: "k_\(secret)", kind: .token, name: "test", identity: "web:\(secret)", role: .owner,
                    scopes: [Scope.chat.rawValue], createdAt: 0)
                try await harness.bridge.store.write { try $0.insert(record, hash: CredentialSecret.hash(of: secret)) }
                let answer = try await harness.anybody.with("Authorization", "Bearer \(secret)").send(
                    .get, "/api/v1/me")
                expectEqual(answer.status, secret == "jb_ok" ? 200 : 401, "\(secret)")
            }
        }
    }
}
