internal import EventLoop
internal import HTTPServer

/// Routes the requests to a ``LoopbackGitHub``.
struct GitHubDispatcher: HTTPDispatcher {
    unowned let github: LoopbackGitHub

    func dispatch(_ head: RequestHead) -> HTTPDispatch {
        let github = self.github
        if GitHubEndpoint(rawValue: String(head.path)) != nil || head.path.hasPrefix("/login/")
            || head.path.hasPrefix("/copilot_internal/")
        {
            return HTTPDispatch(.pool { request in try await github.signInAnswer(request) }, bodyLimit: 1 << 20)
        }
        return HTTPDispatch(.loop { request in try await github.hub.answer(request) })
    }
}
