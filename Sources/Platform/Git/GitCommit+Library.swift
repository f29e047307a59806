internal import CGit2

extension GitCommit {
    /// Copies a commit of the library.
    init(_ commit: OpaquePointer) {
        let parents = unsafe (0..<git_commit_parentcount(commit)).compactMap { index in
            unsafe git_commit_parent_id(commit, index).map { unsafe GitObjectID($0.pointee) }
        }
        let id = unsafe git_commit_id(commit).map { unsafe GitObjectID($0.pointee) }
        unsafe self.init(
            id: id ?? GitObjectID(git_oid()), parents: parents, author: Self.signature(git_commit_author(commit)),
            committer: Self.signature(git_commit_committer(commit)),
            message: git_commit_message(commit).map { unsafe String(cString: $0) } ?? "")
    }

    init(_ id: GitObjectID, in store: ObjectStore) throws(GitError) {
        var raw = id.raw
        let commit = try unsafe GitLibrary.make("the commit \(id.short)") {
            unsafe git_commit_lookup($0, store.repository, &raw)
        }
        defer { unsafe git_commit_free(commit) }
        unsafe self.init(commit)
    }

    private static func signature(_ raw: UnsafePointer<git_signature>?) -> GitSignature {
        guard let raw = unsafe raw?.pointee else { return GitSignature(name: "", mail: "", seconds: 0) }
        return unsafe GitSignature(
            name: raw.name.map { unsafe String(cString: $0) } ?? "",
            mail: raw.email.map { unsafe String(cString: $0) } ?? "",
            seconds: raw.when.time, offsetMinutes: Int(raw.when.offset))
    }
}
