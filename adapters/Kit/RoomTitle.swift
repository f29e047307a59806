internal import Primitives

/// What people call a room: for other people and for models, never for a decision.
package enum RoomTitle {
    /// In bytes.
    private static let limit = 100

    /// On one line and short. Nil if nothing is left.
    package static func of(_ text: String?) -> String? {
        let title = text?.beginning(bytes: Self.limit).onOneLine ?? ""
        return title.isEmpty ? nil : title
    }
}
