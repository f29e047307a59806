import Git
import HTTP
import Primitives
import TestSupport
import Testing

@Suite("Credentials, redirects and refusals", .timeLimit(.minutes(1)))
struct GitAccessTests {
    private static let good = GitCredential(user: "x-access-token", secret: Secret("ghp_good"))
    private static let bad = GitCredential(user: "x-access-token", secret: Secret("ghp_bad"))

    private func fixture() async throws -> RemoteFixture {
        let fixture = try await RemoteFixture { user, password, _, _ in
            user == "x-access-token" && password == "ghp_good" ? nil : 401
        }
        try fixture.commit()
        return fixture
    }

    @Test("a refused credential is replaced once, then kept for the transfer")
    func replaced() async throws {
        let fixture = try await self.fixture()
        let asked = Protected<[GitCredential?]>([])
        let remote = try fixture.remote(
            access: .http { refused in
                asked.withLock { $0.append(refused) }
                return refused == nil ? Self.bad : Self.good
            })
        _ = try await remote.fetch(into: fixture.mirror)
        expectEqual(asked.withLock { $0 }, [nil, Self.bad])
        expectEqual(fixture.server.calls.map(\.status), [401, 200, 200])
        #expect(throws: RealGit.Failure.self) { try fixture.git.shell("grep -rl ghp_ mirrors") }
        await fixture.server.stop()
    }

    @Test("credentials are asked for once in a transfer, and are nowhere but in its requests")
    func once() async throws {
        let fixture = try await self.fixture()
        let asked = Protected(0)
        let remote = try fixture.remote(
            access: .http { _ in
                asked.withLock { $0 += 1 }
                return Self.good
            })
        let fetched = try await remote.fetch(into: fixture.mirror)
        expectEqual(asked.withLock { $0 }, 1)
        let new = try fixture.outgoing()
        try await remote.push(
            "refs/jetbridge/outgoing/one", to: "main", expecting: fetched.changes.first?.new, from: fixture.mirror)
        expectEqual(asked.withLock { $0 }, 2)
        try expectEqual(fixture.served("main"), new.hex)
        let calls = fixture.server.calls
        expectEqual(
            calls.map(\.request),
            [
                .references(isPush: false), .fetch, .references(isPush: true), .push,
            ])
        #expect(calls.allSatisfy { $0.password == "ghp_good" && $0.status == 200 })
        // Neither the credentials nor the address are in a file of the mirror.
        try expectEqual(fixture.git.shell("grep -rlaE 'ghp_|x-access|127\\.0\\.0\\.1' mirrors || true"), "")
        try expectEqual(fixture.git("-C mirrors/name.git remote"), "")
        try expectEqual(
            fixture.git("-C mirrors/name.git for-each-ref --format='%(refname)'"),
            "refs/heads/main\nrefs/jetbridge/outgoing/one")
        await fixture.server.stop()
    }

    @Test("a wrong token and a missing one are unauthorised, and the error names neither token nor address")
    func wrong() async throws {
        let fixture = try await self.fixture()
        for access in [GitRemoteAccess.none, .http { _ in nil }, .http { _ in Self.bad }] {
            do {
                _ = try await fixture.remote(access: access).list()
                Issue.record("the list came")
            } catch let error as GitError {
                expectEqual(error.code, .unauthorised)
                #expect(!error.message.contains("ghp_") && !error.message.contains("x-access"))
            }
        }
        expectEqual(fixture.server.calls.count, 3)
        await fixture.server.stop()
    }

    @Test(
        "refusals have codes of their own",
        arguments: [
            (403, GitError.Code.forbidden), (404, .forbidden), (410, .notFound), (429, .unreachable),
            (500, .unreachable), (503, .unreachable),
        ])
    func refusals(status: Int, code: GitError.Code) async throws {
        let fixture = try await RemoteFixture()
        fixture.server.fail(.references(isPush: false), .status(status))
        let remote = try fixture.remote()
        await expectEqual(Fixture.code { _ = try await remote.list() }, code)
        await fixture.server.stop()
    }

    @Test("a server that isn't there, and one that speaks no Git")
    func absent() async throws {
        let fixture = try await RemoteFixture()
        let closed = GitRemote(url: try GitRemoteURL("http://127.0.0.1:9/owner/name.git"))
        await expectEqual(Fixture.code { _ = try await closed.list() }, .unreachable)
        fixture.server.fail(.references(isPush: false), .status(200))
        let page = try fixture.remote()
        await expectEqual(Fixture.code { _ = try await page.list() }, .failed)
        await fixture.server.stop()
    }

    @Test("a redirect is followed, also by what comes after it; another server gets no credential")
    func redirect() async throws {
        let fixture = try await RemoteFixture()
        try fixture.commit()
        let other = try await LoopbackGitServer.started(root: fixture.folder.path + "/served")
        let remote = try fixture.remote("moved.git", access: .http { _ in Self.good })
        fixture.server.fail(.references(isPush: false), .redirect(to: "\(other.url)/owner/name.git/info/refs"))
        _ = try await remote.fetch(into: fixture.mirror)
        #expect(try fixture.isSame())
        expectEqual(other.calls.map(\.request), [.references(isPush: false), .fetch])
        #expect(other.calls.allSatisfy { $0.password == nil })
        expectEqual(fixture.server.calls.map(\.password), ["ghp_good"])
        for _ in 0..<4 {
            fixture.server.fail(
                .references(isPush: false), .redirect(to: "\(fixture.server.url)/again.git/info/refs"))
        }
        await expectEqual(Fixture.code { _ = try await remote.list() }, .failed)
        fixture.server.fail(.references(isPush: false), .redirect(to: "\(other.url)/sign-in"))
        await expectEqual(Fixture.code { _ = try await fixture.remote().list() }, .failed)
        await fixture.server.stop()
        await other.stop()
    }

    /// Answers with one redirect, then refuses; keeps the requests.
    private final class Redirecting: GitHTTP {
        let requests = Protected<[GitHTTPRequest]>([])
        private let target: String

        init(to target: String) { self.target = target }

        func send(_ request: GitHTTPRequest) async throws -> GitHTTPResponse {
            let isFirst = self.requests.withLock { requests in
                requests.append(request)
                return requests.count == 1
            }
            return GitHTTPResponse(
                status: isFirst ? 301 : 404, headers: isFirst ? ["Location": self.target] : HTTPHeaders()
            ) { nil }
        }
    }

    @Test("a redirect from https leads to https only, and a token stays with its server")
    func secureRedirect() async throws {
        let fixture = try await RemoteFixture()
        for (target, code, count) in [
            ("http://127.0.0.1/b.git/info/refs?service=git-upload-pack", GitError.Code.failed, 1),
            ("https://user:pass@example.com/b.git/info/refs?service=git-upload-pack", .failed, 1),
            ("https://example.com/b.git/info/refs?service=git-upload-pack", .forbidden, 2),
            ("/b.git/info/refs?service=git-upload-pack", .forbidden, 2),
        ] {
            let http = Redirecting(to: target)
            let remote = GitRemote(
                url: try GitRemoteURL("https://example.org/a.git"), access: .http { _ in Self.good }, http: http)
            await expectEqual(Fixture.code { _ = try await remote.list() }, code)
            let requests = http.requests.withLock { $0 }
            expectEqual(requests.count, count)
            #expect(requests.allSatisfy { $0.headers.contains("authorization") == ($0.url.host == "example.org") })
        }
        await fixture.server.stop()
    }
}
