/// What is remembered of a room that we are in.
package struct MatrixRoom: Sendable, Equatable {
    /// Who invited us, a whole user id.
    package var inviter: String?
    /// The invitation said so.
    package var isDirect = false
    package var hasName = false
    /// Members; nil when the server did not tell.
    package var joined: Int?
    package var invited: Int?
    /// The last event that was handled.
    package var last: String?
    /// The room that took its place, once that was told to the core.
    package var replacement: String?

    package init() {}
}
