internal import Crypto
internal import EventLoop
internal import HTTP
internal import JSON

/// The Git data endpoints: commits, trees and blobs.
extension GitHubHub {
    func getCommitData(_ call: GitHubCall) async throws -> GitHubReply {
        let repository = try call.repository
        guard let commit = try await repository.git.commit(call["sha"]), commit.id == call["sha"] else {
            throw GitHubProblem.notFound
        }
        return GitHubReply(self.shape(data: commit, in: repository))
    }

    func createCommitData(_ call: GitHubCall) async throws -> GitHubReply {
        let repository = try call.repository
        let message = try call.text("message")
        let tree = try call.text("tree")
        guard let object = try await repository.git.object(tree), object.type == "tree" else {
            throw GitHubProblem(422, "Tree SHA does not exist")
        }
        var parents: [String] = []
        for parent in call.body["parents"]?.arrayValue ?? [] {
            guard let id = parent.stringValue, try await repository.git.commit(id)?.id == id else {
                throw GitHubProblem(422, "Parent SHA does not exist or is not a commit object")
            }
            parents.append(id)
        }
        let person = self.signature(of: call.login)
        let id = try await repository.git.makeCommit(
            tree: object.id, parents: parents, GitHubCommitText(message: message, author: person, committer: person))
        guard let commit = try await repository.git.commit(id) else { throw GitHubProblem.notFound }
        return GitHubReply(self.shape(data: commit, in: repository), status: 201)
    }

    func getTree(_ call: GitHubCall) async throws -> GitHubReply {
        let repository = try call.repository
        guard let tree = try await repository.git.object("\(call["tree_sha"])^{tree}") else {
            throw GitHubProblem.notFound
        }
        let isRecursive = !(call.query["recursive"] ?? "").isEmpty
        let all = try await repository.git.tree(tree.id, isRecursive: isRecursive)
        // GitHub's limit.
        return GitHubReply(self.shape(tree: tree.id, all.prefix(100_000), all.count > 100_000, repository))
    }

    private func shape(
        tree id: String, _ entries: some Sequence<GitHubTreeEntry>, _ isTruncated: Bool, _ repository: HubRepository
    ) -> JSON {
        let api = "\(self.url)/repos/\(repository.fullName)/git"
        return [
            "sha": .string(id), "url": .string("\(api)/trees/\(id)"), "truncated": .bool(isTruncated),
            "tree": .array(
                entries.map { entry in
                    var shape: JSONObject = [
                        "path": .string(entry.path), "mode": .string(entry.mode), "type": .string(entry.type),
                        "sha": .string(entry.id), "url": .string("\(api)/\(entry.type)s/\(entry.id)"),
                    ]
                    if let size = entry.size { shape["size"] = JSON(size) }
                    return .object(shape)
                }),
        ]
    }

    func createTree(_ call: GitHubCall) async throws -> GitHubReply {
        let repository = try call.repository
        guard let list = call.body["tree"]?.arrayValue else { throw GitHubProblem.missing("tree") }
        var base: String?
        if let name = call.body["base_tree"]?.stringValue {
            guard let found = try await repository.git.object("\(name)^{tree}") else {
                throw GitHubProblem(422, "base_tree is not a valid tree oid")
            }
            base = found.id
        }
        var entries: [(mode: String, id: String?, path: String)] = []
        for item in list {
            guard let path = item["path"]?.stringValue, let mode = item["mode"]?.stringValue else {
                throw GitHubProblem(422, "Must supply a valid tree.path, tree.mode and tree.type")
            }
            try Self.check(path: path)
            guard ["100644", "100755"].contains(mode) else {
                throw GitHubProblem(422, "tree.mode must be 100644 or 100755: the stand-in has no others")
            }
            if let content = item["content"]?.stringValue {
                entries.append((mode, try await repository.git.write(Array(content.utf8)), path))
            } else if let id = item["sha"]?.stringValue {
                guard try await repository.git.object(id) != nil else {
                    throw GitHubProblem(422, "tree.sha \(id) is not a valid blob")
                }
                entries.append((mode, id, path))
            } else if item["sha"] == .null {
                entries.append((mode, nil, path))
            } else {
                throw GitHubProblem(422, "Must supply either tree.sha or tree.content")
            }
        }
        let id = try await repository.git.makeTree(base: base, entries: entries)
        return GitHubReply(
            self.shape(tree: id, try await repository.git.tree(id), false, repository), status: 201)
    }

    static func check(path: String) throws(GitHubProblem) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        if path.isEmpty || path.hasPrefix("/") { throw GitHubProblem(422, "tree.path cannot start with a slash") }
        if parts.contains(where: { ["", ".", "..", ".git"].contains($0.lowercased()) }) {
            throw GitHubProblem(422, "tree.path contains a malformed path component")
        }
    }

    /// Base64 in lines, as GitHub writes it.
    static func wrapped(_ bytes: [UInt8]) -> String {
        var text = ""
        var rest = Array(base64(bytes).utf8)[...]
        while !rest.isEmpty {
            text += String(decoding: rest.prefix(60), as: UTF8.self) + "\n"
            rest = rest.dropFirst(60)
        }
        return text
    }

    func createBlob(_ call: GitHubCall) async throws -> GitHubReply {
        let repository = try call.repository
        let content = try call.text("content")
        let bytes: [UInt8]
        switch call.body["encoding"]?.stringValue ?? "utf-8" {
        case "utf-8": bytes = Array(content.utf8)
        case "base64":
            guard let decoded = decodeBase64(content.filter { !$0.isWhitespace }) else {
                throw GitHubProblem(422, "content is not valid Base64")
            }
            bytes = decoded
        default: throw GitHubProblem(422, "encoding must be one of 'utf-8' or 'base64'")
        }
        let id = try await repository.git.write(bytes)
        return GitHubReply(
            [
                "sha": .string(id),
                "url": .string("\(self.url)/repos/\(repository.fullName)/git/blobs/\(id)"),
            ], status: 201)
    }
}
