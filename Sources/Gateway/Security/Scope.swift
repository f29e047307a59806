/// A permission of a credential.
package enum Scope: String, Sendable, CaseIterable {
    /// Threads, messages, operations and the live protocol.
    case chat
    /// Read-only access.
    case read
    /// Everything.
    case admin
    /// `jetbridge proxy`.
    case proxy

    /// The scopes of a person signed in to the web chat.
    static func ofRole(isOwner: Bool) -> [Scope] { isOwner ? [.chat, .read, .admin] : [.chat] }
}
