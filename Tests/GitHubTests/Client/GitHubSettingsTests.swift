import HTTP
import Models
import TestSupport
import Testing

@testable import GitHub

@Suite("GitHub: addresses", .timeLimit(.minutes(1)))
struct GitHubSettingsTests {
    @Test(
        "GraphQL is beside the REST API",
        arguments: [
            ("https://api.github.com", "https://api.github.com/graphql"),
            ("https://api.github.com/", "https://api.github.com/graphql"),
            ("https://api.tenant.ghe.com", "https://api.tenant.ghe.com/graphql"),
            ("https://github.example.com/api/v3", "https://github.example.com/api/graphql"),
            ("https://github.example.com/api/v3/", "https://github.example.com/api/graphql"),
            ("http://127.0.0.1:8080/api/v3", "http://127.0.0.1:8080/api/graphql"),
        ])
    func graphQL(api: String, expected: String) throws {
        try expectEqual(GitHubRig.settings(api: api).graphQLURL.description, expected)
    }

    @Test(
        "plain HTTP is refused beyond this machine", arguments: ["http://github.example.com/api/v3", "ws://localhost/"])
    func plain(api: String) throws {
        #expect(throws: GitHubError.self) { try GitHubRig.settings(api: api) }
        #expect(throws: GitHubError.self) { try GitHubRig.settings(web: api) }
    }

    @Test("links are percent-encoded, and keep the slashes of branches and paths")
    func links() throws {
        let links = GitHubLinks(try HTTPURL("https://github.com/"))
        let repository = GitHubRig.repository
        expectEqual(links.repository(repository), "https://github.com/octo/app")
        expectEqual(links.commit("abc", in: repository), "https://github.com/octo/app/commit/abc")
        expectEqual(
            links.file("a b/ü#?.md", at: "feat/x", in: repository, line: 3),
            "https://github.com/octo/app/blob/feat/x/a%20b/%C3%BC%23%3F.md#L3")
        expectEqual(links.branch("001-a/b", in: repository), "https://github.com/octo/app/tree/001-a/b")
        expectEqual(links.pullRequest(7, in: repository), "https://github.com/octo/app/pull/7")
        expectEqual(
            links.compare("main", "me:x/y", in: repository), "https://github.com/octo/app/compare/main...me:x/y")
        expectEqual(links.clone(repository), "https://github.com/octo/app.git")
    }

    @Test("names have the form owner/name")
    func names() {
        expectEqual(GitHubRepositoryName("octo/my.app"), GitHubRepositoryName(owner: "octo", name: "my.app"))
        for text in ["octo", "octo/", "/a", "a/b/c", "a/..", "./b", "a/b.git", "a b/c", "é/c", "a/b%2f"] {
            expectEqual(GitHubRepositoryName(text), nil)
        }
    }

    @Test("a name that would lead to another call is refused before anything is sent", arguments: ["..", ".", ""])
    func dots(name: String) async throws {
        let rig = try GitHubRig(.json("{}"))
        let error = try await rig.failure {
            _ = try await $0.repository(GitHubRepositoryName(owner: "octo", name: name))
        }
        expectEqual(error.code, .invalidRequest)
        let other = try await rig.failure { _ = try await $0.head(of: "docs/../../x", in: GitHubRig.repository) }
        expectEqual(other.code, .invalidRequest)
        #expect(rig.requests.isEmpty)
    }

    @Test("a request has GitHub's headers")
    func headers() async throws {
        let rig = try GitHubRig(.json(#"{"login":"octo","id":7}"#))
        _ = try await rig.client.signIn()
        let headers = try #require(rig.requests.first).headers
        expectEqual(headers["authorization"], "Bearer \(GitHubRig.plainToken)")
        expectEqual(headers["accept"], "application/vnd.github+json")
        expectEqual(headers["x-github-api-version"], "2022-11-28")
        expectEqual(headers["user-agent"], "jetbridge/1.0")
    }
}
