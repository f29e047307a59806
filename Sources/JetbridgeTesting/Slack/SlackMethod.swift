internal import JSON

/// What there is to call, and by whom.
struct SlackMethod {
    enum Tier {
        case one, two, three, four
        /// About one a second and channel, and a few hundred a minute.
        case posting
        case unlimited

        var perMinute: Int? {
            switch self {
            case .one: 1
            case .two: 20
            case .three: 50
            case .four: 100
            case .posting: SlackRateLimits.postsPerMinute
            case .unlimited: nil
            }
        }
    }

    typealias Body = @Sendable (inout SlackState, SlackCall) throws(SlackRefusal) -> JSONObject

    var tier: Tier
    /// Any one of them is enough; none is needed when it is empty.
    var scopes: [String] = []
    /// Whether a JSON body is read.
    var takesJSON = true
    var isForApp = false
    var body: Body

    static let all: [String: SlackMethod] = Self.basics.merging(Self.chat) { $1 }.merging(Self.rooms) { $1 }
        .merging(Self.others) { $1 }

    private static let basics: [String: SlackMethod] = [
        "api.test": SlackMethod(tier: .four) { _, call throws(SlackRefusal) in
            if let error = call.text("error") { throw SlackRefusal(error) }
            return ["ok": true, "args": .object(call.arguments)]
        },
        "auth.test": SlackMethod(tier: .unlimited) { state, _ throws(SlackRefusal) in state.authTest() },
        "apps.connections.open": SlackMethod(tier: .three, isForApp: true) { state, call throws(SlackRefusal) in
            try state.openConnection(call)
        },
    ]

    private static let chat: [String: SlackMethod] = [
        "chat.postMessage": SlackMethod(tier: .posting, scopes: ["chat:write"]) { state, call throws(SlackRefusal) in
            try state.postMessage(call)
        },
        "chat.update": SlackMethod(tier: .three, scopes: ["chat:write"]) { state, call throws(SlackRefusal) in
            try state.updateMessage(call)
        },
        "chat.delete": SlackMethod(tier: .three, scopes: ["chat:write"]) { state, call throws(SlackRefusal) in
            try state.deleteMessage(call)
        },
        "chat.postEphemeral": SlackMethod(tier: .four, scopes: ["chat:write"]) { state, call throws(SlackRefusal) in
            try state.postEphemeral(call)
        },
        "chat.getPermalink": SlackMethod(tier: .unlimited, takesJSON: false) { state, call throws(SlackRefusal) in
            try state.permalink(call)
        },
    ]

    private static let rooms: [String: SlackMethod] = [
        "conversations.history": SlackMethod(tier: .three, takesJSON: false) { state, call throws(SlackRefusal) in
            try state.history(call)
        },
        "conversations.replies": SlackMethod(tier: .three, takesJSON: false) { state, call throws(SlackRefusal) in
            try state.replies(call)
        },
    ]

    private static let others: [String: SlackMethod] = [:]
}
