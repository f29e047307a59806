internal import CGit2

/// Maps libgit2's failures of a transfer, which it mostly reports only as text.
enum GitTransferFailure {
    /// The error of the call that just failed on this thread.
    static func error(_ status: Int32, _ url: GitRemoteURL, messages: [UInt8]) -> GitError {
        let place = GitName.printable(url.shown)
        let detail = GitRefusal.line(Array(GitLibrary.lastMessage.utf8))
        let said = GitRefusal.line(messages)
        let reason = said.isEmpty ? detail : said
        let lower = reason.lowercased()
        switch git_error_code(status) {
        case GIT_ENONFASTFORWARD:
            return GitError(.conflict, "the server's branch has commits that this push lacks: fetch it and try again")
        case GIT_EAUTH:
            return GitError(
                .unauthorised, "\(place) refused the credentials (\(reason)): configure a key that it accepts")
        default: break
        }
        if lower.contains("repository not found") || lower.contains("does not appear to be a git repository") {
            return GitError(
                .notFound, "\(place) was not found, or there is no access to it: check the address and the access")
        }
        if case .ssh = url.place,
            lower.contains("public key") || lower.contains("private key") || lower.contains("authenticat")
        {
            return GitError(
                .unauthorised, "the SSH key for \(place) can't be used (\(reason)): check its file and its passphrase")
        }
        if lower.contains("permission") && lower.contains("denied") || lower.contains("access denied") {
            guard case .file = url.place else {
                return GitError(.forbidden, "no permission for \(place) (\(reason)): ask for access")
            }
        }
        if lower.contains("no space left") || lower.contains("quota exceeded") {
            return GitError(.diskFull, "\(place) can't be fetched (\(reason)): free some space on the disk")
        }
        if case .file(let path) = url.place, lower.contains("non-bare") {
            return GitError(
                .rejected,
                "\(GitName.printable(path)) has a work tree, and only a repository without one takes pushes on this "
                    + "machine: configure it as `path`, or make one with `git clone --bare`")
        }
        if case .file(let path) = url.place, git_error_code(status) == GIT_ENOTFOUND {
            return GitError(.notFound, "there is no repository at \(GitName.printable(path)): correct the path")
        }
        if lower.contains("early eof") || lower.contains("unexpected eof") || lower.contains("socket")
            || lower.contains("connect") || lower.contains("timed out") || lower.contains("ssh")
        {
            return GitError(.unreachable, "the transfer with \(place) broke off (\(reason)): try again")
        }
        if lower.contains("unpacking the sent packfile failed") || lower.contains("remote error") {
            return GitError(.rejected, "\(place) refused the transfer (\(reason)): change what it names")
        }
        return GitError(.failed, "the transfer with \(place) failed (\(reason)): try again")
    }
}
