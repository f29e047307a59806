import HTTP
import JSON
import Models
import TestSupport
import Testing

@testable import GitHub

@Suite("GitHub: commits", .timeLimit(.minutes(1)))
struct GitHubCommitsTests {
    private typealias Answer = ScriptedTransport.Answer
    private static let head = String(repeating: "a", count: 40)
    private static let made = String(repeating: "c", count: 40)

    private static func request(_ changes: [GitHubFileChange]) -> GitHubCommitRequest {
        GitHubCommitRequest(
            GitHubRig.repository, branch: "001-x/y", expectedHead: Self.head,
            message: "specs: first\n\nWhy.\n\nSpec-Step: 7", changes: changes)
    }

    private static let changes = [
        GitHubFileChange("specs/001/spec.md", Array("# Ü\n".utf8)), GitHubFileChange("old.md", nil),
    ]

    @Test("several files are one GraphQL call on the expected head")
    func mutation() async throws {
        let rig = try GitHubRig(
            .json(#"{"data":{"createCommitOnBranch":{"commit":{"oid":"\#(Self.made)","url":"https://github.com/x"}}}}"#)
        )
        let commit = try await rig.client.commit(Self.request(Self.changes))
        expectEqual(commit.id, Self.made)
        expectEqual(commit.url, "https://github.com/x")
        let sent = try #require(rig.requests.first)
        expectEqual(sent.url.description, "https://api.github.com/graphql")
        let input = try JSON.parse(sent.body ?? [])["variables"]?["input"]
        expectEqual(input?["expectedHeadOid"], .string(Self.head))
        expectEqual(input?["branch"], ["repositoryNameWithOwner": "octo/app", "branchName": "001-x/y"])
        expectEqual(input?["message"], ["headline": "specs: first", "body": "Why.\n\nSpec-Step: 7"])
        expectEqual(
            input?["fileChanges"],
            [
                "additions": [["path": "specs/001/spec.md", "contents": "IyDDnAo="]],
                "deletions": [["path": "old.md"]],
            ])
    }

    @Test("a head that moved is a conflict, and nothing is repeated")
    func stale() async throws {
        let rig = try GitHubRig(
            .json(
                #"{"data":{"createCommitOnBranch":null},"errors":[{"type":"STALE_DATA","message":"Expected branch to point to \"a\" but it did not. Pull and try again."}]}"#
            ))
        let error = try await rig.failure { _ = try await $0.commit(Self.request(Self.changes)) }
        expectEqual(error.code, .conflict)
        #expect(!error.mayHaveHappened)
        expectEqual(rig.requests.count, 1)
    }

    @Test("push protection names the kind and the files")
    func secret() async throws {
        let rig = try GitHubRig(
            .json(#"{"data":null,"errors":[{"type":"UNPROCESSABLE","message":"Secret detected in content"}]}"#))
        let error = try await rig.failure { _ = try await $0.commit(Self.request(Self.changes)) }
        expectEqual(error.code, .pushProtection)
        #expect(error.message.contains(" in specs/001/spec.md, old.md; remove it"))
    }

    private static func gitData(tree: String) -> AnsweringTransport {
        AnsweringTransport { request, _ in
            let path = request.url.path
            if path.hasSuffix("/graphql") {
                return .json(
                    #"{"errors":[{"message":"Field 'createCommitOnBranch' doesn't exist on type 'Mutation'"}]}"#)
            }
            if path.contains("/git/ref/") { return .json(#"{"object":{"sha":"\#(Self.head)"}}"#) }
            if path.contains("/git/commits/") { return .json(#"{"sha":"x","tree":{"sha":"base"}}"#) }
            if path.hasSuffix("/git/trees") { return .json(#"{"sha":"\#(tree)"}"#, status: 201) }
            if path.hasSuffix("/git/blobs") { return .json(#"{"sha":"blob"}"#, status: 201) }
            if path.hasSuffix("/git/commits") { return .json(#"{"sha":"\#(Self.made)"}"#, status: 201) }
            return .json("{}")
        }
    }

    @Test("a server without the mutation gets the same commit by the Git data API, never forced")
    func fallback() async throws {
        let transport = Self.gitData(tree: "new")
        let rig = try GitHubRig(transport)
        let changes =
            Self.changes + [
                GitHubFileChange("logo.png", [0, 255]), GitHubFileChange("run.sh", Array("x".utf8), isExecutable: true),
            ]
        // With a file mode, the mutation is not even tried.
        let commit = try await rig.client.commit(Self.request(changes))
        expectEqual(commit.id, Self.made)
        expectEqual(commit.url, "https://github.com/octo/app/commit/\(Self.made)")
        let sent = transport.requests
        expectEqual(
            sent.map { "\($0.method.rawValue) \($0.url.path.dropFirst("/repos/octo/app/git/".count))" },
            [
                "GET ref/heads/001-x/y", "GET commits/\(Self.head)", "POST blobs", "POST trees", "POST commits",
                "PATCH refs/heads/001-x/y",
            ])
        let tree = try JSON.parse(sent[3].body ?? [])
        expectEqual(tree["base_tree"], "base")
        expectEqual(
            tree["tree"],
            [
                ["path": "specs/001/spec.md", "mode": "100644", "type": "blob", "content": "# Ü\n"],
                ["path": "old.md", "mode": "100644", "type": "blob", "sha": .null],
                ["path": "logo.png", "mode": "100644", "type": "blob", "sha": "blob"],
                ["path": "run.sh", "mode": "100755", "type": "blob", "content": "x"],
            ])
        try expectEqual(JSON.parse(sent[4].body ?? [])["parents"], [.string(Self.head)])
        try expectEqual(JSON.parse(sent[5].body ?? []), ["sha": .string(Self.made), "force": false])
        let other = Self.gitData(tree: "new")
        _ = try await GitHubRig(other).client.commit(Self.request(Self.changes))
        expectEqual(other.requests.first?.url.path, "/graphql")
        expectEqual(other.requests.last?.method, .patch)
    }

    @Test("the same tree makes no commit; another head is a conflict before anything is made")
    func nothing() async throws {
        let same = Self.gitData(tree: "base")
        let commit = try await GitHubRig(same).client.commitByGitData(Self.request(Self.changes))
        expectEqual(commit.id, Self.head)
        expectEqual(same.requests.last?.url.path.hasSuffix("/git/trees"), true)
        let rig = try GitHubRig(.json(#"{"object":{"sha":"other"}}"#), .json("{}", status: 404))
        let moved = try await rig.failure { _ = try await $0.commitByGitData(Self.request(Self.changes)) }
        expectEqual(moved.code, .conflict)
        let missing = try await rig.failure { _ = try await $0.commitByGitData(Self.request(Self.changes)) }
        expectEqual(missing.code, .notFound)
        #expect(rig.requests.allSatisfy { $0.method == .get })
    }
}
