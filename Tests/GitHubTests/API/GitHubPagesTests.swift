import HTTP
import Models
import TestSupport
import Testing

@testable import GitHub

@Suite("GitHub: pages and redirects", .timeLimit(.minutes(1)))
struct GitHubPagesTests {
    private static func branches(_ names: String..., next: String? = nil) -> ScriptedTransport.Answer {
        let items = names.map { #"{"name":"\#($0)","commit":{"sha":"a"},"unknown":[1]}"# }
        let headers: HTTPHeaders = next.map { ["Link": #"<\#($0)>; rel="next", <https://x/>; rel="last""#] } ?? [:]
        return .json("[\(items.joined(separator: ","))]", headers: headers)
    }

    @Test("the next page's address is followed as GitHub gives it")
    func follows() async throws {
        let rig = try GitHubRig(
            Self.branches("a", "b", next: "https://api.github.com/repositories/7/branches?cursor=Y3Vy&page=2"),
            Self.branches("c"))
        let all = try await rig.client.all { try await rig.client.branches(of: GitHubRig.repository, after: $0) }
        expectEqual(all.map(\.name), ["a", "b", "c"])
        expectEqual(
            rig.requests.map(\.url.target),
            [
                "/repos/octo/app/branches?per_page=100", "/repositories/7/branches?cursor=Y3Vy&page=2",
            ])
    }

    @Test("an address on another server is not followed")
    func otherServer() async throws {
        let rig = try GitHubRig(Self.branches("a", next: "https://evil.example/steal"))
        try await expectEqual(rig.client.branches(of: GitHubRig.repository).next, nil)
    }

    @Test("reading stops at the limit")
    func limit() async throws {
        let rig = try GitHubRig(Self.branches("a", "b", next: "https://api.github.com/more"))
        let some = try await rig.client.all(upTo: 3) { page in
            try await rig.client.branches(of: GitHubRig.repository, after: page, freshness: .zero)
        }
        expectEqual(some.count, 3)
        expectEqual(rig.requests.count, 2)
    }

    @Test("items that make no sense are skipped; an answer that is no list is an error")
    func tolerant() async throws {
        let rig = try GitHubRig(.json(#"[{"name":1},null,{"name":"m","commit":{"sha":"a"}}]"#), .json("{}"))
        try await expectEqual(rig.client.branches(of: GitHubRig.repository).items.map(\.name), ["m"])
        rig.client.outdate(nil)
        let error = try await rig.failure { _ = try await $0.branches(of: GitHubRig.repository) }
        expectEqual(error.code, .badAnswer)
    }

    @Test("a renamed repository is followed with the method kept", arguments: [301, 302, 307, 308])
    func redirects(status: Int) async throws {
        let rig = try GitHubRig(
            .json("{}", status: status, headers: ["Location": "https://api.github.com/repositories/7/pulls"]),
            .json(#"{"number":3,"base":{"ref":"main"},"head":{"ref":"x"}}"#, status: 201))
        let pull = try await rig.client.openPullRequest(
            in: GitHubRig.repository, title: "t", body: "b", head: "x", base: "main")
        expectEqual(pull.number, 3)
        expectEqual(rig.requests.map(\.method), [.post, .post])
        expectEqual(rig.requests[1].url.path, "/repositories/7/pulls")
        expectEqual(rig.requests[0].body, rig.requests[1].body)
        #expect(rig.requests[1].headers["authorization"] != nil)
    }

    @Test("a redirect to another server is an error, and the token stays here")
    func foreignRedirect() async throws {
        let rig = try GitHubRig(.json("", status: 302, headers: ["Location": "https://evil.example/"]))
        let error = try await rig.failure { _ = try await $0.repository(GitHubRig.repository) }
        expectEqual(error.code, .badAnswer)
        expectEqual(rig.requests.count, 1)
    }

    @Test("endless redirects end")
    func loops() async throws {
        let rig = try GitHubRig(.json("", status: 301, headers: ["Location": "/repos/octo/app"]))
        _ = try await rig.failure { _ = try await $0.repository(GitHubRig.repository) }
        expectEqual(rig.requests.count, 6)
    }
}
