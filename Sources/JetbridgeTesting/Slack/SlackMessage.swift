internal import JSON

/// A message as the workspace keeps it.
struct SlackMessage {
    /// A stream that is being written.
    struct Stream {
        var begun: Double
        var tasks: [JSON] = []
        /// Why nothing more is taken; the pill stays unfinished.
        var end: String?
    }

    struct Reaction {
        var name: String
        var users: [String]
    }

    var ts: String
    var user: String
    var botID: String?
    var subtype: String?
    var text: String
    var blocks: [JSON] = []
    var attachments: [JSON] = []
    /// What came as `markdown_text` or by a stream.
    var markdown: String?
    var threadTS: String?
    var metadata: JSON?
    var editedBy: String?
    var editedTS: String?
    var files: [String] = []
    var reactions: [Reaction] = []
    var stream: Stream?
    /// Only this user sees it.
    var onlyFor: String?
    var isUnfurling = true
    /// How often its content was replaced.
    var updates = 0

    var isStreaming: Bool { self.stream.map { $0.end == nil } ?? false }
    /// Whether it is a reply; a root may have its own ts as thread_ts.
    var isReply: Bool { self.threadTS != nil && self.threadTS != self.ts }
}

/// A conversation.
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
    /// In the order of their ts.
    private(set) var order: [String] = []
    private(set) var messages: [String: SlackMessage] = [:]
    private(set) var replies: [String: [String]] = [:]
    /// The assistant's status of a thread, and when it goes.
    var statuses: [String: (text: String, end: Double)] = [:]
    var titles: [String: String] = [:]
    var prompts: [String: JSON] = [:]
    /// What the app says of its agent's sessions, by thread.
    var sessions: [String: String] = [:]

    init(id: String, name: String, kind: Kind, members: [String]) {
        self.id = id
        self.name = name
        self.kind = kind
        self.members = members
    }

    subscript(ts: String) -> SlackMessage? {
        get { self.messages[ts] }
        set {
            guard let newValue else { return self.remove(ts) }
            if self.messages.updateValue(newValue, forKey: ts) == nil {
                self.order.append(ts)
                if newValue.isReply, let root = newValue.threadTS { self.replies[root, default: []].append(ts) }
            }
        }
    }

    private mutating func remove(_ ts: String) {
        guard let message = self.messages.removeValue(forKey: ts) else { return }
        if message.isReply, let root = message.threadTS {
            self.replies[root]?.removeAll { $0 == ts }
            if self.replies[root]?.isEmpty == true { self.replies[root] = nil }
        }
        if let index = self.order.lastIndex(of: ts) { self.order.remove(at: index) }
    }

    /// Drops the oldest messages, so that `count` stay; a tenth more may stand, so that it isn't done every time.
    mutating func forget(keeping count: Int) {
        guard self.order.count > count + count / 10 else { return }
        let gone = self.order.prefix(self.order.count - count)
        for ts in gone {
            self.messages[ts] = nil
            self.replies[ts] = nil
        }
        self.order.removeFirst(gone.count)
        let oldest = self.order.first ?? ""
        for (root, list) in self.replies where list[0] < oldest {
            let rest = list.filter { $0 >= oldest }
            self.replies[root] = rest.isEmpty ? nil : rest
        }
    }

    mutating func forgetAll() {
        (self.order, self.messages, self.replies) = ([], [:], [:])
        (self.statuses, self.titles, self.prompts, self.sessions) = ([:], [:], [:], [:])
    }

    func renamed(to id: String) -> SlackChannel {
        var channel = self
        channel.id = id
        return channel
    }
}
