internal import JSON

/// Who belongs to organisations and teams.
extension GitHubHub {
    func getMembership(_ call: GitHubCall) throws -> GitHubReply {
        let organization = try self.organization(call)
        if organization.invited.contains(where: { $0.lowercased() == call.login.lowercased() }) {
            return self.membership(call.login, of: organization, state: "pending")
        }
        guard Self.has(call.login, organization) else { throw GitHubProblem.notFound }
        return self.membership(call.login, of: organization, state: "active")
    }

    func getTeamMembership(_ call: GitHubCall) throws -> GitHubReply {
        let organization = try self.organization(call)
        // Outsiders are not told that there is such a team.
        guard Self.has(call.login, organization), let team = organization.teams[call["team"].lowercased()],
            team.contains(where: { $0.lowercased() == call["username"].lowercased() })
        else { throw GitHubProblem.notFound }
        return self.membership(call["username"], of: organization, state: "active")
    }

    private static func has(_ login: String, _ organization: HubUser) -> Bool {
        organization.members.keys.contains { $0.lowercased() == login.lowercased() }
    }

    private func membership(_ login: String, of organization: HubUser, state: String) -> GitHubReply {
        GitHubReply([
            "url": .string("\(self.url)/orgs/\(organization.login)/memberships/\(login)"), "state": .string(state),
            "role": "member", "organization": self.shape(user: organization.login), "user": self.shape(user: login),
        ])
    }

    /// The organisation of the path, if the token may ask about it.
    private func organization(_ call: GitHubCall) throws -> HubUser {
        let scopes = call.actor.token.scopes
        if let scopes, scopes.isDisjoint(with: ["read:org", "write:org", "admin:org"]) {
            throw GitHubProblem(
                403, "You need at least read:org scope or user scope to list your organizations.",
                headers: [("X-Accepted-OAuth-Scopes", "admin:org, read:org, repo, user, write:org")])
        }
        guard let organization = self.users[call["org"].lowercased()], organization.kind == .organization else {
            throw GitHubProblem.notFound
        }
        if organization.restrictsApps, scopes != nil {
            throw GitHubProblem(
                403,
                "Although you appear to have the correct authorization credentials, the `\(organization.login)` organization "
                    + "has enabled OAuth App access restrictions, meaning that data access to third-parties is limited."
            )
        }
        return organization
    }
}
