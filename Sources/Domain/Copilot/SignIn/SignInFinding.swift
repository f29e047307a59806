/// What one source of sign-ins has: a token, or why it has none that can be used.
package struct SignInFinding: Sendable, Hashable {
    package let source: SignInSource
    package let token: GitHubToken?
    /// The account's name, where the source tells.
    package let user: String?
    /// Why the token is not used; a half sentence with what to do.
    package let problem: String?
    /// What should be mended, though the token can be used.
    package let warning: String?
    /// Somebody named this token for this purpose, so that nothing else is tried in its place.
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

    /// Reads a token's text.
    init(
        _ source: SignInSource, text: String, user: String? = nil, warning: String? = nil, isBinding: Bool = false
    ) {
        do throws(GitHubToken.Malformed) {
            let token = try GitHubToken(text)
            self.init(source, token: token, user: user, warning: warning, isBinding: isBinding)
        } catch {
            self.init(
                source, user: user, problem: "what is there is no GitHub token: \(error.reason)", warning: warning,
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
