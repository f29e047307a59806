/// Something to say in a room about its encryption.
package struct MatrixKeyNotice: Sendable, Equatable {
    package var room: String
    package var thread: String?
    /// Whom it answers; nil if it was asked for.
    package var user: String?
    /// Nil says that a key is missing, if it still is after a moment.
    package var text: String?
    /// Distinguishes it from others; it is said once.
    package var name: String
    /// The event that it is about.
    package var event: String?
}
