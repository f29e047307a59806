import Chat
import HTTP
import JSON
import People
import Sessions
import TestSupport
import Testing

@testable import Gateway

@Suite("Sign-in", .timeLimit(.minutes(1)))
struct SignInTests {
    @Test("a valid code sets a cookie that scripts cannot read and that grants access to the API")
    func rightCode() async throws {
        try await GatewayHarness.run { harness in
            let code = try await AccessControl.makeCode(for: .owner, in: harness.bridge.store, at: GatewayHarness.start)
                .code
            let answer = try await harness.anybody.send(
                .post, "/api/v1/signin",
                json: ["code": .string(" " + code.lowercased().replacing("-", with: " ")), "name": "  Ada\nLovelace "])
            expectEqual(answer.status, 204)
            let cookie = try #require(answer.headers["set-cookie"])
            #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"))
            #expect(!cookie.contains("Secure"))
            let caller = harness.anybody.with("Cookie", cookie.split(separator: ";").first.map(String.init))
            let me = try await caller.send(.get, "/api/v1/me").expect(200)
            expectEqual(me["name"], "Ada Lovelace")
            expectEqual(me["role"], "owner")
        }
    }

    @Test("the cookie is Secure if the public URL is HTTPS")
    func secureCookie() async throws {
        try await GatewayHarness.run(settings: { $0.publicURL = "https://bot.example" }) { harness in
            let code = try await AccessControl.makeCode(for: .guest, in: harness.bridge.store, at: GatewayHarness.start)
                .code
            let answer = try await harness.anybody.send(.post, "/api/v1/signin", json: ["code": .string(code)])
            let cookie = try #require(answer.headers["set-cookie"])
            #expect(cookie.contains("; Secure") && cookie.contains("; Path=/;") && !cookie.contains("Domain"))
            #expect(cookie.hasPrefix("__Host-jetbridge_session="))
            let pair = String(cookie.prefix { $0 != ";" })
            try await expectEqual(harness.anybody.with("Cookie", pair).send(.get, "/api/v1/me").status, 200)
            // Another subdomain could have planted a cookie without the prefix.
            let planted = String(pair.dropFirst("__Host-".count))
            try await expectEqual(harness.anybody.with("Cookie", planted).send(.get, "/api/v1/me").status, 401)
            #expect(answer.headers["strict-transport-security"] != nil)
        }
    }

    @Test("after five wrong codes in a minute even a valid one is refused, until a minute later")
    func tooManyCodes() async throws {
        try await GatewayHarness.run { harness in
            let code = try await AccessControl.makeCode(for: .owner, in: harness.bridge.store, at: GatewayHarness.start)
                .code
            for _ in 1...5 {
                let answer = try await harness.anybody.send(.post, "/api/v1/signin", json: ["code": "AAAA-AAAA"])
                expectEqual(answer.status, 401)
                expectEqual(answer.headers["set-cookie"], nil)
            }
            let refused = try await harness.anybody.send(.post, "/api/v1/signin", json: ["code": .string(code)])
            expectEqual(refused.status, 429)
            #expect(refused.headers["retry-after"] != nil)
            harness.advance(by: 61_000)
            let accepted = try await harness.anybody.send(.post, "/api/v1/signin", json: ["code": .string(code)])
            expectEqual(accepted.status, 204)
        }
    }

    @Test("behind a local proxy, one address's wrong codes do not lock out the others")
    func peers() async throws {
        try await GatewayHarness.run { harness in
            let wrong: JSON = ["code": "AAAA-AAAA"]
            let guesser = harness.anybody.with("X-Forwarded-For", "10.0.0.9, 203.0.113.7")
            for _ in 1...5 { _ = try await guesser.send(.post, "/api/v1/signin", json: wrong) }
            try await expectEqual(guesser.send(.post, "/api/v1/signin", json: wrong).status, 429)
            let other = harness.anybody.with("X-Forwarded-For", "203.0.113.8")
            try await expectEqual(other.send(.post, "/api/v1/signin", json: wrong).status, 401)
            // Forged headers cannot evade the limit for all addresses.
            var last = 0
            for number in 1...20 {
                let liar = harness.anybody.with("X-Forwarded-For", "203.0.113.\(number + 20)")
                last = try await liar.send(.post, "/api/v1/signin", json: wrong).status
            }
            expectEqual(last, 429)
            // Nor can they lock out the owner at the machine.
            let code = try await AccessControl.makeCode(for: .owner, in: harness.bridge.store, at: GatewayHarness.start)
                .code
            try await expectEqual(
                harness.anybody.send(.post, "/api/v1/signin", json: ["code": .string(code)]).status, 204)
        }
    }

    @Test("of wrong codes that arrive in parallel, five are checked")
    func parallelCodes() async throws {
        try await GatewayHarness.run { harness in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 10..<40 {
                    group.addTask {
                        try await harness.anybody.send(
                            .post, "/api/v1/signin", json: ["code": .string("AAAA-AA\(number)")]
                        ).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            expectEqual(statuses.count { $0 == 401 }, 5)
            expectEqual(statuses.count { $0 == 429 }, 25)
        }
    }

    @Test(
        "a page of another site cannot sign a browser in",
        arguments: ["https://evil.example", "null", "http://bot.example.evil"])
    func foreignOrigin(origin: String) async throws {
        try await GatewayHarness.run { harness in
            let code = try await AccessControl.makeCode(for: .owner, in: harness.bridge.store, at: GatewayHarness.start)
                .code
            let answer = try await harness.anybody.with("Origin", origin)
                .send(.post, "/api/v1/signin", json: ["code": .string(code)])
            expectEqual(answer.status, 403)
        }
    }

    @Test("signing out revokes the cookie at once")
    func signOut() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn()
            try await expectEqual(caller.send(.get, "/api/v1/threads").status, 200)
            let answer = try await caller.send(.post, "/api/v1/signout", json: [:])
            expectEqual(answer.status, 204)
            expectEqual(answer.headers["set-cookie"]?.contains("Max-Age=0"), true)
            try await expectEqual(caller.send(.get, "/api/v1/threads").status, 401)
        }
    }

    @Test("a cookie expires")
    func expiry() async throws {
        try await GatewayHarness.run(settings: { $0.cookieLifetime = 1000 }) { harness in
            let caller = try await harness.signedIn()
            harness.advance(by: 1001)
            try await expectEqual(caller.send(.get, "/api/v1/me").status, 401)
        }
    }

    @Test(
        "a malformed sign-in is refused",
        arguments: [
            ("{", 400), ("[]", 400), ("{}", 400), ("{\"code\":7}", 422), (String(repeating: " ", count: 5000), 413),
        ])
    func malformed(body: String, status: Int) async throws {
        try await GatewayHarness.run { harness in
            let headers: HTTPHeaders = ["Content-Type": "application/json"]
            let answer = try await harness.anybody.send(
                .post, "/api/v1/signin", body: Array(body.utf8), headers: headers)
            expectEqual(answer.status, status)
            expectEqual(answer.headers["content-type"], "application/problem+json")
        }
    }
}
