import Chat
import Copilot
import Crypto
import EventLoop
import HTTP
import JSON
import Models
import Primitives
import Processes
import Repositories
import TestSupport
import Testing

import struct Copilot.GitHubToken

@testable import GitHub

@Suite("GitHub: tokens", .timeLimit(.minutes(1)))
struct GitHubTokensTests {
    private typealias Answer = ScriptedTransport.Answer

    private static func issued(_ prefix: String, _ seed: String = "q") -> String {
        let body = String(repeating: seed, count: 30)
        return prefix + body + String(decoding: GitHubToken.checksum(body.utf8), as: UTF8.self)
    }

    @Test("the checksum of a token is checked", arguments: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"])
    func checksum(prefix: String) throws {
        try expectEqual(GitHubToken(Self.issued(prefix)).formProblem, nil)
        let mistyped = Self.issued(prefix).replacing("qqq", with: "qrq", maxReplacements: 1)
        #expect(try GitHubToken(mistyped).formProblem != nil)
    }

    @Test("the documented example has the right checksum; cut tokens do not")
    func forms() throws {
        let example = try GitHubRig.token()
        expectEqual(example.formProblem, nil)
        expectEqual(example.masked, "ghp_…q17")
        expectEqual(example.kind, .classic)
        #expect(try GitHubToken(String(GitHubRig.plainToken.dropLast(3))).formProblem != nil)
        let parts = (String(repeating: "A", count: 22), String(repeating: "b", count: 59))
        try expectEqual(GitHubToken("github_pat_\(parts.0)_\(parts.1)").formProblem, nil)
        #expect(try GitHubToken("github_pat_\(parts.0)").formProblem != nil)
        // Newer tokens of installations are longer and have dots.
        try expectEqual(GitHubToken("ghs_eyJhbGciOiJSUzI1NiJ9.abc-def.ghi").formProblem, nil)
        try expectEqual(GitHubToken(Self.issued("ghr_")).kind, .refresh)
    }

    private static func finding(_ kind: SignInSource.Kind, _ token: String) throws -> SignInFinding? {
        SignInFinding(SignInSource(kind, "place"), text: token)
    }

    @Test("the host's sign-ins are tried in order, without those that GitHub refused")
    func hostOrder() async throws {
        let first = Self.issued("gho_", "a")
        let second = Self.issued("gho_", "b")
        let asked = Protected(0)
        let time = SkippingClock()
        let tokens = HostTokens(configured: nil, clock: GitHubRig.clock(time)) {
            try? Self.finding(.login, first)
        } commandLine: {
            asked.withLock { $0 += 1 }
            return try Self.finding(.githubCLI, second)
        }
        let one = try #require(try await tokens.token(for: nil, repository: nil))
        expectEqual(one.value, Secret(first))
        expectEqual(asked.withLock { $0 }, 0)
        await expectEqual(tokens.remedy(for: one), "run 'jetbridge login' again")
        await tokens.refused(one)
        let two = try #require(try await tokens.token(for: nil, repository: nil))
        expectEqual(two.value, Secret(second))
        _ = try await tokens.token(for: nil, repository: nil)
        expectEqual(asked.withLock { $0 }, 1)
        await tokens.refused(two)
        try await expectEqual(tokens.token(for: nil, repository: nil), nil)
    }

    @Test("a configured token excludes all others, and a wrong one is an error")
    func configured() async throws {
        let tokens = HostTokens(configured: Secret(GitHubRig.plainToken)) {
            nil
        } commandLine: {
            nil
        }
        let token = try #require(try await tokens.token(for: nil, repository: nil))
        await tokens.refused(token)
        try await expectEqual(tokens.token(for: nil, repository: nil), token)
        let wrong = HostTokens(configured: Secret("hunter2hunter2")) {
            nil
        } commandLine: {
            nil
        }
        let error = await #expect(throws: GitHubError.self) { try await wrong.token(for: nil, repository: nil) }
        expectEqual(error?.code, .unauthorized)
        expectEqual(error?.message.contains("hunter2"), false)
    }

    /// The sign-in of one person, which is dropped or renewed when it is refused.
    private actor OnePerson: PersonTokens {
        var tokens: [GitHubToken]
        var refusals = 0
        init(_ tokens: [GitHubToken]) { self.tokens = tokens }
        func token(of person: String) -> GitHubToken? { person == "alice" ? self.tokens.first : nil }
        func refused(_ token: GitHubToken) -> Bool {
            guard token == self.tokens.first else { return false }
            self.refusals += 1
            self.tokens.removeFirst()
            return true
        }
    }

    @Test("a person's own sign-in is preferred to the host's")
    func people() async throws {
        let own = try GitHubRig.token(Self.issued("gho_", "p"))
        let host = try GitHubRig.token()
        let people = OnePerson([own])
        let tokens = ChosenTokens(people: people, host: FixedToken(host))
        try await expectEqual(tokens.token(for: "alice", repository: nil), own)
        try await expectEqual(tokens.token(for: "bob", repository: nil), host)
        try await expectEqual(tokens.token(for: nil, repository: nil), host)
        await tokens.refused(own)
        try await expectEqual(tokens.token(for: "alice", repository: nil), host)
        await expectEqual(people.refusals, 1)
    }

    @Test("a refused token is replaced once; without another, the error says how to sign in")
    func refused() async throws {
        let old = try GitHubRig.token(Self.issued("gho_", "o"))
        let new = try GitHubRig.token(Self.issued("gho_", "n"))
        let script = ScriptedTransport([
            .json(#"{"message":"Bad credentials"}"#, status: 401), .json(#"{"login":"octo","id":7}"#),
        ])
        let rig = try GitHubRig(
            script, tokens: ChosenTokens(people: OnePerson([old, new]), host: FixedToken(nil)), script: script)
        try await RemoteWork.$current.withValue(RemoteWork(person: "alice")) {
            _ = try await rig.client.signIn()
        }
        expectEqual(
            script.requests.map { $0.headers["authorization"] }, [old, new].map { "Bearer \($0.value.reveal())" })
        let people = OnePerson([old])
        let again = ScriptedTransport([.json("{}", status: 401)])
        let other = try GitHubRig(
            again, tokens: ChosenTokens(people: people, host: FixedToken(nil)), script: again)
        let error = try await RemoteWork.$current.withValue(RemoteWork(person: "alice")) {
            try await other.failure { _ = try await $0.signIn() }
        }
        expectEqual(error.code, .unauthorized)
        expectEqual(again.requests.count, 1)
        await expectEqual(people.refusals, 1)
    }
}
