internal import Chat
internal import People
internal import Schemas

extension API {
    struct SignIn: Fact {
        let code: String
        let name: String?
        let look: Bool?

        static let notes: Notes<Self> = [
            \.name: "Shown next to messages.",
            \.look: "Whether to answer what the code is for, and neither sign in nor use it up.",
        ]
    }

    /// What a code is for.
    struct SignInCode: Fact {
        let name: String?
        let role: Role
        let isDevice: Bool

        static let notes: Notes<Self> = [
            \.name: "Whom it is for, as far as that is known.",
            \.isDevice: "Whether it adds a browser to that person; else it lets in somebody new.",
        ]
    }

    /// The person whom a credential belongs to.
    struct Person: Fact {
        let id: String
        let name: String
        let role: Role
        let identity: String
        let scopes: [String]
        let browsers: Int
        let identities: [String]

        static let notes: Notes<Self> = [
            \.id: "As in the list of people.", \.browsers: "In how many browsers the person is signed in.",
            \.identities: "All of the person's: with `link` several are one person.",
        ]
    }

    /// Somebody with access, or a program.
    struct PersonWithAccess: Fact {
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
        let browsers: [String]
        let linked: [String]
        let `self`: Bool

        static let notes: Notes<Self> = [
            \.linked: "The person's other identities.",
            \.browsers: "The ids of the sign-ins of the person's browsers.",
            \.key: "The place in the configuration of a listed person.",
            \.listedRole: "The role that the configuration says, where another one counts.",
            \.`self`: "Whether it is the caller.",
        ]
    }

    struct RemovedPerson: Fact {
        let id: String
        let identity: String
    }

    /// An open code that lets in somebody new.
    struct Invite: Fact {
        let id: String
        let role: Role
        let name: String?
        let expiresAt: Timestamp
        let by: String?

        static let notes: Notes<Self> = [\.name: "Whom it is for.", \.by: "Who made it."]
    }

    struct PeopleList: Fact {
        let items: [PersonWithAccess]
        let removed: [RemovedPerson]
        let invites: [Invite]
    }

    struct NewInvite: Fact {
        let role: Role
        let name: String?
        let expires: String?

        static let notes: Notes<Self> = [
            \.name: "Whom it is for; fills the sign-in in.",
            \.expires: "A duration such as `12h` or `7d`, or a time, within 30 days; by default two days.",
        ]
    }

    /// A code that was just made; it is shown only this once.
    struct JoiningCode: Fact {
        let id: String
        let code: String
        let url: String
        let expiresAt: Timestamp

        static let notes: Notes<Self> = [\.url: "Opens the sign-in with the code filled in."]
    }

    struct PersonChange: Fact {
        let role: Role
    }
}

extension Role: WordChoice {}
extension People.Person.Way: WordChoice {}
