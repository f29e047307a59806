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
    /// The members of an organisation.
    package var members: [String: GitHubAccess] = [:]
    /// Of an organisation: by the teams' names in addresses, their members.
    package var teams: [String: Set<String>] = [:]
    /// Who was invited and has not accepted yet.
    package var invited: Set<String> = []
    /// Whether it lets OAuth apps see nothing until an owner approves them.
    package var restrictsApps = false

    /// The address that GitHub gives to the commits of the person.
    package var address: String { "\(self.id)+\(self.login)@users.noreply.github.com" }
}
