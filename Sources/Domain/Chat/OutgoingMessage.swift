/// A message ready for the wire: rendered and measured.
public struct OutgoingMessage: Sendable, Equatable {
    /// Whether more of it will come.
    public enum Stage: Sendable {
        /// A state of a growing answer: the whole text so far, open markup closed.
        case preview
        /// The text that stays.
        case final
    }

    /// In the platform's own markup, within the room's limit.
    public let text: String
    /// Where it goes.
    public let route: Route
    /// Ours, unique for ever: the platform's transaction id, metadata or label where it has one.
    public let token: String
    /// Sent after an unknown outcome: the platform should be asked, or told, that it may be a repeat.
    public let isRepeat: Bool
    /// Whether more of it will come.
    public let stage: Stage
    /// Buttons below it, in rooms with ``RoomTraits/Capabilities/buttons``.
    public let buttons: [MessageButton]

    /// Makes a message.
    public init(
        text: String, route: Route, token: String, isRepeat: Bool = false, stage: Stage = .final,
        buttons: [MessageButton] = []
    ) {
        self.text = text
        self.route = route
        self.token = token
        self.isRepeat = isRepeat
        self.stage = stage
        self.buttons = buttons
    }
}
