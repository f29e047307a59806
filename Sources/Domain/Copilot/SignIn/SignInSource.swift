/// Where a sign-in was found, or looked for.
package struct SignInSource: Sendable, Hashable, CustomStringConvertible {
    package enum Kind: String, Sendable, Hashable {
        case configuration, environment, login
        case apps = "apps.json"
        case hosts = "hosts.json"
        case githubCLI = "gh"
    }

    package let kind: Kind
    /// The key, the variable or the path, with the entry's name in a file that has several.
    package let place: String

    package init(_ kind: Kind, _ place: String) {
        self.kind = kind
        self.place = place
    }

    package var description: String {
        switch self.kind {
        case .configuration: "the configuration's \(self.place)"
        case .environment: "the environment variable \(self.place)"
        case .login: "jetbridge login (\(self.place))"
        case .apps, .hosts: "an editor's sign-in (\(self.place))"
        case .githubCLI: "the GitHub CLI (\(self.place))"
        }
    }

    /// What takes a token away from here that GitHub no longer accepts.
    var remedy: String {
        switch self.kind {
        case .configuration: "put a valid token there"
        case .environment: "put a valid token there or unset it"
        case .login: "run 'jetbridge login' again"
        case .apps, .hosts: "sign in there again, or run 'jetbridge login'"
        case .githubCLI: "run 'gh auth login' again, or 'jetbridge login'"
        }
    }
}
