import Extensions
import HTTP
import JSON
import Primitives
import TestSupport
import Testing

@Suite("Servers over HTTP", .timeLimit(.minutes(2)))
struct HTTPServerTests {
    struct Peer: CustomTestStringConvertible {
        let sdk: ServerScene.SDK
        let arguments: [String]
        var testDescription: String { "\(self.sdk) \(self.arguments)" }
    }

    private static let peers = [
        Peer(sdk: .modern, arguments: []), Peer(sdk: .modern, arguments: ["json"]), Peer(sdk: .legacy, arguments: []),
        Peer(sdk: .legacy, arguments: ["json"]),
    ]

    @Test("both SDKs, with events and with plain JSON", arguments: Self.peers)
    func results(_ peer: Peer) async throws {
        try await ServerScene.withHTTPOffice(peer.sdk, peer.arguments) { server in
            let caller = ServerScene.caller
            let offer = try await server.offer()
            expectEqual(offer.era, peer.sdk == .modern ? .modern : .legacy)
            expectEqual(offer.tools.contains { $0.name == "where" }, true)
            await expectEqual(try server.call("add", ["a": 2, "b": 40], for: caller).text, "42")
            // In modern HTTP the argument goes into a header as well, whatever it holds.
            for region in ["eu", " é\"=?", "=?base64?eA==?=", ""] {
                await expectEqual(try server.call("where", ["region": .string(region)], for: caller).text, region)
            }
            await expectEqual(try server.call("fail", [:], for: caller).isError, true)
            await expectEqual(try server.prompt("greet", ["name": "Ann"], for: caller).text, "Say hello to Ann.")
            await expectEqual(try server.resources(for: caller).map(\.uri), ["note://today", "note://{day}"])
            await expectEqual(try server.read("note://monday", for: caller).text, "Nothing on monday.")
            await expectEqual(server.status().state, .running)
        }
    }

    @Test(
        "a call is cancelled, its progress is reported, and others run beside it", arguments: ServerScene.SDK.allCases)
    func cancelled(_ sdk: ServerScene.SDK) async throws {
        try await ServerScene.withHTTPOffice(sdk) { server in
            let begun = Signal()
            let caller = ExtensionCaller(session: "s", progress: { _ in begun.signal() })
            let waiting = Task { try await server.call("wait", [:], for: caller) }
            await begun.wait()
            await expectEqual(try server.call("add", ["a": 1, "b": 1], for: ServerScene.caller).text, "2")
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            await expectEqual(try server.call("count", ["steps": 3], for: caller).text, "3 steps")
        }
    }

    @Test("a stream that the official SDK closes before its answer is resumed")
    func resumedSDK() async throws {
        try await ServerScene.withHTTPOffice(.legacy) { server in
            await expectEqual(try server.call("detached", [:], for: ServerScene.caller).text, "answered later")
        }
    }

    @Test(
        "a modern call without its header is repeated once the tools are known; tools that cannot be called are left out"
    )
    func headers() async throws {
        try await ServerScene.withRudeHTTP("headers") { server in
            let result = try await server.call("go0", ["place": "Österreich"], for: ServerScene.caller)
            expectEqual(
                try JSON.parse(result.text), ["2026-07-28", "tools/call", "go0", "=?base64?w5ZzdGVycmVpY2g=?="])
            await expectEqual(try server.offer().tools.map(\.name), ["go0"])
            let reason = "its schema names invalid headers"
            await expectEqual(server.status().leftOut, ["go1: \(reason)", "go2: \(reason)"])
        }
    }

    @Test("a forgotten session is begun anew, once")
    func sessions() async throws {
        try await ServerScene.withRudeHTTP("forgetful") { server in
            let text = try await server.call("go0", [:], for: ServerScene.caller).text
            expectEqual(text, "session s2, version 2025-06-18")
            // The legacy era has no headers for arguments, so nothing is wrong with these tools.
            await expectEqual(try server.offer().tools.count, 3)
        }
        try await ServerScene.withRudeHTTP("amnesic") { server in
            let failure = try await ServerScene.failure { try await server.call("go0", [:], for: ServerScene.caller) }
            expectEqual(failure, ExtensionFailure(.down, "office forgets its sessions at once. Try again later."))
        }
    }

    @Test("a broken stream is resumed in the legacy era, and lost in the modern one")
    func streams() async throws {
        try await ServerScene.withRudeHTTP("resumed") { server in
            await expectEqual(try server.call("go0", [:], for: ServerScene.caller).text, "resumed")
        }
        try await ServerScene.withRudeHTTP("cut") { server in
            let failure = try await ServerScene.failure { try await server.call("go0", [:], for: ServerScene.caller) }
            expectEqual(failure.kind, .lost)
            expectEqual(failure.description.contains("may have run"), true)
        }
    }

    @Test("headers are sent, never to another origin, and do not come back")
    func redirects() async throws {
        let headers = ["Authorization": Secret("Bearer jb-secret-value")]
        try await ServerScene.withRudeHTTP("locked", headers: headers) { server in
            await expectEqual(try server.call("go0", [:], for: ServerScene.caller).isError, false)
        }
        try await ServerScene.withRudeHTTP("moved") { server in
            await expectEqual(try server.call("go0", [:], for: ServerScene.caller).isError, false)
        }
        let failures: [(String, ExtensionFailure.Kind, String)] = [
            ("locked", .unauthorized, "Set `headers`"), ("elsewhere", .down, "redirects to https://other.example"),
            ("loop", .down, "again and again"), ("broken", .down, "503 Service Unavailable: <h1>Down for maintenance"),
            ("hangup", .down, "broke off before"), ("page", .malformed, "not an answer"),
            ("huge", .malformed, "larger than 8 MiB"),
        ]
        for (manner, kind, words) in failures {
            try await ServerScene.withRudeHTTP(manner) { server in
                let failure = try await ServerScene.failure {
                    try await server.call("go0", [:], for: ServerScene.caller)
                }
                expectEqual(failure.kind, kind, manner)
                expectEqual(failure.description.contains(words), true, failure.description)
                await expectEqual(server.status().lastError, failure.description)
            }
        }
    }

    @Test("http is for this machine only, and a server that is not there is down")
    func addresses() async throws {
        let far = ServerScene.remote(try HTTPURL("http://example.org/mcp"))
        let failure = try await ServerScene.failure { try await far.offer() }
        expectEqual(failure.kind, .down)
        expectEqual(failure.description.contains("Use https"), true)
        let nobody = ServerScene.remote(try HTTPURL("http://127.0.0.1:\(FreePorts.take())/mcp"))
        // However often it is tried: a remote server is not given up.
        for _ in 0..<6 {
            let failure = try await ServerScene.failure { try await nobody.call("x", [:], for: ServerScene.caller) }
            expectEqual(failure.kind, .down)
            expectEqual(failure.description.hasPrefix("office cannot be reached"), true, failure.description)
        }
        await expectEqual(nobody.status().state, .idle)
    }
}
