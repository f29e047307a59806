internal import HTTP
internal import JSON

extension GitHubRoutes {
    private static let repo = "/repos/{owner}/{repo}"

    static let talk: [GitHubRoute] = [
        .init(.get, "\(repo)/issues/{issue_number}/comments", .read("issues")) { try $0.listComments($1) },
        .init(.post, "\(repo)/issues/{issue_number}/comments", .talk("issues"), isContent: true) {
            try $0.createComment($1)
        },
        .init(.get, "\(repo)/pulls/{pull_number}/comments", .read("pull_requests")) { try $0.listReviewComments($1) },
        .init(
            .post, "\(repo)/pulls/{pull_number}/comments/{comment_id}/replies", .talk("pull_requests"), isContent: true
        ) {
            try await $0.replyToReviewComment($1)
        },
        .init(.get, "\(repo)/pulls/{pull_number}/reviews", .read("pull_requests")) { try $0.listReviews($1) },
        .init(.post, "\(repo)/pulls/{pull_number}/reviews", .talk("pull_requests"), isContent: true) {
            try await $0.createReview($1)
        },
    ]

    static let checks: [GitHubRoute] = [
        .init(.get, "\(repo)/check-runs/{check_run_id}/annotations", .read("checks")) { _, _ in GitHubReply([]) },
        .init(.get, "\(repo)/actions/workflows", .read("actions")) { try await $0.listWorkflows($1) },
        .init(.post, "\(repo)/actions/workflows/{workflow_id}/dispatches", .write("actions")) {
            try await $0.dispatchWorkflow($1)
        },
        .init(.get, "\(repo)/actions/runs", .read("actions")) { try $0.listRuns($1) },
        .init(.get, "\(repo)/commits/{+ref}", .read("contents")) { try await $0.getBelowCommit($1) },
    ]

    static let hooks: [GitHubRoute] = [
        .init(.get, "\(repo)/hooks", .hooks) { try $0.listHooks($1) },
        .init(.post, "\(repo)/hooks", .hooks) { try $0.createHook($1) },
        .init(.delete, "\(repo)/hooks/{hook_id}", .hooks) { try $0.deleteHook($1) },
    ]
}
