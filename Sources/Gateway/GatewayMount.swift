package import HTTPServer

/// Something that answers everything below a path by itself, past the gateway's routes and credentials.
package struct GatewayMount: Sendable {
    /// Such as `/proxy`, without a slash at its end.
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
