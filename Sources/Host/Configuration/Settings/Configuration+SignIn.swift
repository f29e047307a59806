internal import GitHub
internal import HTTP
internal import Primitives
package import SignIn

extension Configuration {
    /// The accounts elsewhere with which people sign in to the web chat.
    package struct SignIn: Sendable, Equatable {
        package var github: GitHubSignInApp?
        package var oidc: OpenIDClient?

        init(_ section: Section) {
            self.github = section.optional("github") { $0.section { GitHubSignInApp($0) } }
            self.oidc = section.optional("oidc") { $0.section { OpenIDClient($0) } }
        }

        /// What access lists say about accounts here, besides a person's own name.
        static let groups = ["github": ["org/", "team/"], "oidc": ["group/"]]

        func has(_ provider: String) -> Bool { provider == "github" ? self.github != nil : self.oidc != nil }
    }
}

extension Configuration {
    /// How people sign in to the web chat besides codes.
    func signInProviders(tokens: (any PersonTokens)?) -> [any SignInProvider] {
        SignInProviders(transport: SignInSetup.transport(for: self), userAgent: Release.userAgent)
            .make(
                self.gateway.signIn.github, at: self.github.apiURL, self.github.webURL, tokens: tokens,
                openID: self.gateway.signIn.oidc)
    }
}

extension GitHubSignInApp {
    fileprivate init?(_ section: Section) {
        let clientID = section.required("client_id") { $0.string() }
        let clientSecret = section.required("client_secret") { $0.secret() }
        let scope = section.read("scope", default: "read:org repo") { Self.scope($0) }
        guard let clientID, let clientSecret else { return nil }
        self.init(clientID: clientID, clientSecret: clientSecret, scope: scope)
    }

    private static func scope(_ value: Value) -> String? {
        guard let text = value.string() else { return nil }
        let words = text.split(separator: " ")
        let isGood = words.allSatisfy { $0.allSatisfy { $0.isASCII && ($0.isLetter || ":_".contains($0)) } }
        guard isGood, !words.isEmpty else {
            return value.error("scopes are words separated by spaces, as in \"read:org repo\"")
        }
        return words.joined(separator: " ")
    }
}

extension OpenIDClient {
    fileprivate init?(_ section: Section) {
        let issuer = section.required("issuer") { Self.issuer($0) }
        let clientID = section.required("client_id") { $0.string() }
        let clientSecret = section.required("client_secret") { $0.secret() }
        let groups = section.optional("groups") { $0.string() }
        let name = section.read("name", default: "single sign-on") {
            $0.string(
                where: { $0.count <= 40 && VisibleText.line($0) == $0 },
                else: "the name is one line of at most 40 characters")
        }
        guard let issuer, let clientID, let clientSecret else { return nil }
        self.init(issuer: issuer, clientID: clientID, clientSecret: clientSecret, groups: groups, name: name)
    }

    private static func issuer(_ value: Value) -> String? {
        guard let text = value.string(), let url = value.url() else { return nil }
        guard url.scheme == "https" || url.scheme == "http" && url.isLoopback else {
            return value.error("the issuer must begin with https://, or sign-ins could be read on the way")
        }
        guard url.query == nil, !text.contains("#") else {
            return value.error("an issuer has neither a query nor a fragment; copy it from the provider's description")
        }
        return text
    }
}
