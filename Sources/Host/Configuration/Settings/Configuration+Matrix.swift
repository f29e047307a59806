package import HTTP
package import Primitives

extension Configuration {
    package struct Matrix: Sendable {
        package enum Credential: Sendable {
            case accessToken(Secret)
            case password(Secret)
        }

        package var id: String
        package var homeserver: HTTPURL
        /// `@name:server`
        package var user: String
        package var credential: Credential

        init?(_ section: Section, id: String) {
            let homeserver = section.required("homeserver") { $0.url() }
            let user = section.required("user", Self.user)
            let token = section.optional("access_token") { $0.secret() }
            let password = section.optional("password") { $0.secret() }
            if section.has("access_token") == section.has("password") {
                section.error("either 'access_token' or 'password' is needed")
            }
            guard let homeserver, let user,
                let credential = token.map(Credential.accessToken) ?? password.map(Credential.password)
            else { return nil }
            self.id = id
            self.homeserver = homeserver
            self.user = user
            self.credential = credential
        }

        private static func user(_ value: Value) -> String? {
            guard let text = value.string() else { return nil }
            let parts = text.split(separator: ":", maxSplits: 1)
            guard text.hasPrefix("@"), parts.count == 2, parts[0].count > 1 else {
                return value.error("a Matrix user is written \"@name:server\"")
            }
            return text
        }
    }
}
