internal import HTTP
internal import JSON
internal import Primitives

/// Things as GitHub's answers show them.
extension GitHubHub {
    static func date(_ time: Double?) -> JSON {
        time.map { .string(CivilTime(seconds: Int64($0)).rfc3339Seconds) } ?? .null
    }

    func shape(user login: String) -> JSON {
        let user = self.user(login)
        return [
            "login": .string(user.login), "id": JSON(user.id), "node_id": .string("U_\(user.id)"),
            "url": .string("\(self.url)/users/\(user.login)"), "html_url": .string("\(self.url)/\(user.login)"),
            "type": .string(user.kind.rawValue),
        ]
    }

    func shape(_ repository: HubRepository, for actor: GitHubActor, isFull: Bool = false) -> JSON {
        let name = repository.fullName
        let api = "\(self.url)/repos/\(name)"
        let level = self.access(of: actor, to: repository, "metadata")
        let person = actor.key == "anonymous" ? level : self.access(of: actor.login, to: repository)
        var shape: JSONObject = [
            "id": JSON(repository.id), "node_id": .string("R_\(repository.id)"), "name": .string(repository.name),
            "full_name": .string(name), "private": .bool(repository.isPrivate),
            "owner": self.shape(user: repository.owner), "html_url": .string("\(self.url)/\(name)"),
            "description": .null, "fork": .bool(repository.parent != nil),
            "url": .string(api), "clone_url": .string("\(self.url)/\(name).git"),
            "created_at": Self.date(repository.created), "updated_at": Self.date(repository.pushed),
            "pushed_at": Self.date(repository.pushed), "size": 1,
            "archived": .bool(repository.isArchived), "disabled": false, "allow_forking": true,
            "default_branch": .string(repository.defaultBranch),
        ]
        if actor.key != "anonymous" {
            shape["permissions"] = [
                "admin": .bool(person >= .admin), "maintain": .bool(person >= .maintain),
                "push": .bool(person >= .write), "triage": .bool(person >= .triage), "pull": .bool(person >= .read),
            ]
        }
        if isFull, let parent = repository.parent.flatMap({ self.repository($0) }) {
            shape["parent"] = self.shape(parent, for: actor)
            shape["source"] = shape["parent"]
        }
        return .object(shape)
    }

    func forks(of repository: HubRepository) -> [HubRepository] {
        self.repositories.values.filter { $0.parent == repository.fullName }.sorted { $0.id < $1.id }
    }

    // MARK: Git

    private func shape(_ person: HubCommit.Person) -> JSON {
        ["name": .string(person.name), "email": .string(person.email), "date": .string(person.date)]
    }

    /// The account with this address.
    func account(_ email: String) -> String? {
        if email == "noreply@github.com" { return "web-flow" }
        return self.users.values.first { $0.address == email }?.login
    }

    private static func verification(_ commit: HubCommit) -> JSON {
        let isOurs = commit.committer.email == "noreply@github.com"
        return ["verified": .bool(isOurs), "reason": isOurs ? "valid" : "unsigned"]
    }

    /// - Parameter api: The address that `/commits/ID` is below.
    private func shape(parentsOf commit: HubCommit, in repository: HubRepository, _ api: String) -> JSON {
        .array(
            commit.parents.map { id in
                [
                    "sha": .string(id), "url": .string("\(api)/commits/\(id)"),
                    "html_url": .string("\(self.url)/\(repository.fullName)/commit/\(id)"),
                ]
            })
    }

    /// A commit of the Git data endpoints.
    func shape(data commit: HubCommit, in repository: HubRepository) -> JSON {
        let api = "\(self.url)/repos/\(repository.fullName)/git"
        return [
            "sha": .string(commit.id), "node_id": .string("C_\(commit.id)"),
            "url": .string("\(api)/commits/\(commit.id)"),
            "html_url": .string("\(self.url)/\(repository.fullName)/commit/\(commit.id)"),
            "author": self.shape(commit.author), "committer": self.shape(commit.committer),
            "tree": ["sha": .string(commit.tree), "url": .string("\(api)/trees/\(commit.tree)")],
            "message": .string(commit.message),
            "parents": self.shape(parentsOf: commit, in: repository, api), "verification": Self.verification(commit),
        ]
    }

