import Git
import Primitives
import TestSupport
import Testing

@Suite("A mirror is what the server has", .timeLimit(.minutes(2)))
struct GitFetchTests {
    @Test("the first fetch brings everything, the next only what is new, and one without news costs one request")
    func incremental() async throws {
        let fixture = try await RemoteFixture()
        let first = try fixture.commit()
        try fixture.commit("b", branch: "other")
        let remote = try fixture.remote()
        let fetched = try await remote.fetch(into: fixture.mirror)
        expectEqual(fetched.defaultBranch, "main")
        expectEqual(fetched.changes.map(\.name), ["main", "other"])
        #expect(fetched.changes.allSatisfy { $0.old == nil && $0.new != nil })
        #expect(fetched.receivedBytes > 0)
        #expect(try fixture.isSame())

        let second = try fixture.commit("c")
        let next = try await remote.fetch(into: fixture.mirror)
        expectEqual(next.changes, [.init(name: "main", old: try fixture.id(first), new: try fixture.id(second))])
        #expect(try fixture.isSame())

        fixture.server.backend.forgetCalls()
        let last = try await remote.fetch(into: fixture.mirror)
        #expect(last.changes.isEmpty)
        expectEqual(last.receivedBytes, 0)
        expectEqual(fixture.server.calls.map(\.request), [.references(isPush: false)])
        #expect(fixture.server.calls.allSatisfy { $0.protocolVersion == nil })
        await fixture.server.stop()
    }

    @Test("deleted branches go, also where another's name needs the place; HEAD follows the default branch")
    func prune() async throws {
        let fixture = try await RemoteFixture()
        try fixture.commit()
        try fixture.commit(branch: "topic")
        try fixture.commit(branch: "x/y")
        let remote = try fixture.remote()
        _ = try await remote.fetch(into: fixture.mirror)
        _ = try fixture.outgoing()
        try fixture.git.shell(
            """
            cd served/owner/name.git && id=$(git rev-parse main) && git update-ref -d refs/heads/topic && \
            git update-ref refs/heads/topic/one $id && git update-ref -d refs/heads/x/y && \
            git update-ref refs/heads/x $id && git branch -m main trunk && git symbolic-ref HEAD refs/heads/trunk
            """)
        let fetched = try await remote.fetch(into: fixture.mirror)
        expectEqual(fetched.changes.map(\.name), ["main", "topic", "topic/one", "trunk", "x", "x/y"])
        expectEqual(fetched.defaultBranch, "trunk")
        #expect(try fixture.isSame())
        try expectEqual(fixture.git("-C mirrors/name.git symbolic-ref HEAD"), "refs/heads/trunk")
        try expectEqual(fixture.mirrored("refs/jetbridge/outgoing/one").count, 40)
        await fixture.server.stop()
    }

    @Test("an empty repository, then its first branch; a mirror that exists is kept")
    func empty() async throws {
        let fixture = try await RemoteFixture()
        let remote = try fixture.remote()
        let none = try await remote.fetch(into: fixture.mirror)
        #expect(none.changes.isEmpty)
        expectEqual(none.defaultBranch, nil)
        #expect(try await remote.list().branches.isEmpty)
        try await expectEqual(fixture.mirror.headBranch(), "main")
        try fixture.commit()
        try await expectEqual(remote.fetch(into: fixture.mirror).changes.map(\.name), ["main"])
        try await fixture.mirror.createMirror()
        #expect(try fixture.isSame())
        await fixture.server.stop()
    }

    @Test("only some branches, and other references by their names")
    func some() async throws {
        let fixture = try await RemoteFixture()
        try fixture.commit()
        try fixture.commit(branch: "wanted")
        try fixture.commit(branch: "unwanted")
        try fixture.git("-C work push -q origin HEAD:refs/pull/7/head")
        let remote = try fixture.remote()
        let pull = GitFetchedReference("refs/pull/7/head", to: "refs/jetbridge/pulls/7")
        let fetched = try await remote.fetch(into: fixture.mirror, only: ["wanted"], references: [pull])
        expectEqual(fetched.changes.map(\.name), ["refs/jetbridge/pulls/7", "wanted"])
        try expectEqual(fixture.mirrored("refs/jetbridge/pulls/7"), fixture.served("unwanted"))
        await expectEqual(
            Fixture.code {
                _ = try await remote.fetch(
                    into: fixture.mirror, references: [.init("refs/pull/8/head", to: "refs/jetbridge/pulls/8")])
            }, .notFound)
        await expectEqual(
            Fixture.code {
                _ = try await remote.fetch(
                    into: fixture.mirror, references: [.init("refs/pull/7/head", to: "refs/heads/main")])
            }, .invalidName)
        await fixture.server.stop()
    }

