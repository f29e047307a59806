/// The expected commit of the server's branch before a push, and the new one.
struct GitPushExpectation: Sendable {
    let branch: String
    let expected: GitObjectID?
    let new: GitObjectID

    /// The server already has the commit: an earlier push succeeded, but its answer was lost.
    struct AlreadyThere: Error {}

    /// Throws unless the server's branch is at the expected commit.
    func check(_ there: GitObjectID?) throws {
        if there == self.new { throw AlreadyThere() }
        guard there != self.expected else { return }
        let name = GitName.printable(self.branch)
        guard self.expected != nil else {
            throw GitError(.exists, "the branch \(name) already exists on the server: choose another name")
        }
        throw GitError(
            .conflict,
            there == nil
                ? "the branch \(name) was deleted on the server: fetch, and make it again"
                : "the server's branch \(name) has moved in the meantime: fetch it and try again")
    }
}
