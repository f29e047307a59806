/// A person, an organisation or a bot.
package struct HubUser: Sendable, Hashable {
    package enum Kind: String, Sendable {
        case person = "User"
        case organization = "Organization"
        case bot = "Bot"
    }

    package var login: String
    package var id: Int
    package var kind = Kind.person
    package var name: String?
    package var email: String?
    /// The members of an organisation, and whether it asks tokens for a single sign-on.
    package var members: [String: GitHubAccess] = [:]
    package var requiresSignOn = false

    /// The address that GitHub gives to the commits of the person.
    package var address: String { "\(self.id)+\(self.login)@users.noreply.github.com" }
}
