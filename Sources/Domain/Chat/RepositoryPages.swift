/// Where people read the repositories' commits and files: on the Git host's own pages, else in the built-in viewer.
package struct RepositoryPages: Sendable, Hashable {
    /// The base of the viewer's links, without a slash at the end.
    private let viewer: String
    /// The page of a repository on its host, without a slash at the end, by the repository's name here:
    /// `https://github.com/owner/app`.
    private let hosted: [String: String]
    /// Where the branches are that a hosted repository does not have itself.
    private let branches: BranchPages?

    package init(viewer: String, hosted: [String: String] = [:], branches: BranchPages? = nil) {
        self.viewer = viewer
        self.hosted = hosted
        self.branches = branches
    }

    /// - Parameter branch: The branch that it was made on, if that is known.
    package func commit(_ sha: String, of repository: String, on branch: String? = nil) -> String {
        "\(self.base(repository, branch))/commit/\(sha)"
    }

    /// The page of a repository that is hosted elsewhere; nil for others.
    package func page(of repository: String) -> String? { self.hosted[repository] }

    /// A file on a branch.
    package func file(_ path: String, on branch: String, of repository: String) -> String {
        "\(self.base(repository, branch))/blob/\(self.reference(branch, repository))/\(Self.path(path))"
    }

    /// A folder on a branch; "" is the root.
    package func folder(_ path: String, on branch: String, of repository: String) -> String {
        let root = "\(self.base(repository, branch))/tree/\(self.reference(branch, repository))"
        return path.isEmpty ? root : "\(root)/\(Self.path(path))"
    }

    private func base(_ repository: String, _ branch: String?) -> String {
        branch.flatMap { self.branches?.page(repository, $0) } ?? self.hosted[repository]
            ?? "\(self.viewer)/r/\(Self.encoded(repository[...]))"
    }

    /// In the viewer a branch is one segment of the path; a Git host reads its slashes.
    private func reference(_ branch: String, _ repository: String) -> String {
        self.hosted[repository] == nil ? Self.encoded(branch[...]) : Self.path(branch)
    }

    private static func path(_ text: String) -> String {
        text.split(separator: "/").map { Self.encoded($0) }.joined(separator: "/")
    }

    /// All bytes but RFC 3986's unreserved ones as `%XX`.
    private static func encoded(_ text: Substring) -> String {
        let digits = Array("0123456789ABCDEF")
        return text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                String(UnicodeScalar(byte))
            default: "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }.joined()
    }
}

/// Finds branches that are not in a hosted repository itself, but in a fork of it.
package final class BranchPages: Sendable, Hashable {
    /// The page of the repository that has the branch, without a slash at the end; nil for the hosted repository.
    let page: @Sendable (_ repository: String, _ branch: String) -> String?

    package init(_ page: @escaping @Sendable (_ repository: String, _ branch: String) -> String?) {
        self.page = page
    }

    package static func == (left: BranchPages, right: BranchPages) -> Bool { left === right }

    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