    @Test("300 branches, with names of any language; several fetches at once")
    func many() async throws {
        let fixture = try await RemoteFixture()
        try fixture.commit()
        try fixture.commit("über", branch: "größe/日本語")
        try fixture.git.shell(
            """
            cd served/owner/name.git && id=$(git rev-parse main) && for i in $(seq 300); do \
            echo "create refs/heads/many/branch-$i $id"; done | git update-ref --stdin
            """)
        let remote = try fixture.remote()
        async let one = remote.fetch(into: fixture.mirror)
        async let two = remote.fetch(into: fixture.mirror)
        let changed = try await (one.changes.count, two.changes.count)
        expectEqual(changed.0 + changed.1, 302)
        #expect(changed.0 == 0 || changed.1 == 0)
        #expect(try fixture.isSame())
        await fixture.server.stop()
    }

    @Test("a fetch that was cut or killed leaves a whole mirror, and the next one clears up")
    func cut() async throws {
        let fixture = try await RemoteFixture()
        try fixture.commit("big", String(repeating: "0123456789", count: 200))
        fixture.server.fail(.fetch, .cut(after: 60))
        let remote = try fixture.remote()
        await expectEqual(Fixture.code { _ = try await remote.fetch(into: fixture.mirror) }, .unreachable)
        try expectEqual(fixture.branches("mirrors/name.git"), "")
        try fixture.git.shell(
            """
            cd mirrors/name.git && head -c 100000 /dev/urandom > objects/pack/pack_git2_abcdef && \
            touch objects/tmp_object_git2_abcdef && \
            mkdir -p refs/heads && touch refs/heads/main.lock packed-refs.lock HEAD.lock
            """)
        _ = try await remote.fetch(into: fixture.mirror)
        #expect(try fixture.isSame())
        try expectEqual(fixture.git.shell("find mirrors/name.git/objects | grep -c git2 || true"), "0")
        await fixture.server.stop()
    }

    @Test("a server that hangs: cancelling ends the fetch at once; silence ends it by itself")
    func hang() async throws {
        let fixture = try await RemoteFixture()
        try fixture.commit()
        fixture.server.fail(.fetch, .hang(after: 30))
        let remote = try fixture.remote()
        let task = Task { try await remote.fetch(into: fixture.mirror) }
        try await eventually("the fetch has begun") { fixture.server.calls.contains { $0.request == .fetch } }
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
        fixture.server.fail(.fetch, .hang(after: 30))
        let impatient = try fixture.remote(http: GitHTTPClient(idleTimeout: .milliseconds(200)))
        await expectEqual(Fixture.code { _ = try await impatient.fetch(into: fixture.mirror) }, .unreachable)
        // On a busy machine it may have given up before its turn to hang.
        await fixture.server.backend.release()
        _ = try await remote.fetch(into: fixture.mirror)
        #expect(try fixture.isSame())
        await fixture.server.stop()
    }

    @Test("a pack of 30 MB arrives with progress, and nothing of the server is written down")
    func big() async throws {
        let fixture = try await RemoteFixture()
        try fixture.git.shell("cd work && for i in 1 2 3; do head -c 10000000 /dev/urandom > big$i; done")
        try fixture.commit()
        let seen = Protected<[GitProgress]>([])
        let fetched = try await fixture.remote().fetch(into: fixture.mirror) { progress in
            seen.withLock { $0.append(progress) }
        }
        #expect(fetched.receivedBytes > 30_000_000)
        let last = try #require(seen.withLock { $0.last })
        #expect(last.objects == last.totalObjects && last.bytes == fetched.receivedBytes)
        #expect(try fixture.isSame())
        #expect(throws: RealGit.Failure.self) { try fixture.git.shell("grep -rIl '127.0.0.1' mirrors") }
        #expect(throws: RealGit.Failure.self) { try fixture.git.shell("ls mirrors/name.git/FETCH_HEAD") }
        await fixture.server.stop()
    }

    @Test("a repository in a folder of this machine")
    func folder() async throws {
        let fixture = try await RemoteFixture()
        try fixture.commit()
        let remote = GitRemote(url: try GitRemoteURL(fixture.folder.path + "/served/owner/name.git"))
        try await expectEqual(remote.list().defaultBranch, "main")
        _ = try await remote.fetch(into: fixture.mirror)
        #expect(try fixture.isSame())
        let new = try fixture.outgoing()
        try await remote.push(
            "refs/jetbridge/outgoing/one", to: "made", expecting: nil, from: fixture.mirror)
        try expectEqual(fixture.served("made"), new.hex)
        let missing = GitRemote(url: try GitRemoteURL(fixture.folder.path + "/served/owner/other.git"))
        await expectEqual(Fixture.code { _ = try await missing.list() }, .notFound)
        await fixture.server.stop()
    }
}
