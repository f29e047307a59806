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
