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
    /// Bytes that wait for the readers of all connections; beyond it the slow ones are closed, see
    /// ``HTTPServerDeadlines/crowdedRate``.
    package var queuedLimit = 32 * 1024 * 1024
    package var deadlines = HTTPServerDeadlines()

    package init(port: UInt16 = 0) {
        self.port = port
    }
}

/// Time limits of a connection.
package struct HTTPServerDeadlines: Sendable, Hashable {
    /// The whole head, from its first byte.
    package var head = Duration.seconds(10)
    /// Without a request in progress.
    package var idle = Duration.seconds(60)
    /// How long a request in progress may go without a byte in either direction. Longer than any wait of a handler, so
    /// that only a handler that hangs reaches it.
    package var exchange = Duration.seconds(600)
    /// The window in which a body being read, or a response being sent, must progress at ``minimumRate``.
    package var progress = Duration.seconds(20)
    /// Bytes per second.
    package var minimumRate = 240
    /// The window in which a response must progress at ``crowdedRate`` while others wait for the memory that it takes.
    package var crowded = Duration.seconds(4)
    /// Bytes per second.
    package var crowdedRate = 16 * 1024
    /// How long a closing connection drains the client's input, so that a reset doesn't discard the response.
    package var linger = Duration.seconds(2)
    /// How long ``HTTPServer/stop()`` waits for running responses.
    package var drain = Duration.seconds(10)

    /// The bytes required per window.
    var minimumProgress: Int { Self.bytes(self.minimumRate, in: self.progress) }
    var crowdedProgress: Int { Self.bytes(self.crowdedRate, in: self.crowded) }

    private static func bytes(_ rate: Int, in window: Duration) -> Int {
        max(1, Int((Double(rate) * (window / .seconds(1))).rounded()))
    }
}
