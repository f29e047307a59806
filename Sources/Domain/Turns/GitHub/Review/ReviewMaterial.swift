internal import Git
internal import GitHub

/// What a review reads, and what it calls it.
struct ReviewMaterial: Sendable {
    let files: [ReviewFile]
    /// Not all files of a very large change are read.
    let isCut: Bool
    /// For the model, one line.
    let subject: String
    /// For people, Markdown: `#12 TITLE`.
    let name: String
    /// The address of a line of a file.
    let link: @Sendable (_ path: String, _ line: Int?) -> String
    /// The feature's and the repository's documents, the most important first.
    let documents: [(path: String, text: String)]
    /// The pull request; nil for the diff of a branch.
    let pull: GitHubPullRequest?

    static let fileLimit = 300

    /// A diff of this machine's mirror as reviews read it.
    static func files(of diff: GitDiff) -> [ReviewFile] {
        diff.files.map { file in
            let hunks = file.hunks.map { hunk in
                hunk.lines.compactMap { line -> ReviewFile.Line? in
                    switch line.kind {
                    case .context: ReviewFile.Line(.context, number: line.newNumber, line.text)
                    case .added: ReviewFile.Line(.added, number: line.newNumber, line.text)
                    case .deleted: ReviewFile.Line(.deleted, number: nil, line.text)
                    case .noNewline: nil
                    }
                }
            }
            return ReviewFile(path: file.path, status: file.status.rawValue, hunks: hunks, isCut: file.isCut)
        }
    }
}
