/// A person's sign-in to GitHub that waits for approval.
package struct PersonSignIn: Sendable, Hashable {
    package let id: String
    /// The id of the sender.
    package let person: String
    /// Where the person asked for it.
    package let session: String

    package init(id: String, person: String, session: String) {
        self.id = id
        self.person = person
        self.session = session
    }
}
