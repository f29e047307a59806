import Copilot
import HTTP
import HTTPClient
import Models
import TestSupport
import Testing

@testable import GitHub

@Suite("GitHub: the cache of answers", .timeLimit(.minutes(1)))
struct GitHubCacheTests {
    private static let user = #"{"login":"octo","id":7}"#
    private static let branches = #"[{"name":"main","commit":{"sha":"a1"}}]"#

    @Test("an answer is asked for again by its ETag, and 304 means that it holds")
    func confirmed() async throws {
        let rig = try GitHubRig(
            .json(Self.user, headers: ["ETag": #""e1""#, "X-OAuth-Scopes": "repo"]), .json("", status: 304))
        let first = try await rig.client.signIn()
        let second = try await rig.client.signIn()
        expectEqual(first, second)
        expectEqual(second.scopes, ["repo"])
        expectEqual(rig.requests.map { $0.headers["if-none-match"] }, [nil, #""e1""#])
    }

    @Test("a listing is not asked for within five minutes")
    func fresh() async throws {
        let rig = try GitHubRig(.json(Self.branches, headers: ["ETag": #""e1""#]), .json("", status: 304))
        for _ in 0..<3 { _ = try await rig.client.branches(of: GitHubRig.repository) }
        expectEqual(rig.requests.count, 1)
        rig.time.pass(.seconds(301))
        try await expectEqual(rig.client.branches(of: GitHubRig.repository).items.map(\.name), ["main"])
        expectEqual(rig.requests.count, 2)
        // Confirmed, it is fresh again.
        _ = try await rig.client.branches(of: GitHubRig.repository)
        expectEqual(rig.requests.count, 2)
    }

    @Test("a listing is used for ten minutes while GitHub cannot be reached, and no longer")
    func stale() async throws {
        let rig = try GitHubRig(.json(Self.branches), .failure(.connect))
        _ = try await rig.client.branches(of: GitHubRig.repository)
        rig.time.pass(.seconds(400))
        try await expectEqual(rig.client.branches(of: GitHubRig.repository).items.count, 1)
        rig.time.pass(.seconds(400))
        let error = try await rig.failure { _ = try await $0.branches(of: GitHubRig.repository) }
        expectEqual(error.code, .unreachable)
    }

    @Test("a write makes what is known of its repository out of date, and of no other")
    func outdated() async throws {
        let transport = AnsweringTransport { request, _ in
            request.method == .get ? .json(Self.branches) : .json("{}", status: 201)
        }
        let rig = try GitHubRig(transport)
        let other = GitHubRepositoryName(owner: "octo", name: "other")
        _ = try await rig.client.branches(of: GitHubRig.repository)
        _ = try await rig.client.branches(of: other)
        try await rig.client.createBranch("x", at: "a1", in: GitHubRepositoryName(owner: "Octo", name: "App"))
        _ = try await rig.client.branches(of: GitHubRig.repository)
        _ = try await rig.client.branches(of: other)
        let reads = transport.requests.filter { $0.method == .get }.map(\.url.path)
        expectEqual(reads, ["/repos/octo/app/branches", "/repos/octo/other/branches", "/repos/octo/app/branches"])
    }

    @Test("an answer that was requested before a write is not current after it")
    func race() throws {
        var cache = GitHubCache(maximumEntries: 10, maximumBytes: 100_000)
        let key = GitHubCache.Key(token: nil, url: try HTTPURL("https://api.github.com/x"), accept: "")
        let generation = cache.generation
        cache.outdate(GitHubRig.repository)
        let answer = GitHubAnswer(status: 200, headers: ["ETag": "e"], body: [1])
        cache.store(answer, as: key, repository: GitHubRig.repository, generation: generation, now: 0)
        #expect(cache.answer(key, within: 1_000, now: 0) == nil)
        expectEqual(cache.entry(key)?.etag, "e")
        cache.confirm(key, generation: cache.generation, now: 5)
        expectEqual(cache.answer(key, within: 1_000, now: 6)?.body, [1])
    }

    @Test("each token has its own answers")
    func perToken() async throws {
        let rig = try GitHubRig(.json(Self.user, headers: ["ETag": "e"]))
        let other = try GitHubRig.token("gho_" + String(repeating: "b", count: 36))
        _ = try await rig.client.signIn()
        _ = try await rig.client.signIn(.token(other))
        expectEqual(rig.requests.map { $0.headers["if-none-match"] }, [nil, nil])
    }

    @Test("the cache stays within its limits of answers and bytes, dropping what was used least recently")
    func bounds() throws {
        var cache = GitHubCache(maximumEntries: 20, maximumBytes: 100_000)
        func key(_ number: Int) throws -> GitHubCache.Key {
            GitHubCache.Key(token: nil, url: try HTTPURL("https://api.github.com/\(number)"), accept: "")
        }
        let small = GitHubAnswer(status: 200, headers: [:], body: [1])
        for number in 0..<100 {
            cache.store(small, as: try key(number), repository: nil, generation: 0, now: 0)
            _ = cache.entry(try key(0))
        }
        #expect(cache.count <= 20)
        #expect(cache.entry(try key(0)) != nil)
        #expect(cache.entry(try key(99)) != nil)
        #expect(cache.entry(try key(1)) == nil)
        let large = GitHubAnswer(status: 200, headers: [:], body: [UInt8](repeating: 0, count: 12_000))
        for number in 100..<120 { cache.store(large, as: try key(number), repository: nil, generation: 0, now: 0) }
        #expect(cache.bytes <= 100_000)
        let huge = GitHubAnswer(status: 200, headers: [:], body: [UInt8](repeating: 0, count: 50_000))
        cache.store(huge, as: try key(200), repository: nil, generation: 0, now: 0)
        #expect(cache.entry(try key(200)) == nil)
    }
}
