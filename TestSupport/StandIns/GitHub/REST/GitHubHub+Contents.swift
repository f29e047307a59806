internal import Crypto
internal import EventLoop
internal import HTTP
internal import JSON
internal import Primitives

/// Files by path, and commits.
extension GitHubHub {
    func getContents(_ call: GitHubCall) async throws -> GitHubReply {
        let repository = try call.repository
        let path = call["path"]
        let name = call.query["ref"] ?? repository.defaultBranch
        guard let commit = try await self.commit(name, in: repository) else {
            if call.query["ref"] == nil, path.isEmpty || path == "README.md" {
                throw GitHubProblem(404, "This repository is empty.")
            }
            throw GitHubProblem(404, "No commit found for the ref \(name)")
        }
        guard let object = try await repository.git.object(path.isEmpty ? commit.tree : "\(commit.id):\(path)") else {
            throw GitHubProblem.notFound
        }
        if object.type == "tree" {
            let entries = try await repository.git.tree(object.id)
            // A folder's list is limited to 1,000 files.
            return GitHubReply(
                .array(entries.prefix(1_000).map { self.shape($0, below: path, name, repository) }))
        }
        if call.wants("raw") {
            return GitHubReply(bytes: object.bytes, type: "application/vnd.github.raw; charset=utf-8")
        }
        guard let entry = try await repository.git.entry(path, at: commit.id) else { throw GitHubProblem.notFound }
        var shape = self.shape(entry, below: nil, name, repository).objectValue ?? [:]
        // Above 1 MB the content is left out.
        let isSmall = object.bytes.count <= 1 << 20
        shape["content"] = .string(isSmall ? Self.wrapped(object.bytes) : "")
        shape["encoding"] = isSmall ? "base64" : "none"
        return GitHubReply(.object(shape))
    }

    private func shape(
        _ entry: GitHubTreeEntry, below folder: String?, _ reference: String, _ repository: HubRepository
    ) -> JSON {
        let path = folder.map { $0.isEmpty ? entry.path : "\($0)/\(entry.path)" } ?? entry.path
        let encoded = PercentEncoding.encode(path, keeping: .path)
        let name = repository.fullName
        let kind =
            entry.type == "tree"
            ? "dir" : entry.type == "commit" ? "submodule" : entry.mode == "120000" ? "symlink" : "file"
        let web = entry.type == "tree" ? "tree" : "blob"
        let api = "\(self.url)/repos/\(name)"
        return [
            "name": .string(String(path.split(separator: "/").last ?? "")), "path": .string(path),
            "sha": .string(entry.id), "size": JSON(entry.size ?? 0),
            "url": .string("\(api)/contents/\(encoded)?ref=\(reference)"),
            "html_url": .string("\(self.url)/\(name)/\(web)/\(reference)/\(encoded)"),
            "type": .string(kind),
        ]
    }

    /// The commit of a branch, a tag, or an id.
    func commit(_ name: String, in repository: HubRepository) async throws -> HubCommit? {
        for prefix in ["refs/heads/", "refs/tags/", "refs/"] {
            if let commit = try await repository.git.commit(prefix + name) { return commit }
        }
        let isHexadecimal = name.utf8.count >= 7 && name.utf8.allSatisfy { Character(UnicodeScalar($0)).isHexDigit }
        return isHexadecimal ? try await repository.git.commit(name) : nil
    }

    // MARK: Commits

    func listCommits(_ call: GitHubCall) async throws -> GitHubReply {
        let repository = try call.repository
        let name = call.query["sha"] ?? repository.defaultBranch
        guard let head = try await self.commit(name, in: repository) else {
            try await self.checkContent(of: repository)
            throw GitHubProblem.notFound
        }
        let ids = try await repository.git.lines(
            ["rev-list", "--skip=\((call.page - 1) * call.perPage)", "--max-count=\(call.perPage)", head.id])
        var shapes: [JSON] = []
        for id in ids {
            if let commit = try await repository.git.commit(id) { shapes.append(self.shape(commit, in: repository)) }
        }
        return self.page(shapes, of: try await repository.git.count(head.id), call)
    }

