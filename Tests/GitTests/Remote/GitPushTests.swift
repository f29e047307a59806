import HTTP
import Primitives
import TestSupport
import Testing

@testable import Git

@Suite("A push is never forced", .timeLimit(.minutes(2)))
struct GitPushTests {
    private static let source = "refs/jetbridge/outgoing/one"

    /// A mirror of a repository with `main`.
    private func fixture() async throws -> (RemoteFixture, GitRemote, old: GitObjectID) {
        let fixture = try await RemoteFixture()
        let old = try fixture.id(fixture.commit())
        let remote = try fixture.remote()
        _ = try await remote.fetch(into: fixture.mirror)
        return (fixture, remote, old)
    }

    @Test("a branch moves from where it is expected, a new one is made, and a repeat succeeds")
    func plain() async throws {
        let (fixture, remote, old) = try await self.fixture()
        let new = try fixture.outgoing()
        try await remote.push(Self.source, to: "main", expecting: old, from: fixture.mirror)
        try expectEqual(fixture.served("main"), new.hex)
        try expectEqual(fixture.mirrored("refs/heads/main"), new.hex)
        try await remote.push(Self.source, to: "new/ü", expecting: nil, from: fixture.mirror)
        try expectEqual(fixture.served("new/ü"), new.hex)
        // The answer to the first one could have been lost.
        fixture.server.backend.forgetCalls()
        try await remote.push(Self.source, to: "main", expecting: old, from: fixture.mirror)
        #expect(!fixture.server.calls.contains { $0.request == .push })
        #expect(try fixture.isSame())
        await fixture.server.stop()
    }

    @Test("a branch that has moved, exists or is gone stops the push before anything is sent")
    func races() async throws {
        let (fixture, remote, old) = try await self.fixture()
        _ = try fixture.outgoing()
        let moved = try fixture.commit("theirs")
        func code(_ branch: String, _ expected: GitObjectID?) async -> GitError.Code? {
            await Fixture.code {
                try await remote.push(Self.source, to: branch, expecting: expected, from: fixture.mirror)
            }
        }
        await expectEqual(code("main", old), .conflict)
        await expectEqual(code("main", nil), .exists)
        await expectEqual(code("gone", old), .conflict)
        await expectEqual(code("main", try fixture.id(moved)), .conflict)
        #expect(!fixture.server.calls.contains { $0.request == .push })
        try expectEqual(fixture.served("main"), moved)
        await fixture.server.stop()
    }

    @Test("a branch that moves while the push is under way is a conflict")
    func lateRace() async throws {
        let (fixture, remote, old) = try await self.fixture()
        _ = try fixture.outgoing()
        try fixture.commit("aside", branch: "aside")
        let theirs = try fixture.served("aside")
        // The hook runs after the server has read the expected commit, and before it moves the branch.
        try fixture.hook(
            "pre-receive", "unset GIT_QUARANTINE_PATH; git update-ref refs/heads/main \(theirs)")
        await expectEqual(
            Fixture.code {
                try await remote.push(Self.source, to: "main", expecting: old, from: fixture.mirror)
            }, .conflict)
        try expectEqual(fixture.served("main"), theirs)
        try expectEqual(fixture.mirrored("refs/heads/main"), old.hex)
        await fixture.server.stop()
    }

    @Test("the server's rules refuse with their reason in one line")
    func rejected() async throws {
        let (fixture, remote, old) = try await self.fixture()
        _ = try fixture.outgoing()
        try fixture.hook(
            "pre-receive",
            "echo \"error: GH006: Protected branch update failed.\" >&2; echo \"error: Changes must be made through a pull request.\" >&2; exit 1"
        )
        do {
            try await remote.push(Self.source, to: "main", expecting: old, from: fixture.mirror)
            Issue.record("the push succeeded")
        } catch let error as GitError {
            expectEqual(error.code, .rejected)
            #expect(error.message.contains("GH006: Protected branch update failed.; error: Changes must be made"))
            #expect(!error.message.contains("\n"))
        }
        try expectEqual(fixture.served("main"), old.hex)
        await fixture.server.stop()
    }

