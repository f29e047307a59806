internal import Copilot
internal import GitHub
internal import HTTP
internal import JSON

/// An entry of an access list that admits the members of an organisation or a team.
package struct GitHubMembership: Sendable, Hashable {
    enum Answer: Sendable {
        case yes, no
        /// GitHub does not say, for a reason that does not pass; a clause.
        case unanswered(String)
    }

    /// As in the list.
    package let entry: String
    let organization: String
    /// The team's name in addresses; nil for all members.
    let team: String?

    /// Nil for a person's own entry.
    package init?(_ entry: String) {
        let parts = entry.split(separator: ":", maxSplits: 1).dropFirst().first?.split(
            separator: "/", omittingEmptySubsequences: false
        ).map(String.init)
        switch parts.map({ ($0.first, $0.count) }) {
        case ("org", 2)?: (self.organization, self.team) = (parts?[1] ?? "", nil)
        case ("team", 3)?: (self.organization, self.team) = (parts?[1] ?? "", parts?[2])
        default: return nil
        }
        self.entry = entry
    }

    /// What the token's person asks about. Both are answered to members with the scope `read:org`.
    func path(_ login: String) -> [String] {
        guard let team = self.team else { return ["user", "memberships", "orgs", self.organization] }
        return ["orgs", self.organization, "teams", team, "memberships", login]
    }
}

extension GitHubClient {
    /// Whether the token's person is a member. An invitation that was not accepted does not count. Throws ``GitHubError``
    /// for what passes.
    func isMember(
        _ login: String, of membership: GitHubMembership, _ token: GitHubToken
    ) async throws -> GitHubMembership.Answer {
        var request = GitHubRequest(
            .get, .path(membership.path(login), [:]), "Asking whether \(login) is in \(membership.entry)")
        request.authorization = .token(token)
        do {
            return try await self.json(request)["state"]?.stringValue == "active" ? .yes : .no
        } catch let error as GitHubError where error.code == .notFound {
            return .no
        } catch let error as GitHubError where [.forbidden, .missingScope, .ssoRequired, .blocked].contains(error.code)
        {
            return .unanswered(error.message)
        }
    }
}
