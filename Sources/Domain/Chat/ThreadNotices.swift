/// Posts lines of the bot into threads, outside any turn.
package protocol ThreadNotices: Sendable {
    /// Posts Markdown into a session's thread; it is stored when this returns. Names commands without a sign, as code:
    /// `` `jobs` ``.
    func post(_ markdown: String, in session: String) async throws
    /// Posts a commit's line with its link; it is stored when this returns.
    func post(_ commit: CommitNotice, in session: String) async throws
}
