package import EventLoop
package import HTTP

/// Address and limits of a server.
package struct HTTPServerSettings: Sendable, Hashable {
    /// A numeric address.
    package var address = "127.0.0.1"
    /// 0 picks a free port.
    package var port: UInt16
    package var sharing = Socket.PortSharing.none
    package var headLimits = HeadLimits()
    /// Maximum bytes of a request body, unless the route overrides it.
    package var bodyLimit = 1024 * 1024
    /// Further clients wait in the kernel's accept queue.
    package var maximumConnections = 10_000
    /// Bytes buffered for a slow client or handler before back-pressure stops the other side.
    package var highWater = 256 * 1024
    package var deadlines = HTTPServerDeadlines()

    package init(port: UInt16 = 0) {
        self.port = port
    }
}
