internal import HTTP

/// The REST endpoints that the stand-in has.
enum GitHubRoutes {
    static let all: [GitHubRoute] =
        Self.people + Self.git + Self.files + Self.talk + Self.pulls + Self.checks + Self.hooks

    private static let repo = "/repos/{owner}/{repo}"

    private static let people: [GitHubRoute] = [
        .init(.get, "/rate_limit", .anyone) { $0.rateLimit($1) },
        .init(.get, "/user", .person) { $0.getUser($1) },
        .init(.get, "/user/repos", .person) { $0.listOwn($1) },
        .init(.get, "/user/memberships/orgs/{org}", .person) { try $0.getMembership($1) },
        .init(.get, "/orgs/{org}/teams/{team}/memberships/{username}", .person) { try $0.getTeamMembership($1) },
        .init(.post, "/app/installations/{installation_id}/access_tokens", .app) { try $0.createInstallationToken($1) },
        .init(.get, "\(repo)/installation", .app) { try $0.findInstallation($1) },
        .init(.get, "/installation/repositories", .anyone) { try $0.listInstallationRepositories($1) },
        .init(.get, repo, .read("metadata")) { try $0.getRepository($1) },
        .init(.post, "\(repo)/forks", .read("metadata"), isContent: true) { try await $0.createFork($1) },
        .init(.get, "\(repo)/collaborators/{username}/permission", .read("metadata")) { try $0.getPermission($1) },
    ]

    private static let git: [GitHubRoute] = [
        .init(.get, "\(repo)/branches", .read("contents")) { try await $0.listBranches($1) },
        .init(.get, "\(repo)/branches/{+branch}", .read("contents")) { try await $0.getBranch($1) },
        .init(.get, "\(repo)/git/ref/{+ref}", .read("contents")) { try await $0.getReference($1) },
        .init(.post, "\(repo)/git/refs", .write("contents")) { try await $0.createReference($1) },
        .init(.patch, "\(repo)/git/refs/{+ref}", .write("contents")) { try await $0.updateReference($1) },
        .init(.get, "\(repo)/git/commits/{sha}", .read("contents")) { try await $0.getCommitData($1) },
        .init(.post, "\(repo)/git/commits", .write("contents"), isContent: true) { try await $0.createCommitData($1) },
        .init(.get, "\(repo)/git/trees/{tree_sha}", .read("contents")) { try await $0.getTree($1) },
        .init(.post, "\(repo)/git/trees", .write("contents")) { try await $0.createTree($1) },
        .init(.post, "\(repo)/git/blobs", .write("contents")) { try await $0.createBlob($1) },
    ]

    private static let files: [GitHubRoute] = [
        .init(.get, "\(repo)/contents/{+path}", .read("contents")) { try await $0.getContents($1) },
        .init(.get, "\(repo)/commits", .read("contents")) { try await $0.listCommits($1) },
        .init(.get, "\(repo)/compare/{+basehead}", .read("contents")) { try await $0.compare($1) },
    ]

    private static let pulls: [GitHubRoute] = [
        .init(.get, "\(repo)/pulls", .read("pull_requests")) { try await $0.listPulls($1) },
        .init(.post, "\(repo)/pulls", .talk("pull_requests"), isContent: true) { try await $0.createPull($1) },
        .init(.get, "\(repo)/pulls/{pull_number}", .read("pull_requests")) { try await $0.getPull($1) },
        .init(.patch, "\(repo)/pulls/{pull_number}", .talk("pull_requests")) { try await $0.updatePull($1) },
        .init(.get, "\(repo)/pulls/{pull_number}/files", .read("pull_requests")) { try await $0.listPullFiles($1) },
    ]
}
