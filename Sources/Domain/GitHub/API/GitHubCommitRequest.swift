internal import Crypto
internal import HTTP
internal import JSON

/// Several files that become one commit on an expected head.
package struct GitHubCommitRequest: Sendable, Hashable {
    package var repository: GitHubRepositoryName
    package var branch: String
    /// The commit that the branch must point to.
    package var expectedHead: String
    /// The first line is the headline.
    package var message: String
    package var changes: [GitHubFileChange]

    package init(
        _ repository: GitHubRepositoryName, branch: String, expectedHead: String, message: String,
        changes: [GitHubFileChange]
    ) {
        self.repository = repository
        self.branch = branch
        self.expectedHead = expectedHead
        self.message = message
        self.changes = changes
    }

    var headline: String { self.message.split(separator: "\n", maxSplits: 1).first.map(String.init) ?? "" }

    var messageBody: String {
        let rest = self.message.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false).dropFirst().first
        return String((rest ?? "").drop { $0 == "\n" })
    }

    var purpose: String { "Committing to the branch \(self.branch)" }
}

/// A change of one file in a commit.
package struct GitHubFileChange: Sendable, Hashable {
    package let path: String
    /// Nil to delete it.
    package let bytes: [UInt8]?
    package var isExecutable = false

    package init(_ path: String, _ bytes: [UInt8]?, isExecutable: Bool = false) {
        self.path = path
        self.bytes = bytes
        self.isExecutable = isExecutable
    }
}

extension GitHubClient {
    private static let mutation =
        "mutation($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid url } } }"

    /// Commits several files at once on the expected head: by one GraphQL call, or by the Git data API for file modes
    /// and for servers without that call. The branch must exist. Throws `conflict` when the head moved; nothing was
    /// written then.
    package func commit(_ request: GitHubCommitRequest) async throws -> GitHubCommit {
        guard !request.changes.contains(where: \.isExecutable) else { return try await self.commitByGitData(request) }
        do {
            return try await self.commitOnBranch(request)
        } catch let error as GitHubError where error.code == .unsupported {
            return try await self.commitByGitData(request)
        }
    }

    /// ``commit(_:)`` by GraphQL's `createCommitOnBranch`, which signs the commit. Files get the mode 100644.
    package func commitOnBranch(_ request: GitHubCommitRequest) async throws -> GitHubCommit {
        let additions = request.changes.compactMap { change -> JSON? in
            change.bytes.map { ["path": .string(change.path), "contents": .string(base64($0))] }
        }
        let deletions = request.changes.filter { $0.bytes == nil }.map { change -> JSON in
            ["path": .string(change.path)]
        }
        let input: JSONObject = [
            "branch": [
                "repositoryNameWithOwner": .string(request.repository.description),
                "branchName": .string(request.branch),
            ],
            "message": ["headline": .string(request.headline), "body": .string(request.messageBody)],
            "expectedHeadOid": .string(request.expectedHead),
            "fileChanges": ["additions": .array(additions), "deletions": .array(deletions)],
        ]
        let purpose = "\(request.purpose) in \(request.repository)"
        let data = try await self.graphQL(
            Self.mutation, ["input": .object(input)], purpose, repository: request.repository, isWrite: true,
            files: request.changes.map(\.path))
        let commit = data["createCommitOnBranch"]?["commit"]
        guard let id = commit?["oid"]?.stringValue else {
            throw GitHubError(
                .badAnswer, "\(GitHubText.line(purpose)) failed: the answer has no commit; look whether it is there.",
                mayHaveHappened: true)
        }
        let url = commit?["url"]?.stringValue ?? self.links.commit(id, in: request.repository)
        return GitHubCommit(id: id, url: url, message: request.message)
    }

    /// ``commit(_:)`` by blobs, a tree, a commit and the branch's reference, which is never forced. Returns the expected
    /// head itself when nothing changes.
    package func commitByGitData(_ request: GitHubCommitRequest) async throws -> GitHubCommit {
        let repository = request.repository
        let head = try await self.head(of: request.branch, in: repository)
        guard head == request.expectedHead else {
            let why =
                head == nil
                ? "the branch does not exist; create it first"
                : "someone else pushed first; fetch, merge and try again"
            throw GitHubError(
                head == nil ? .notFound : .conflict,
                "\(GitHubText.line(request.purpose)) in \(repository) failed: \(why).")
        }
        let base = try await self.value(
            GitHubRequest(.get, repository, ["git", "commits", request.expectedHead], request.purpose)
        ) { $0["tree"]?["sha"]?.stringValue }
        var entries: [JSON] = []
        for change in request.changes { entries.append(try await self.entry(change, request)) }
        let tree = try await self.object(
            "trees", ["base_tree": .string(base), "tree": .array(entries)], request)
        guard tree != base else {
            return GitHubCommit(
                id: request.expectedHead, url: self.links.commit(request.expectedHead, in: repository))
        }
        let commit = try await self.object(
            "commits",
            [
                "message": .string(request.message), "tree": .string(tree),
                "parents": [.string(request.expectedHead)],
            ], request)
        var update = GitHubRequest(
            .patch, repository, ["git", "refs", "heads"] + Self.names(request.branch), request.purpose,
            body: ["sha": .string(commit), "force": false])
        update.files = request.changes.map(\.path)
        _ = try await self.send(update)
        return GitHubCommit(id: commit, url: self.links.commit(commit, in: repository), message: request.message)
    }

    /// A file's entry in a new tree: text inline, anything else as a blob of its own.
    private func entry(_ change: GitHubFileChange, _ request: GitHubCommitRequest) async throws -> JSON {
        var entry: JSONObject = [
            "path": .string(change.path), "mode": .string(change.isExecutable ? "100755" : "100644"), "type": "blob",
        ]
        if let bytes = change.bytes {
            if !bytes.contains(0), bytes.count < 256 << 10, let text = String(validating: bytes, as: UTF8.self) {
                entry["content"] = .string(text)
            } else {
                let body: JSONObject = ["content": .string(base64(bytes)), "encoding": "base64"]
                entry["sha"] = .string(try await self.object("blobs", body, request, files: [change.path]))
            }
        } else {
            entry["sha"] = .null
        }
        return .object(entry)
    }

    /// Makes a Git object and returns its id. Making it twice makes the same, but it counts as a write.
    private func object(
        _ kind: String, _ body: JSONObject, _ commit: GitHubCommitRequest, files: [String]? = nil
    ) async throws -> String {
        var request = GitHubRequest(.post, commit.repository, ["git", kind], commit.purpose, body: .object(body))
        request.files = files ?? commit.changes.map(\.path)
        return try await self.value(request) { $0["sha"]?.stringValue }
    }
}
