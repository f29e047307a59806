internal import HTTP
internal import JSON

extension GitHubRoutes {
    private static let repo = "/repos/{owner}/{repo}"

    static let talk: [GitHubRoute] = [
        .init(.get, "\(repo)/issues/comments", .read("issues")) { try $0.listComments($1) },
        .init(.get, "\(repo)/issues/comments/{comment_id}", .read("issues")) { try $0.getComment($1) },
        .init(.patch, "\(repo)/issues/comments/{comment_id}", .talk("issues")) { try $0.updateComment($1) },
        .init(.delete, "\(repo)/issues/comments/{comment_id}", .talk("issues")) { try $0.deleteComment($1) },
        .init(.get, "\(repo)/issues/{issue_number}", .read("issues")) { try $0.getIssue($1) },
        .init(.get, "\(repo)/issues/{issue_number}/comments", .read("issues")) { try $0.listComments($1) },
        .init(.post, "\(repo)/issues/{issue_number}/comments", .talk("issues"), isContent: true) {
            try $0.createComment($1)
        },
        .init(.get, "\(repo)/pulls/comments", .read("pull_requests")) { try $0.listReviewComments($1) },
        .init(.get, "\(repo)/pulls/comments/{comment_id}", .read("pull_requests")) { try $0.getReviewComment($1) },
        .init(.get, "\(repo)/pulls/{pull_number}/comments", .read("pull_requests")) { try $0.listReviewComments($1) },
        .init(.post, "\(repo)/pulls/{pull_number}/comments", .talk("pull_requests"), isContent: true) {
            try await $0.createReviewComment($1)
        },
        .init(
            .post, "\(repo)/pulls/{pull_number}/comments/{comment_id}/replies", .talk("pull_requests"), isContent: true
        ) {
            try await $0.replyToReviewComment($1)
        },
        .init(.get, "\(repo)/pulls/{pull_number}/reviews", .read("pull_requests")) { try $0.listReviews($1) },
        .init(.post, "\(repo)/pulls/{pull_number}/reviews", .talk("pull_requests"), isContent: true) {
            try await $0.createReview($1)
        },
        .init(.get, "\(repo)/pulls/{pull_number}/reviews/{review_id}", .read("pull_requests")) { try $0.getReview($1) },
        .init(.delete, "\(repo)/pulls/{pull_number}/reviews/{review_id}", .talk("pull_requests")) {
            try $0.deleteReview($1)
        },
        .init(.get, "\(repo)/pulls/{pull_number}/reviews/{review_id}/comments", .read("pull_requests")) {
            try $0.listCommentsOfReview($1)
        },
        .init(.post, "\(repo)/pulls/{pull_number}/reviews/{review_id}/events", .talk("pull_requests"), isContent: true)
        {
            try await $0.submitReview($1)
        },
    ]

    static let checks: [GitHubRoute] = [
        .init(.post, "\(repo)/statuses/{sha}", .write("statuses")) { try await $0.createStatus($1) },
        .init(.post, "\(repo)/check-runs", .write("checks")) { try await $0.createCheck($1) },
        .init(.get, "\(repo)/check-runs/{check_run_id}", .read("checks")) { try $0.getCheck($1) },
        .init(.patch, "\(repo)/check-runs/{check_run_id}", .write("checks")) { try $0.updateCheck($1) },
        .init(.get, "\(repo)/check-runs/{check_run_id}/annotations", .read("checks")) { _, _ in GitHubReply([]) },
        .init(.get, "\(repo)/actions/workflows", .read("actions")) { try await $0.listWorkflows($1) },
        .init(.get, "\(repo)/actions/workflows/{workflow_id}", .read("actions")) { try await $0.getWorkflow($1) },
        .init(.get, "\(repo)/actions/workflows/{workflow_id}/runs", .read("actions")) { try await $0.listRuns($1) },
        .init(.post, "\(repo)/actions/workflows/{workflow_id}/dispatches", .write("actions")) {
            try await $0.dispatchWorkflow($1)
        },
        .init(.get, "\(repo)/actions/runs", .read("actions")) { try await $0.listRuns($1) },
        .init(.get, "\(repo)/actions/runs/{run_id}", .read("actions")) { try $0.getRun($1) },
        .init(.get, "\(repo)/commits/{+ref}", .read("contents")) { try await $0.getBelowCommit($1) },
    ]

    static let hooks: [GitHubRoute] = [
        .init(.get, "\(repo)/hooks", .hooks) { try $0.listHooks($1) },
        .init(.post, "\(repo)/hooks", .hooks) { try $0.createHook($1) },
        .init(.get, "\(repo)/hooks/{hook_id}", .hooks) { try $0.getHook($1) },
        .init(.patch, "\(repo)/hooks/{hook_id}", .hooks) { try $0.updateHook($1) },
        .init(.delete, "\(repo)/hooks/{hook_id}", .hooks) { try $0.deleteHook($1) },
        .init(.post, "\(repo)/hooks/{hook_id}/pings", .hooks) { try $0.pingHook($1) },
        .init(.get, "\(repo)/hooks/{hook_id}/deliveries", .hooks) { try $0.listDeliveries($1) },
        .init(.get, "\(repo)/hooks/{hook_id}/deliveries/{delivery_id}", .hooks) { try $0.getDelivery($1) },
        .init(.post, "\(repo)/hooks/{hook_id}/deliveries/{delivery_id}/attempts", .hooks) { try $0.redeliver($1) },
    ]
}
