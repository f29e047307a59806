package import Chat

/// Two identities that have become one person.
package struct IdentityLink: Sendable {
    /// Of the side that made the code, and where it did.
    package let identity: String
    package let name: String
    package let thread: ThreadKey
    /// Of the side that used it.
    package let sender: Sender
    /// All of the person's.
    package let identities: [String]
}
