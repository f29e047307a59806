/// Where a sign-in was found.
package struct SignInSource: Sendable, Hashable, CustomStringConvertible {
    package enum Kind: String, Sendable, Hashable {
        case configuration, environment, login
        case apps = "apps.json"
        case hosts = "hosts.json"
        case githubCLI = "gh"
    }

    package let kind: Kind
    /// The key, variable or path, with the entry's name in a file with several.
    package let place: String

    package init(_ kind: Kind, _ place: String) {
        self.kind = kind
        self.place = place
    }

    /// With the file's path, for the person who runs the program.
    package var description: String {
        switch self.kind {
        case .configuration, .environment: self.name
        case .login, .apps, .hosts, .githubCLI: "\(self.name) (\(self.place))"
        }
    }

    /// Without paths of this machine, for messages that may appear in a thread.
    package var name: String {
        switch self.kind {
        case .configuration: "the configuration's \(self.place)"
        case .environment: "the environment variable \(self.place)"
        case .login: "jetbridge login"
        case .apps, .hosts: "an editor's sign-in"
        case .githubCLI: "the GitHub CLI"
        }
    }

    /// How to replace a token from here that GitHub no longer accepts.
    package var remedy: String {
        switch self.kind {
        case .configuration: "put a valid token there"
        case .environment: "put a valid token there or unset it"
        case .login: "run 'jetbridge login' again"
        case .apps, .hosts: "sign in there again, or run 'jetbridge login'"
        case .githubCLI: "run 'gh auth login' again, or 'jetbridge login'"
        }
    }
}

/// The result from one source of sign-ins: a token, or why it has no usable one.
package struct SignInFinding: Sendable, Hashable {
    package let source: SignInSource
    package let token: GitHubToken?
    /// The account's name, if the source has it.
    package let user: String?
    /// Why the token is not used and what to do, as a clause.
    package let problem: String?
    /// Something to fix, although the token can be used.
    package let warning: String?
    /// A person chose this token for Copilot, so no other is tried instead.
    package let isBinding: Bool

    init(
        _ source: SignInSource, token: GitHubToken? = nil, user: String? = nil, problem: String? = nil,
        warning: String? = nil, isBinding: Bool = false
    ) {
        self.source = source
        self.token = token
        self.user = user
        self.problem = problem ?? token?.kind.refusal
        self.warning = warning
        self.isBinding = isBinding
    }

    /// Reads a token's text; one that is not a token is a problem.
    package init(
        _ source: SignInSource, text: String, user: String? = nil, warning: String? = nil, isBinding: Bool = false
    ) {
        do throws(GitHubToken.Malformed) {
            let token = try GitHubToken(text)
            self.init(source, token: token, user: user, warning: warning, isBinding: isBinding)
        } catch {
            self.init(
                source, user: user, problem: "not a GitHub token: \(error.reason)", warning: warning,
                isBinding: isBinding)
        }
    }

    /// Whether the token may be exchanged.
    package var isUsable: Bool { self.token != nil && self.problem == nil }

    /// One line for people, the token masked.
    package var summary: String {
        let token = self.token.map { " \($0.masked)" } ?? ""
        let user = self.user.map { " of \($0)" } ?? ""
        let warning = self.warning.map { "; \($0)" } ?? ""
        return "\(self.source)\(token.isEmpty ? "" : ":")\(token)\(user)" + (self.problem.map { ": \($0)" } ?? "")
            + warning
    }
}
