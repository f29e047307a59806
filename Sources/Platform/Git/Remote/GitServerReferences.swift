/// The references that a server has advertised. Pure.
struct GitServerReferences: Sendable, Hashable {
    /// By their full names.
    var ids: [String: GitObjectID] = [:]
    /// Names that occur in several Unicode spellings; see ``add(_:_:)``.
    private var unclear: Set<String> = []
    /// The branch that HEAD names, in full, if the server said so.
    var headTarget: String?

    static let branchPrefix = "refs/heads/"
    /// Of what a server says before anything is asked for. The library keeps all of it in memory.
    static let mostBytes = 64 << 20
    static let most = 200_000
    /// In bytes: a longer name is not that of a branch that ``GitName/checkBranch(_:)`` allows.
    static let longestName = 255

    /// Why a server's references are not read.
    ///
    /// - Parameter amount: "64 MB of".
    static func tooMany(_ amount: String) -> GitError {
        GitError(
            .tooLarge,
            "the Git server has more than \(amount) branches and tags: delete some there, or use another repository")
    }

    /// The references with a valid branch name, without `refs/heads/`.
    var branches: [String: GitObjectID] {
        var branches: [String: GitObjectID] = [:]
        for (name, id) in self.ids {
            if let short = Self.branch(name), (try? GitName.checkBranch(short)) != nil { branches[short] = id }
        }
        return branches
    }

    /// The name of a branch without `refs/heads/`; nil for other references. Compares bytes: a slash followed by a
    /// combining mark is one `Character`, so dropping characters would yield another branch's name.
    static func branch(_ name: String) -> String? {
        guard name.utf8.starts(with: Self.branchPrefix.utf8) else { return nil }
        return String(decoding: name.utf8.dropFirst(Self.branchPrefix.utf8.count), as: UTF8.self)
    }

    /// Adds one of the server's references. Names that differ only in Unicode composition are equal here, so both are
    /// ignored as ambiguous; so are those longer than ``longestName``, for which that comparison takes long.
    mutating func add(_ name: String, _ id: GitObjectID) {
        guard name.utf8.count <= Self.longestName else { return }
        if self.unclear.contains(name) { return }
        if let index = self.ids.index(forKey: name), !self.ids.keys[index].utf8.elementsEqual(name.utf8) {
            self.ids.remove(at: index)
            self.unclear.insert(name)
        } else {
            self.ids[name] = id
        }
    }

    /// The branch that HEAD names; for an old server, which sends only HEAD's commit, a branch at that commit.
    var defaultBranch: String? {
        let branches = self.branches
        if let short = self.headTarget.flatMap(Self.branch) {
            return short.utf8.count <= Self.longestName && branches[short] != nil ? short : nil
        }
        guard let head = self.ids["HEAD"] else { return nil }
        let there = branches.filter { $0.value == head }.keys
        return ["main", "master"].first { there.contains($0) } ?? there.min { $0.precedes($1) }
    }
}

/// A server's branches.
package struct GitServerBranches: Sendable, Hashable {
    /// Nil if the server doesn't say, as for a repository without branches.
    package let defaultBranch: String?
    /// By their names without `refs/heads/`.
    package let branches: [String: GitObjectID]
}
