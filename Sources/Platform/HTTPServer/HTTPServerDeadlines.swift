/// How long a connection may take for what.
package struct HTTPServerDeadlines: Sendable, Hashable {
    /// The whole head, from its first byte.
    package var head = Duration.seconds(10)
    /// Without a request under way.
    package var idle = Duration.seconds(60)
    /// In each such window a body that is being read, and an answer that is being sent, must move by
    /// ``minimumRate`` times its length.
    package var progress = Duration.seconds(20)
    /// Bytes a second.
    package var minimumRate = 240
    /// How long a closing connection takes what the client still sends, so that the answer isn't lost to a reset.
    package var linger = Duration.seconds(2)
    /// How long ``HTTPServer/stop()`` lets running answers end.
    package var drain = Duration.seconds(10)

    package init() {}

    /// The bytes that must move in one window.
    var minimumProgress: Int {
        max(1, Int((Double(self.minimumRate) * (self.progress / .seconds(1))).rounded()))
    }
}
