/// Where a server listens and what it bears.
package struct HTTPServerSettings: Sendable, Hashable {
    /// A numeric address; loopback unless somebody decided otherwise.
    package var address = "127.0.0.1"
    /// 0 picks a free one.
    package var port: UInt16
    package var headLimits = HeadLimits()
    /// Bytes of a request body where the route says nothing.
    package var bodyLimit = 1024 * 1024
    /// Further clients wait in the system's queue.
    package var maximumConnections = 10_000
    /// Bytes that wait for a slow client, or for a slow handler, before the other side is held.
    package var highWater = 256 * 1024
    package var deadlines = HTTPServerDeadlines()

    package init(port: UInt16 = 0) {
        self.port = port
    }
}
