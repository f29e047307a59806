internal import Chat
internal import GitHub
internal import Primitives
internal import Repositories
internal import Store

/// What `status` says about a repository on GitHub.
struct GitHubStatus: Sendable {
    let work: GitHubWork

    /// People wait for the answer.
    private static let patience = Duration.seconds(5)

    /// The rest of the hour's requests, and the thread's pull request with its checks. Empty for other repositories.
    ///
    /// - Parameters:
    ///   - repository: the configured name; nil for the default.
    ///   - person: whose sign-in is used.
    func lines(of session: String, _ repository: String?, for person: String) async -> [String] {
        guard let place = try? self.work.place(named: repository) else { return [] }
        let lines = await withDeadline(Self.patience) {
            await RemoteWork.$current.withValue(RemoteWork(person: person)) { await self.lines(of: session, place) }
        }
        return lines ?? ["GitHub: no answer in time"]
    }

    private func lines(of session: String, _ place: GitHubWork.Place) async -> [String] {
        var lines: [String] = []
        let watches = (try? await self.work.news.watches(of: session)) ?? []
        if let watch = watches.last(where: { $0.repository == place.repository.name && $0.pull != nil }),
            let number = watch.pull
        {
            lines.append(await self.line(of: number, place))
        }
        if let budget = try? await place.client.budget(for: place.name) {
            lines.append("GitHub: \(budget)")
        } else if let budget = try? await place.client.rateLimit()["core"] {
            lines.append("GitHub: \(budget)")
        }
        return lines
    }

    private func line(of number: Int, _ place: GitHubWork.Place) async -> String {
        let link = place.client.links.pullRequest(number, in: place.name)
        do {
            let pull = try await place.client.pullRequest(number, in: place.name)
            let state = pull.isMerged ? "merged" : pull.isDraft && pull.isOpen ? "draft" : pull.state
            guard pull.isOpen else { return "pull request: #\(number) \(state), \(link)" }
            let checks = try await place.client.checks(of: pull.head.commit, in: place.name)
            return "pull request: #\(number) \(state), checks: \(checks.summary), \(link)"
        } catch {
            return "pull request: #\(number), \(link) (\(error))"
        }
    }
}
