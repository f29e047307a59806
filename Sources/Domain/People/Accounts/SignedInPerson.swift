package import Chat

/// An account at GitHub or an OpenID Connect provider, by what it keeps when its name changes.
package struct AccountKey: Sendable, Hashable {
    /// `github` or `oidc`, with which the person's identity begins.
    package let provider: String
    /// The GitHub's address, or the issuer.
    package let issuer: String
    /// GitHub's numeric id, or the subject.
    package let subject: String

    package init(provider: String, issuer: String, subject: String) {
        self.provider = provider
        self.issuer = issuer
        self.subject = subject
    }
}

/// Who an account belongs to now, as its provider says.
package struct Visitor: Sendable, Equatable {
    package let account: AccountKey
    /// What the person is called there, such as `octocat`; shown next to messages.
    package let name: String
    /// The identity that goes with the account's present name: `github:octocat`.
    package let identity: String
    /// Entries of access lists that the account satisfies besides its own: `github:org/acme`.
    package let held: [String]

    package init(account: AccountKey, name: String, identity: String, held: [String] = []) {
        self.account = account
        self.name = name
        self.identity = identity
        self.held = held
    }
}

/// Somebody who has signed in with an account elsewhere.
package struct SignedInPerson: Sendable, Equatable {
    package let account: AccountKey
    /// That of the first sign-in. It stays when the account is renamed, and nobody else gets it.
    package let identity: String
    package var name: String
    /// See ``Visitor/held``; as of ``checkedAt``.
    package var held: [String]
    /// Nil while nothing admits them any more.
    package var role: Role?
    /// When the provider was last asked. Milliseconds since 1970, like all times.
    package var checkedAt: Int64
    /// Whether an owner lets in whoever has the name now: another account may take the identity over, but not what is kept
    /// under it.
    package let isReleased: Bool

    package init(
        account: AccountKey, identity: String, name: String, held: [String], role: Role?, checkedAt: Int64,
        isReleased: Bool = false
    ) {
        self.account = account
        self.identity = identity
        self.name = name
        self.held = held
        self.role = role
        self.checkedAt = checkedAt
        self.isReleased = isReleased
    }
}

/// The answer to somebody who came with an account.
package enum AccountAdmission: Sendable, Equatable {
    case admitted(SignedInPerson)
    /// On no list.
    case unlisted
    /// An owner has taken away their access.
    case removed
    /// Another account had this name before, and its access is not handed on.
    case nameTaken
}

/// A sign-in that has begun in a browser and waits for the provider. Hashes stand in for what only the browser has.
package struct PendingSignIn: Sendable, Equatable {
    package let state: String
    package let browser: String
    package let method: String
    /// Where to go afterwards: a path of this site.
    package let next: String
    package let expiresAt: Int64

    package init(state: String, browser: String, method: String, next: String, expiresAt: Int64) {
        self.state = state
        self.browser = browser
        self.method = method
        self.next = next
        self.expiresAt = expiresAt
    }
}
