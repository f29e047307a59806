internal import Chat
internal import Git
internal import GitHub
internal import Primitives
internal import Repositories

/// What `fix` works on.
struct FixTarget: Sendable {
    let branch: String
    /// The branch's pull request; nil if none is open.
    let pull: Int?
    let items: [FixItem]
    /// All comments on lines of the pull request.
    let comments: [GitHubComment]
    /// What the person added.
    let wish: String

    /// Reads what is open about the thread's branch. Throws ``TurnFailure`` for another branch's pull request.
    static func found(
        _ request: TurnRequest, _ branch: String, _ place: GitHubWork.Place, _ work: GitHubWork
    ) async throws -> FixTarget {
        let words = request.text.split(maxSplits: 1, whereSeparator: \.isWhitespace)
        var wish = request.text
        var named: Int?
        if let first = words.first {
            switch PullRequestReference(String(first)) {
            case .number(let number):
                named = number
                wish = words.count > 1 ? String(words[1]) : ""
            case .address(let name, let number):
                guard name.isSame(as: place.name) else {
                    throw TurnFailure(
                        "#\(number) is a pull request of \(name), and this thread works on \(place.name): choose its "
                            + "repository with `repo NAME`.")
                }
                named = number
                wish = words.count > 1 ? String(words[1]) : ""
            case .branch, nil: break
            }
        }
        let pull = try await Self.pull(named, of: branch, for: request.session, place, work)
        let client = place.client
        let comments =
            if let pull {
                try await client.all { page in try await client.reviewComments(on: pull, in: place.name, after: page) }
            } else {
                [GitHubComment]()
            }
        let tip = try await place.repository.git.tip(of: branch)
        var checks: GitHubChecks?
        if let tip { checks = try await client.checks(of: tip.hex, in: place.name) }
        let news = try await work.news.pending(request.session)
        return FixTarget(
            branch: branch, pull: pull, items: FixItems.all(news: news, checks: checks, comments: comments),
            comments: comments, wish: String(wish.prefix(2_000)).beginning(bytes: 8_000))
    }

    private static func pull(
        _ named: Int?, of branch: String, for session: String, _ place: GitHubWork.Place, _ work: GitHubWork
    ) async throws -> Int? {
        guard let named else {
            if let known = try await work.pull(of: branch, in: place.repository.name, for: session) { return known }
            return try await place.client.pullRequest(ofBranch: branch, in: place.name)?.number
        }
        if named == (try await work.pull(of: branch, in: place.repository.name, for: session)) { return named }
        let pull = try await place.client.pullRequest(named, in: place.name)
        let own = GitHubForks(mirror: place.repository.git.path).fork(of: branch) ?? place.name
        if let refusal = Self.refusal(of: pull, named, branch: branch, in: own) { throw TurnFailure(refusal) }
        return named
    }

    /// Why a pull request is not that of a branch; nil if it is. A stranger's fork may have a branch of the same name.
    static func refusal(
        of pull: GitHubPullRequest, _ number: Int, branch: String, in own: GitHubRepositoryName
    ) -> String? {
        guard pull.head.branch == branch else {
            return "#\(number) is about the branch \(GitHubTexts.code(pull.head.branch)), and this thread works on "
                + "\(GitHubTexts.code(branch)): go to the thread of that branch, or choose its feature with `spec`."
        }
        guard pull.head.repository?.isSame(as: own) != true else { return nil }
        let other = pull.head.repository.map { "\($0)" } ?? "a repository that is gone"
        return
            "#\(number) is about the branch \(GitHubTexts.code(branch)) of \(other), and this thread works on that of "
            + "\(own): a fix here would not be in the pull request."
    }
}
