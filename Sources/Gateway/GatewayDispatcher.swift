internal import HTTP
internal import HTTPServer

/// The router, with security headers and a page for people also where no route is.
struct GatewayDispatcher: HTTPDispatcher {
    let router: Router
    let headers: SecurityHeaders
    var mount: GatewayMount?
    /// By path.
    var hooks: [String: GatewayHook] = [:]

    func dispatch(_ head: RequestHead) -> HTTPDispatch {
        if let mount = self.mount, mount.takes(head.path) { return mount.dispatcher.dispatch(head) }
        if !self.hooks.isEmpty, let hook = self.hooks[String(head.path)] {
            return hook.dispatch(head, headers: self.headers)
        }
        var dispatch = self.router.dispatch(head)
        // Only the router's own refusals are immediate: the gateway's routes run on the pool.
        guard case .immediate(let refuse) = dispatch.handler else { return dispatch }
        let headers = self.headers
        dispatch.handler = .immediate { request in
            var response = try refuse(request)
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
}
