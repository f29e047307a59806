/// The remembered state of a room that the bot is in.
package struct MatrixRoom: Sendable, Equatable {
    /// The full user id of the inviter.
    package var inviter: String?
    /// The invitation marked the room as direct.
    package var isDirect = false
    package var hasName = false
    /// The number of members; nil when the server did not report it.
    package var joined: Int?
    /// The last event that was handled.
    package var last: String?
    /// The room that replaced it, once the core knows.
    package var replacement: String?

    package init() {}
}
