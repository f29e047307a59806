package import HTTPServer

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