    @Test("a repository with a work tree on this machine takes no push, and the error says what does")
    func workTree() async throws {
        let (fixture, _, _) = try await self.fixture()
        _ = try fixture.outgoing()
        let local = GitRemote(url: try GitRemoteURL(fixture.folder.path + "/work"))
        let error = await #expect(throws: GitError.self) {
            try await local.push(Self.source, to: "new", expecting: nil, from: fixture.mirror)
        }
        #expect(error?.code == .rejected && error?.message.contains("configure it as `path`") == true)
        await fixture.server.stop()
    }

    @Test("a pack of 12 MB is sent in pieces; without access the push ends early")
    func big() async throws {
        let isAllowed = Protected(true)
        let fixture = try await RemoteFixture { _, _, _, isPush in
            isPush && !isAllowed.withLock { $0 } ? 403 : nil
        }
        let old = try fixture.id(fixture.commit())
        let remote = try fixture.remote()
        _ = try await remote.fetch(into: fixture.mirror)
        try fixture.git.shell("head -c 12000000 /dev/urandom > work/big")
        let new = try fixture.outgoing()
        isAllowed.withLock { $0 = false }
        await expectEqual(
            Fixture.code {
                try await remote.push(Self.source, to: "main", expecting: old, from: fixture.mirror)
            }, .forbidden)
        isAllowed.withLock { $0 = true }
        fixture.server.fail(.push, .status(403))
        await expectEqual(
            Fixture.code {
                try await remote.push(Self.source, to: "main", expecting: old, from: fixture.mirror)
            }, .forbidden)
        try await remote.push(Self.source, to: "main", expecting: old, from: fixture.mirror)
        try expectEqual(fixture.served("main"), new.hex)
        try fixture.git("-C served/owner/name.git fsck --strict")
        await fixture.server.stop()
    }

    /// A server that has enough after the first piece, and says only that it is well.
    private struct HastyServer: GitHTTP {
        let client = GitHTTPClient()

        func send(_ request: GitHTTPRequest) async throws -> GitHTTPResponse {
            guard case .stream(let next, let ended) = request.body else { return try await self.client.send(request) }
            _ = try await next()
            ended()
            var headers = HTTPHeaders()
            headers.append("Content-Type", "application/x-git-receive-pack-result")
            return GitHTTPResponse(status: 200, headers: headers) { nil }
        }
    }

    @Test("a server that answers before it has everything ends the push")
    func early() async throws {
        let (fixture, _, old) = try await self.fixture()
        try fixture.git.shell("head -c 12000000 /dev/urandom > work/big")
        _ = try fixture.outgoing()
        let remote = try fixture.remote(http: HastyServer())
        await #expect(throws: GitError.self) {
            try await remote.push(Self.source, to: "main", expecting: old, from: fixture.mirror)
        }
        try expectEqual(fixture.served("main"), old.hex)
        await fixture.server.stop()
    }

    @Test("a repository whose making was interrupted is made again")
    func interrupted() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/half.git"
        try RealGit(directory.path).shell("git init -q --bare half.git && rm half.git/HEAD")
        #expect(try await GitRepository(path: path).createStore(sharing: nil))
        #expect(try await !GitRepository(path: path).createStore(sharing: nil))
        try RealGit(path)("fsck")
    }

    @Test(
        "servers' answers to a push",
        arguments: [
            ("non-fast-forward", GitError.Code.conflict), ("fetch first", .conflict),
            ("failed to update ref", .conflict),
            ("cannot lock ref 'refs/heads/main': is at 1 but expected 2", .conflict),
            ("protected branch hook declined", .rejected), ("pre-receive hook declined", .rejected),
            ("push declined due to repository rule violations", .rejected),
        ])
    func answers(status: String, code: GitError.Code) {
        expectEqual(GitRefusal.error(branch: "main", status: status, messages: []).code, code)
    }

    @Test("a server's text is one line without control characters")
    func line() {
        let text =
            "\u{1B}[31merror:\u{1B}[0m GH013: Rules\r\n\n —————\n  - GITHUB PUSH PROTECTION\u{7}\n"
            + String(repeating: "x", count: 400)
        let line = GitRefusal.line(Array(text.utf8))
        #expect(line.hasPrefix("error: GH013: Rules; GITHUB PUSH PROTECTION; xxx"))
        expectEqual(line.count, 300)
        expectEqual(GitRefusal.line(Array("ab\u{202E}cd\u{0}".utf8)), "ab cd")
    }
}
