/// The changes that bring a mirror up to date with its server. Pure.
struct GitFetchPlan: Sendable, Hashable {
    /// Deletions first: a branch `a` must be deleted before `a/b` can be created.
    private(set) var changes: [GitFetched.Change] = []
    /// The branch for HEAD if it changes.
    private(set) var head: String?
    /// The refspecs to request from the server.
    private(set) var refspecs: [String] = []

    /// - Parameters:
    ///   - local: The mirror's references by their full names.
    ///   - only: The branches to fetch; nil for all, which also deletes those missing on the server.
    ///   - except: Branches to leave unchanged.
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
        self.changes.sort { $0.name.precedes($1.name) }
        for reference in references {
            guard let id = server.ids[reference.source] else {
                throw GitError(
                    .notFound, "the server has no \(GitName.printable(reference.source)): check that it still exists")
            }
            wanted[reference.target] = id
        }
        let updates = wanted.filter { local[$0.key] != $0.value }
        for (name, id) in updates.sorted(by: { $0.key.precedes($1.key) }) {
            self.changes.append(.init(name: name, old: local[name], new: id))
        }
        let moved = Set(updates.keys)
        if updates.keys.contains(where: { $0.utf8.starts(with: Self.prefix.utf8) }) {
            // One pattern for all branches, because a thousand individual refspecs would be compared with each other.
            self.refspecs =
                only.map { only in
                    branches.keys.filter { only.contains($0) }.sorted { $0.precedes($1) }.map {
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

    /// The changes in the form reported to callers.
    var result: [GitFetched.Change] {
        self.changes.map {
            let name = GitServerReferences.branch($0.name) ?? $0.name
            return .init(name: name, old: $0.old, new: $0.new)
        }.sorted { $0.name.precedes($1.name) }
    }

    private static let prefix = GitServerReferences.branchPrefix
}

/// One reference to fetch that is not a branch, such as `refs/pull/7/head` to `refs/jetbridge/pulls/7`.
package struct GitFetchedReference: Sendable, Hashable {
    package let source: String
    /// Below `refs/jetbridge/`.
    package let target: String

    package init(_ source: String, to target: String) {
        self.source = source
        self.target = target
    }
}

/// What a fetch changed.
package struct GitFetched: Sendable, Hashable {
    /// A reference that moved; `old` is nil for a new one, `new` for a deleted one.
    package struct Change: Sendable, Hashable {
        /// A branch's name without `refs/heads/`; another reference in full.
        package let name: String
        package let old: GitObjectID?
        package let new: GitObjectID?

        package init(name: String, old: GitObjectID?, new: GitObjectID?) {
            self.name = name
            self.old = old
            self.new = new
        }
    }

    /// Sorted by name.
    package var changes: [Change] = []
    /// Nil for a repository without branches.
    package var defaultBranch: String?
    /// The bytes of the pack; 0 if nothing was missing.
    package var receivedBytes = 0
}
