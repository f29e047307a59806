import HTTP
import Models
import TestSupport
import Testing

@testable import GitHub

@Suite("GitHub: the doctor", .timeLimit(.minutes(1)))
struct GitHubDoctorTests {
    private typealias Answer = ScriptedTransport.Answer
    private static let hook = "https://jet.example/hooks/github"

    private struct World: Sendable {
        var user = Answer.json(#"{"login":"octo","id":7}"#, headers: ["X-OAuth-Scopes": "repo, workflow"])
        var repository = Answer.json(
            #"{"full_name":"octo/app","default_branch":"main","permissions":{"push":true,"admin":true}}"#,
            headers: Answer.budget(4_000, endsIn: 600))
        var head = Answer.json(#"{"object":{"sha":"a"}}"#)
        var hooks = Answer.json(
            #"[{"id":1,"active":true,"events":["*"],"config":{"url":"\#(GitHubDoctorTests.hook)"},"last_response":{"code":200}}]"#
        )
    }

    private static func findings(
        _ world: World, branch: String? = nil, token: String = GitHubRig.plainToken
    ) async throws -> [GitHubFinding] {
        let transport = AnsweringTransport { request, _ in
            if request.url.path == "/user" { return world.user }
            if request.url.path.contains("/git/ref/") { return world.head }
            if request.url.path.hasSuffix("/hooks") { return world.hooks }
            return world.repository
        }
        let rig = try GitHubRig(transport, tokens: FixedToken(try GitHubRig.token(token)))
        return try await GitHubDoctor(rig.client).findings(
            .init(GitHubRig.repository, branch: branch, webhookURL: Self.hook))
    }

    private static func bad(_ findings: [GitHubFinding]) -> [String] {
        findings.filter { $0.severity > .good }.map(\.text)
    }

    @Test("everything is right")
    func good() async throws {
        let findings = try await Self.findings(World())
        #expect(Self.bad(findings).isEmpty)
        expectEqual(
            findings.map(\.text),
            [
                "Signed in as octo with the personal token ghp_…q17.",
                "The repository octo/app can be read and written.", "The webhook of octo/app delivers.",
                "GitHub: 4000/5000 requests left this hour.",
            ])
    }

    @Test("an expired token ends the check")
    func expired() async throws {
        var world = World()
        world.user = .json("{}", status: 401)
        let findings = try await Self.findings(world)
        expectEqual(findings.count, 1)
        expectEqual(findings[0].severity, .failure)
        #expect(findings[0].text.contains("expired or was revoked"))
    }

    @Test("missing scopes, a mistyped token, a renamed repository and no right to push are named")
    func rights() async throws {
        var world = World()
        world.user = .json(#"{"login":"octo","id":7}"#, headers: ["X-OAuth-Scopes": "public_repo"])
        world.repository = .json(
            #"{"full_name":"octo/new","default_branch":"main","permissions":{"push":false,"admin":false}}"#,
            headers: Answer.budget(12, endsIn: 60))
        let mistyped = GitHubRig.plainToken.dropLast() + "8"
        let texts = Self.bad(try await Self.findings(world, token: String(mistyped)))
        expectEqual(texts.count, 7)
        for text in [
            "looks wrong", "lacks the scope repo: only public repositories", "lacks the scope workflow",
            "is called octo/new now", "a fork is used", "cannot be checked", "12/5000 requests left this hour, until",
        ] {
            #expect(texts.contains { $0.contains(text) }, "\(text)")
        }
    }

    @Test("a missing repository and a missing branch are named")
    func missing() async throws {
        var world = World()
        world.head = .json("{}", status: 404)
        expectEqual(
            Self.bad(try await Self.findings(world, branch: "dev")),
            [
                "The repository octo/app has no branch dev; create it, or correct `branch` in the configuration."
            ])
        world.repository = .json("{}", status: 404)
        expectEqual(
            Self.bad(try await Self.findings(world)).first?.contains("Reading the repository octo/app failed"), true)
        world.repository = .json(#"{"full_name":"octo/app","archived":true}"#)
        #expect(Self.bad(try await Self.findings(world)).contains { $0.contains("archived and read-only") })
    }

    @Test(
        "what is wrong with the webhook is named",
        arguments: [
            ("[]", "has no webhook to"),
            (#"[{"id":1,"active":false,"events":["*"],"config":{"url":"HOOK"}}]"#, "switched off"),
            (#"[{"id":1,"events":["push"],"config":{"url":"HOOK"}}]"#, "does not send issue_comment, pull_request"),
            (
                #"[{"id":1,"events":["*"],"config":{"url":"HOOK"},"last_response":{"code":502,"message":"Bad\nGateway"}}]"#,
                "failed with 502 (Bad Gateway)"
            ),
        ])
    func webhook(hooks: String, text: String) async throws {
        var world = World()
        world.hooks = .json(hooks.replacing("HOOK", with: Self.hook))
        let texts = Self.bad(try await Self.findings(world))
        expectEqual(texts.count, 1)
        expectEqual(texts.first?.contains(text), true)
    }
}
