/// People's own accounts at GitHub. Ids of people are those of ``Sender``.
package protocol PersonalAccounts: Sendable {
    /// Requests a code for the person to enter at GitHub. Waits for the approval only after ``wait(for:)``.
    func invite(_ person: String) async -> SignInInvitation
    /// Waits for the approval of a stored sign-in, and reports the result in its thread. Returns at once.
    func wait(for signIn: PersonSignIn) async
    /// Forgets the person's account; false if there was none.
    func signOut(_ person: String) async throws -> Bool
    /// `signed in as octocat (gho_…xyz)`; nil if the person is not signed in.
    func summary(of person: String) async -> String?
    /// Where people revoke tokens.
    var tokensPage: String { get }
}

/// The beginning of a sign-in.
package enum SignInInvitation: Sendable {
    /// What the person has to enter, and where.
    case code(id: String, code: String, address: String, lifetime: Duration)
    /// One line: what failed, why, and what to do.
    case failed(String)
}
