/// What to do with a change that does not fit together with what others have committed.
package enum ConflictChoice: Sendable, Hashable {
    /// Leave the branch as it is, and drop our change.
    case theirs
    /// Our versions of the files in conflict, and the rest of both changes.
    case ours
    /// Our change on a new branch, which begins at the commit that was read; nil for a free name such as `007-login-2`.
    case ownBranch(String?)
}
