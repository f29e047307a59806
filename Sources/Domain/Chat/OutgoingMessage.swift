/// A message ready for the wire: rendered and cut to size.
package struct OutgoingMessage: Sendable, Equatable {
    /// Whether the text is still growing.
    package enum Stage: Sendable {
        /// A state of a growing answer: the whole text so far, with open markup closed.
        case preview
        /// The complete text.
        case final
    }

    /// In the platform's own markup, within the room's limit.
    package let text: String
    package let route: Route
    /// Unique for ever: the platform's transaction id, metadata or label where it has one.
    package let token: String
    /// Sent again after an unknown outcome, so it may be a duplicate.
    package let isRepeat: Bool
    package let stage: Stage
    /// Buttons below it, in rooms with ``RoomTraits/Capabilities/buttons``.
    package let buttons: [MessageButton]

    package init(
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
