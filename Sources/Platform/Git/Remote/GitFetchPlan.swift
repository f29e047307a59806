/// What to change in a mirror so that it is what the server has. Pure.
struct GitFetchPlan: Sendable, Hashable {
    /// Deletions first: a branch `a` must go before `a/b` can be made.
    private(set) var changes: [GitFetched.Change] = []
    /// The branch for HEAD if it changes.
    private(set) var head: String?
    /// What to ask the server for.
    private(set) var refspecs: [String] = []

    /// - Parameters:
    ///   - local: The mirror's references by their full names.
    ///   - only: The branches to fetch; nil: all, and those that the server does not have are deleted.
    ///   - except: Branches that stay as they are, whatever the server has.
    ///   - references: Further references; each must be on the server.
    init(
        server: GitServerReferences, local: [String: GitObjectID], localHead: String?, only: Set<String>?,
        except: Set<String> = [], references: [GitFetchedReference]
    ) throws(GitError) {
        let branches = server.branches
        var wanted: [String: GitObjectID] = [:]
        func isFetched(_ name: String) -> Bool { (only?.contains(name) ?? true) && !except.contains(name) }
        for (name, id) in branches where isFetched(name) { wanted[Self.prefix + name] = id }
        for name in local.keys where wanted[name] == nil {
            guard let branch = GitServerReferences.branch(name), isFetched(branch) else { continue }
            self.changes.append(.init(name: name, old: local[name], new: nil))
        }
        self.changes.sort { $0.name < $1.name }
        for reference in references {
            guard let id = server.ids[reference.source] else {
                throw GitError(
                    .notFound, "the server has no \(GitName.printable(reference.source)): check that it still exists")
            }
            wanted[reference.target] = id
        }
        let updates = wanted.filter { local[$0.key] != $0.value }
        for (name, id) in updates.sorted(by: { $0.key < $1.key }) {
            self.changes.append(.init(name: name, old: local[name], new: id))
        }
        let moved = Set(updates.keys)
        if updates.keys.contains(where: { $0.hasPrefix(Self.prefix) }) {
            // One pattern for all branches: a thousand single ones would be compared with each other.
            self.refspecs =
                only.map { only in
                    branches.keys.filter { only.contains($0) }.sorted().map {
                        "+\(Self.prefix)\($0):\(Self.prefix)\($0)"
                    }
                } ?? ["+\(Self.prefix)*:\(Self.prefix)*"]
        }
        for reference in references where moved.contains(reference.target) {
            self.refspecs.append("+\(reference.source):\(reference.target)")
        }
        if let name = server.defaultBranch, localHead != Self.prefix + name, only?.contains(name) ?? true {
            self.head = name
        }
    }

    /// The changes as callers see them.
    var result: [GitFetched.Change] {
        self.changes.map {
            let name = GitServerReferences.branch($0.name) ?? $0.name
            return .init(name: name, old: $0.old, new: $0.new)
        }.sorted { $0.name < $1.name }
    }

    private static let prefix = GitServerReferences.branchPrefix
}
