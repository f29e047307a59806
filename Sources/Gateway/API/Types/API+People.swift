internal import Chat
internal import People
internal import Schemas

extension API {
    struct SignIn: Codable, Sendable, Documented {
        let code: String
        let name: String?

        static let notes = ["name": MemberNote("Shown next to messages.")]
    }

    /// The person whom a credential belongs to.
    struct Person: Codable, Sendable {
        let name: String
        let role: Role
        let identity: String
        let scopes: [String]
    }

    /// Somebody with access, or a program.
    struct PersonWithAccess: Codable, Sendable, Documented {
        let id: String
        let identity: String
        let name: String?
        let network: String
        let role: Role
        let way: People.Person.Way
        let key: String?
        let listedRole: Role?
        let scopes: [String]
        let since: Timestamp?
        let lastSeen: Timestamp?
        let expiresAt: Timestamp?
        let `self`: Bool

        static let notes = [
            "key": MemberNote("The place in the configuration of a listed person."),
            "listed_role": MemberNote("The role that the configuration says, where another one counts."),
            "self": MemberNote("Whether it is the caller."),
        ]
    }

    struct RemovedPerson: Codable, Sendable {
        let id: String
        let identity: String
    }

    struct PeopleList: Codable, Sendable {
        let items: [PersonWithAccess]
        let removed: [RemovedPerson]
    }

    struct PersonChange: Codable, Sendable {
        let role: Role
    }
}

extension Role: WordChoice {}
extension People.Person.Way: WordChoice {}
