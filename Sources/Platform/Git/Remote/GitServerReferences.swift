/// The references that a server has advertised. Pure.
struct GitServerReferences: Sendable, Hashable {
    /// By their full names.
    var ids: [String: GitObjectID] = [:]
    /// The branch that HEAD names, in full, if the server said so.
    var headTarget: String?

    static let branchPrefix = "refs/heads/"

    /// Those with a name that a branch can have, without `refs/heads/`.
    var branches: [String: GitObjectID] {
        var branches: [String: GitObjectID] = [:]
        for (name, id) in self.ids where name.utf8.starts(with: Self.branchPrefix.utf8) {
            let short = String(name.dropFirst(Self.branchPrefix.count))
            if (try? GitName.checkBranch(short)) != nil { branches[short] = id }
        }
        return branches
    }

    /// The branch that HEAD names; of an old server, which only sends HEAD's commit, a branch at that commit.
    var defaultBranch: String? {
        let branches = self.branches
        if let target = self.headTarget, target.hasPrefix(Self.branchPrefix) {
            let short = String(target.dropFirst(Self.branchPrefix.count))
            return branches[short] == nil ? nil : short
        }
        guard let head = self.ids["HEAD"] else { return nil }
        let there = branches.filter { $0.value == head }.keys
        return ["main", "master"].first { there.contains($0) } ?? there.min()
    }
}
