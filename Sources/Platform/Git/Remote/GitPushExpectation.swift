/// Where the server's branch must be before a push, and what it becomes.
struct GitPushExpectation: Sendable {
    let branch: String
    let expected: GitObjectID?
    let new: GitObjectID

    /// The server has the commit already: an earlier push got through whose answer was lost.
    struct AlreadyThere: Error {}

    /// Throws unless the server's branch is there.
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
