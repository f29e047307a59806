internal import HTTP

/// What an owner needs in order to sign the host in at a remote server.
package struct ExtensionSignInPage: Sendable, Equatable {
    package let server: String
    /// The page to open, at the authorization server; it works once, for ten minutes. For one person's eyes: whoever opens
    /// it first connects their account.
    package let address: String
    /// The authorization server's name, as in the address.
    package let host: String
    /// What is asked for; nil if the server decides.
    package let scope: String?

    package init(server: String, address: String, host: String, scope: String?) {
        self.server = server
        self.address = address
        self.host = host
        self.scope = scope
    }

    /// For the ask, without the address.
    package var text: String {
        let what = self.scope.map { " It asks for: \($0)." } ?? ""
        return """
            \(self.server) needs a sign-in at \(self.host).\(what) The account belongs to this host then, not to a person: \
            everyone who may use \(self.server) here acts with it. Open the page within ten minutes:
            """
    }
}

/// What the browser is shown after a sign-in.
package struct ExtensionSignInResult: Sendable, Equatable {
    package let isDone: Bool
    package let text: String
}
