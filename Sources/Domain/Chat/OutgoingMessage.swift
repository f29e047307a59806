/// A message ready for the wire: rendered and measured.
public struct OutgoingMessage: Sendable, Equatable {
    /// In the platform's own markup, within the room's limit.
    public let text: String
    /// Where it goes.
    public let route: Route
    /// Ours, unique for ever: the platform's transaction id, metadata or label where it has one.
    public let token: String
    /// Sent after an unknown outcome: the platform should be asked, or told, that it may be a repeat.
    public let isRepeat: Bool

    /// Makes a message.
    public init(text: String, route: Route, token: String, isRepeat: Bool = false) {
        self.text = text
        self.route = route
        self.token = token
        self.isRepeat = isRepeat
    }
}
