internal import JSON
internal import Push
internal import Schemas

extension API {
    /// The browsers of one person that get messages, and the key for a new one.
    struct PushSubscriptions: Fact {
        let key: String
        let items: [PushTarget]

        static let notes: Notes<Self> = [
            \.key: "What a page gives to `subscribe()` as `applicationServerKey`, in base64url."
        ]
    }

    struct PushTarget: Fact {
        let id: String
        let service: String
        let own: Bool
        let createdAt: Timestamp

        static let notes: Notes<Self> = [
            \.service: "The name of the push service's host.", \.own: "Whether it is of the sign-in that asks.",
        ]
    }

    /// What a browser's `PushSubscription.toJSON()` gives.
    struct NewPushSubscription: Fact {
        let endpoint: String
        let expirationTime: Double?
        let keys: PushKeys

        static let notes: Notes<Self> = [
            \.endpoint: MemberNote("An https address.", minLength: 1, maxLength: PushSubscription.addressLimit),
            \.expirationTime: "Not used: a service says when a subscription has ended.",
        ]
    }

    struct PushKeys: Fact {
        let p256dh: String
        let auth: String

        static let notes: Notes<Self> = [
            \.p256dh: MemberNote(maxLength: 100), \.auth: MemberNote(maxLength: 40),
        ]
    }

    /// Of what a person is notified.
    struct Notifications: Fact {
        let kinds: [NotificationChoice.Kind]
        let quiet: String?
        let zone: String
        let content: NotificationChoice.Content

        static let notes: Notes<Self> = [
            \.quiet: "When nothing is pushed; what came meanwhile is one message at the end.",
            \.zone: "The zone of the quiet hours.", \.content: "What a push says besides its kind.",
        ]
    }

    struct NotificationsChange: ChangeDocument {
        let kinds: Change<[NotificationChoice.Kind]>
        let quiet: Change<String>
        let zone: Change<String>
        let content: Change<NotificationChoice.Content>

        static let notes: Notes<Self> = [
            \.kinds: MemberNote("Null for all."),
            \.quiet: MemberNote("Such as `22:00-07:00`; null for none.", maxLength: 11),
            \.zone: MemberNote("Such as `Europe/Berlin`; null for UTC.", maxLength: 64),
            \.content: MemberNote(
                "`none` names only the kind, `title` also the conversation, `text` also a line of it. Null for `title`."
            ),
        ]
    }
}

extension NotificationChoice.Kind: WordChoice {}
extension NotificationChoice.Content: WordChoice {}

extension API.Notifications {
    init(_ choice: NotificationChoice) {
        self.init(
            kinds: NotificationChoice.Kind.allCases.filter(choice.kinds.contains),
            quiet: choice.quiet?.description, zone: choice.zone.name, content: choice.content)
    }
}
