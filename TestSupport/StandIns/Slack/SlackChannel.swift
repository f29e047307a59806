internal import JSON

struct SlackChannel {
    enum Kind: String {
        case open = "channel"
        case closed = "group"
        case direct = "im"
        case group = "mpim"
    }

    var id: String
    var name: String
    var kind: Kind
    var members: [String]
    var isArchived = false
    private(set) var messages = SlackMessages()
    /// The assistant's status per thread, and when it expires.
    var statuses: [String: (text: String, end: Double)] = [:]
    var titles: [String: String] = [:]
    var prompts: [String: JSON] = [:]

    init(id: String, name: String, kind: Kind, members: [String]) {
        self.id = id
        self.name = name
        self.kind = kind
        self.members = members
    }

    var order: [String] { self.messages.order }
    var replies: [String: [String]] { self.messages.replies }

    subscript(ts: String) -> SlackMessage? {
        get { self.messages[ts] }
        nonmutating set { self.messages[ts] = newValue }
    }

    mutating func forgetAll() {
        self.messages = SlackMessages()
        (self.statuses, self.titles, self.prompts) = ([:], [:], [:])
    }
}