    func getCommit(_ call: GitHubCall) async throws -> GitHubReply {
        let repository = try call.repository
        guard let commit = try await self.commit(call["ref"], in: repository) else {
            throw GitHubProblem(422, "No commit found for SHA: \(call["ref"])")
        }
        let diff = try await repository.git.diff(of: commit)
        var shape = self.shape(commit, in: repository).objectValue ?? [:]
        shape["files"] = .array(diff.files.prefix(300).map(Self.shape))
        return GitHubReply(.object(shape))
    }

    func compare(_ call: GitHubCall) async throws -> GitHubReply {
        let repository = try call.repository
        let range = call["basehead"]
        guard let dots = range.firstRange(of: "...") else { throw GitHubProblem.notFound }
        let base = try await self.side(String(range[..<dots.lowerBound]), repository, call)
        let head = try await self.side(String(range[dots.upperBound...]), repository, call)
        let git = repository.git
        guard let common = try await git.mergeBase(base.id, head.id), let shared = try await git.commit(common) else {
            throw GitHubProblem(
                404, "No common ancestor between \(range[..<dots.lowerBound]) and \(range[dots.upperBound...]).")
        }
        let diff = try await git.diff(common, head.id)
        let ids = try await git.lines(["rev-list", "--reverse", "\(base.id)..\(head.id)"])
        let behind = try await git.count("\(head.id)..\(base.id)")
        var commits: [JSON] = []
        // Without paging, GitHub shows the first 250 commits.
        for id in ids.prefix(250) {
            if let commit = try await git.commit(id) { commits.append(self.shape(commit, in: repository)) }
        }
        let status = ids.isEmpty ? (behind == 0 ? "identical" : "behind") : behind == 0 ? "ahead" : "diverged"
        let path = "\(repository.fullName)/compare/\(range)"
        return GitHubReply([
            "url": .string("\(self.url)/repos/\(path)"), "html_url": .string("\(self.url)/\(path)"),
            "base_commit": self.shape(base, in: repository), "merge_base_commit": self.shape(shared, in: repository),
            "status": .string(status), "ahead_by": JSON(ids.count), "behind_by": JSON(behind),
            "total_commits": JSON(ids.count), "commits": .array(commits),
            "files": .array(diff.files.prefix(300).map(Self.shape)),
        ])
    }

    /// A side of a comparison: `REF` or `OWNER:REF` of a fork.
    private func side(_ name: String, _ repository: HubRepository, _ call: GitHubCall) async throws -> HubCommit {
        let parts = name.split(separator: ":", maxSplits: 1).map(String.init)
        if parts.count == 2 {
            guard let other = self.member(of: repository, owner: parts[0]), self.canSee(other, call.actor),
                let commit = try await self.commit(parts[1], in: other)
            else { throw GitHubProblem.notFound }
            try await self.bring(commit.id, from: other, to: repository)
            return commit
        }
        guard let commit = try await self.commit(name, in: repository) else { throw GitHubProblem.notFound }
        return commit
    }

    /// The repository itself, its fork, or its parent, by its owner.
    func member(of repository: HubRepository, owner: String) -> HubRepository? {
        let root = repository.parent.flatMap { self.repository($0) } ?? repository
        return ([repository, root] + self.forks(of: root)).first { $0.owner.lowercased() == owner.lowercased() }
    }

    /// Copies a commit of a fork, as GitHub shares the objects of a network.
    func bring(_ id: String, from other: HubRepository, to repository: HubRepository) async throws {
        guard other.id != repository.id, try await repository.git.object(id) == nil else { return }
        try await repository.git.run(
            ["fetch", "-q", "--no-tags", "--no-write-fetch-head", other.git.path, "\(id):refs/standin/network/\(id)"])
    }
}
