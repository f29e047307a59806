import Crypto
import HTTP
import HTTPClient
import JSON
import TestSupport
import Testing

/// The rules of GitHub's web flow, as docs.github.com describes them in "Authorizing OAuth apps".
@Suite("The GitHub stand-in's web flow", .timeLimit(.minutes(1)))
struct GitHubWebFlowTests {
    private static let callback = "https://bot.example/callback"
    private static let verifier = String(repeating: "v", count: 43)

    private struct Scene {
        let github: LoopbackGitHub
        let client = HTTPClient()

        /// Where the page leads to.
        func authorize(_ change: (inout HTTPQuery) -> Void = { _ in }) async throws -> HTTPQuery {
            var query: HTTPQuery = [
                "client_id": "app", "redirect_uri": GitHubWebFlowTests.callback, "state": "s", "scope": "read:org",
                "code_challenge": base64URL(sha256(GitHubWebFlowTests.verifier)), "code_challenge_method": "S256",
            ]
            change(&query)
            let url = try HTTPURL("\(self.github.url)/login/oauth/authorize?\(query.encoded)")
            let response = try await self.client.execute(HTTPClientRequest(.get, url))
            _ = try await response.body.collect(upTo: 1 << 16)
            let location = response.headers["location"] ?? ""
            return HTTPQuery(parsing: location.drop { $0 != "?" }.dropFirst())
        }

        func redeem(_ code: String, _ change: (inout HTTPQuery) -> Void = { _ in }) async throws -> JSON {
            var form: HTTPQuery = [
                "client_id": "app", "client_secret": "secret", "code": code,
                "redirect_uri": GitHubWebFlowTests.callback, "code_verifier": GitHubWebFlowTests.verifier,
            ]
            change(&form)
            let request = HTTPClientRequest(
                .post, try HTTPURL("\(self.github.url)/login/oauth/access_token"),
                headers: ["Accept": "application/json"], body: .bytes(Array(form.encoded.utf8)))
            let response = try await self.client.execute(request)
            // Errors have this status too.
            expectEqual(response.status, .ok)
            return try JSON.parse(try await response.body.collect(upTo: 1 << 16))
        }

        func get(_ path: String, _ token: String) async throws -> (status: Int, json: JSON) {
            let request = HTTPClientRequest(
                .get, try HTTPURL(self.github.url + path),
                headers: ["Authorization": "Bearer \(token)", "User-Agent": "test"])
            let response = try await self.client.execute(request)
            return (response.status.code, try JSON.parse(try await response.body.collect(upTo: 1 << 16)))
        }
    }

    private static func run(_ body: (Scene) async throws -> Void) async throws {
        let github = try await LoopbackGitHub.started()
        github.addWebApp("app", secret: "secret", callback: Self.callback)
        github.setVisitor(.known("octocat"))
        try await body(Scene(github: github))
        await github.stop()
    }

    private static func with(_ name: String, _ value: String?) -> (inout HTTPQuery) -> Void {
        { query in
            query.items.removeAll { $0.name == name }
            if let value { query.append(name, value) }
        }
    }

    @Test("a code works once, for its app, its address and its verifier")
    func codes() async throws {
        try await Self.run { scene in
            let code = try #require(try await scene.authorize()["code"])
            try await expectEqual(scene.redeem(code)["scope"], "read:org")
            try await expectEqual(scene.redeem(code)["error"], "bad_verification_code")
            for (name, value, error) in [
                ("client_secret", "x", "incorrect_client_credentials"),
                ("client_id", "x", "incorrect_client_credentials"),
                ("redirect_uri", "https://bot.example/callback/x", "redirect_uri_mismatch"),
                ("code_verifier", String(repeating: "x", count: 43), "bad_verification_code"),
                ("code_verifier", nil, "bad_verification_code"),
            ] {
                let code = try #require(try await scene.authorize()["code"])
                try await expectEqual(scene.redeem(code, Self.with(name, value))["error"]?.stringValue, error)
            }
        }
    }

    @Test("the page leads to registered addresses only, and wants PKCE")
    func page() async throws {
        try await Self.run { scene in
            let deeper = try await scene.authorize(Self.with("redirect_uri", Self.callback + "/deeper"))
            #expect(deeper["code"] != nil && deeper["state"] == "s")
            for address in [
                "https://evil.example/callback", "https://bot.example/", "https://bot.example/callbacks",
                "http://bot.example/callback", "https://bot.example:444/callback",
            ] {
                let answer = try await scene.authorize(Self.with("redirect_uri", address))
                #expect(answer["error"] == "redirect_uri_mismatch" && answer["code"] == nil, "\(address)")
            }
            for (name, value) in [("code_challenge", nil), ("code_challenge_method", "plain"), ("code_challenge", "x")]
            {
                try await expectEqual(scene.authorize(Self.with(name, value))["error"], "invalid_request")
            }
            scene.github.setVisitor(.cancelling)
            try await expectEqual(scene.authorize()["error"], "access_denied")
        }
    }

    @Test("a member sees memberships with a token that has the scope, if the organisation has approved the app")
    func memberships() async throws {
        try await Self.run { scene in
            await scene.github.addOrganization("acme", members: ["octocat": .write])
            await scene.github.change("acme") {
                $0.teams = ["core": ["octocat"]]
                $0.invited = ["dave"]
            }
            func token(_ login: String, scope: String = "read:org") async throws -> String {
                scene.github.setVisitor(.known(login))
                let code = try #require(try await scene.authorize(Self.with("scope", scope))["code"])
                return try #require(try await scene.redeem(code)["access_token"]?.stringValue)
            }
            let own = "/user/memberships/orgs/ACME"
            let team = "/orgs/acme/teams/core/memberships/octocat"
            let member = try await token("octocat")
            try await expectEqual(scene.get(own, member).json["state"], "active")
            try await expectEqual(scene.get(team, member).json["state"], "active")
            try await expectEqual(scene.get("/orgs/acme/teams/other/memberships/octocat", member).status, 404)
            try await expectEqual(scene.get(own, token("dave")).json["state"], "pending")
            let stranger = try await token("mallory")
            try await expectEqual(scene.get(own, stranger).status, 404)
            try await expectEqual(scene.get(team, stranger).status, 404)
            try await expectEqual(scene.get(own, token("octocat", scope: "repo")).status, 403)
            await scene.github.change("acme") { $0.restrictsApps = true }
            try await expectEqual(scene.get(own, member).status, 403)
        }
    }
}