    /// A commit of the list of commits.
    func shape(_ commit: HubCommit, in repository: HubRepository) -> JSON {
        let api = "\(self.url)/repos/\(repository.fullName)"
        let page = "\(self.url)/\(repository.fullName)/commit"
        func account(_ person: HubCommit.Person) -> JSON {
            self.account(person.email).map { self.shape(user: $0) } ?? .null
        }
        return [
            "sha": .string(commit.id), "node_id": .string("C_\(commit.id)"),
            "commit": [
                "author": self.shape(commit.author), "committer": self.shape(commit.committer),
                "message": .string(commit.message),
                "tree": ["sha": .string(commit.tree), "url": .string("\(api)/git/trees/\(commit.tree)")],
                "url": .string("\(api)/git/commits/\(commit.id)"),
                "verification": Self.verification(commit),
            ],
            "url": .string("\(api)/commits/\(commit.id)"), "html_url": .string("\(page)/\(commit.id)"),
            "author": account(commit.author), "committer": account(commit.committer),
            "parents": self.shape(parentsOf: commit, in: repository, api),
        ]
    }

    static func shape(_ file: GitHubDiff.File) -> JSON {
        var shape: JSONObject = [
            "sha": .string(file.blob), "filename": .string(file.path), "status": .string(file.status),
            "additions": JSON(file.additions), "deletions": JSON(file.deletions),
            "changes": JSON(file.additions + file.deletions),
        ]
        if let old = file.oldPath { shape["previous_filename"] = .string(old) }
        if let patch = file.patch { shape["patch"] = .string(patch) }
        return .object(shape)
    }

    func shape(reference name: String, _ id: String, _ type: String, in repository: HubRepository) -> JSON {
        let api = "\(self.url)/repos/\(repository.fullName)/git"
        return [
            "ref": .string(name), "node_id": .string("REF_\(name)"),
            "url": .string("\(api)/\(PercentEncoding.encode(name, keeping: .path))"),
            "object": [
                "sha": .string(id), "type": .string(type), "url": .string("\(api)/\(type)s/\(id)"),
            ],
        ]
    }

    /// One page of a list, with `Link`.
    func page(_ items: [JSON], of total: Int, _ call: GitHubCall, wrapped name: String? = nil) -> GitHubReply {
        let last = max(1, (total + call.perPage - 1) / call.perPage)
        var links: [String] = []
        // The client's own name for this server, which a proxy may have.
        let base = call.headers["host"].map { "http://\($0)" } ?? self.url
        func link(_ page: Int, _ relation: String) {
            var query = HTTPQuery(call.query.items.filter { $0.name != "page" })
            query.append("page", String(page))
            links.append(
                "<\(base)\(PercentEncoding.encode(call.path, keeping: .path))?\(query.encoded)>; rel=\"\(relation)\"")
        }
        if call.page > 1 { link(call.page - 1, "prev") }
        if call.page < last {
            link(call.page + 1, "next")
            link(last, "last")
        }
        if call.page > 1 { link(1, "first") }
        let headers = links.isEmpty ? [] : [("Link", links.joined(separator: ", "))]
        guard let name else { return GitHubReply(.array(items), headers: headers) }
        return GitHubReply(["total_count": JSON(total), name: .array(items)], headers: headers)
    }

    /// One page of a list that is known in whole.
    func page(_ all: [JSON], _ call: GitHubCall, wrapped name: String? = nil) -> GitHubReply {
        let start = min(all.count, (call.page - 1) * call.perPage)
        return self.page(
            Array(all[start..<min(all.count, start + call.perPage)]), of: all.count, call, wrapped: name)
    }
}

extension ByteSet {
    /// What stays as it is in a path.
    static let path = ByteSet("/").union(.pathSegment)
}
