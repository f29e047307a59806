internal import HTTP
package import HTTPServer

/// The router, plus mounts and hooks. Refuses foreign `Host` headers. Adds security headers and a page for people to
/// its own and the router's refusals.
struct GatewayDispatcher: HTTPDispatcher {
    let router: Router
    let pages: PagePolicy
    let publicURL: String
    let headers: SecurityHeaders
    let cors: CORSPolicy
    var mount: GatewayMount?
    /// By path.
    var hooks: [String: GatewayHook] = [:]
    var forwarder: Forwarder?

    func response(to problem: HTTPProblem, path: Substring?) -> HTTPServerResponse {
        if let path, let mount = self.mount, mount.takes(path) {
            return mount.dispatcher.response(to: problem, path: path)
        }
        return .problem(problem)
    }

    func dispatch(_ head: RequestHead) -> HTTPDispatch {
        // Mounts and hooks are reachable under any name: they check keys and signatures, which no page has.
        if let mount = self.mount, mount.takes(head.path) { return mount.dispatcher.dispatch(head) }
        if !self.hooks.isEmpty, let hook = self.hooks[String(head.path)] {
            return hook.dispatch(head, headers: self.headers, forwarder: self.forwarder)
        }
        // Load balancers probe health under any name, and the answer reveals nothing.
        if head.path != "/healthz", let name = self.pages.foreignHost(of: head.headers) {
            return HTTPDispatch(self.refusal(Problems.foreignHost(name, url: self.publicURL)))
        }
        var dispatch = self.router.dispatch(head)
        // Only the router's refusals are immediate: the gateway's routes run on the pool.
        guard case .immediate(let refuse) = dispatch.handler else { return dispatch }
        let (headers, cors) = (self.headers, self.cors)
        dispatch.handler = .immediate { request in
            var response = try refuse(request)
            if request.method == .options, let allow = response.headers["allow"] {
                response = cors.answer(allow: "\(allow), OPTIONS", for: request.headers)
            }
            if response.status == .notFound, Front.isBrowser(request) {
                let page = ViewerLayout(theme: Front.theme(of: request))
                    .notice(title: "Not found", text: "There is nothing at this address.")
                response = HTTPServerResponse(.notFound, .html, bytes: page.utf8)
                response.headers["Content-Security-Policy"] = SecurityHeaders.viewerPolicy
            }
            headers.apply(to: &response)
            return response
        }
        return dispatch
    }

    private func refusal(_ problem: HTTPProblem) -> HTTPDispatch.Handler {
        let (headers, url) = (self.headers, self.publicURL)
        return .immediate { request in
            var response = HTTPServerResponse.problem(problem)
            if Front.isBrowser(request) {
                let link = ViewerLayout.Crumb(title: "Open \(url)", path: url)
                let page = ViewerLayout().notice(title: problem.title, text: problem.detail, link: link)
                response = HTTPServerResponse(problem.status, .html, bytes: page.utf8)
                response.headers["Content-Security-Policy"] = SecurityHeaders.viewerPolicy
            }
            headers.apply(to: &response)
            return response
        }
    }
}

/// Handles every request below a path, bypassing the gateway's routes and credentials.
package struct GatewayMount: Sendable {
    /// Such as `/proxy`, without a trailing slash.
    package let path: String
    package let dispatcher: any HTTPDispatcher

    package init(path: String, dispatcher: any HTTPDispatcher) {
        self.path = path
        self.dispatcher = dispatcher
    }

    func takes(_ path: Substring) -> Bool {
        path.hasPrefix(self.path) && (path.count == self.path.count || path.dropFirst(self.path.count).first == "/")
    }
}
