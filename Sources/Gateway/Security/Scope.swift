/// What a credential may be used for.
package enum Scope: String, Sendable, CaseIterable {
    /// Threads, messages, operations and the live protocol.
    case chat
    /// Everything that only reads.
    case read
    /// Everything.
    case admin
    /// `jetbridge proxy`.
    case proxy

    /// What a person in the web chat may do.
    static func ofRole(isOwner: Bool) -> [Scope] { isOwner ? [.chat, .read, .admin] : [.chat] }
}
