internal import JSON

/// A method of the Web API and its requirements.
struct SlackMethod {
    enum Tier {
        case one, two, three, four
        /// About one per second and channel, and a few hundred per minute.
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
    /// Any one of these scopes suffices; empty requires none.
    var scopes: [String] = []
    /// Whether a JSON body is read.
    var takesJSON = true
    var isForApp = false
    var body: Body

    static let all: [String: SlackMethod] = [Self.basics, Self.chat, Self.agents, Self.rooms, Self.others].reduce(
        into: [:]) { $0.merge($1) { $1 } }

    private static let basics: [String: SlackMethod] = [
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
        "chat.startStream": SlackMethod(tier: .two, scopes: ["chat:write"]) { state, call throws(SlackRefusal) in
            try state.startStream(call)
        },
        "chat.appendStream": SlackMethod(tier: .four, scopes: ["chat:write"]) { state, call throws(SlackRefusal) in
            try state.appendStream(call)
        },
        "chat.stopStream": SlackMethod(tier: .two, scopes: ["chat:write"]) { state, call throws(SlackRefusal) in
            try state.stopStream(call)
        },
    ]

    private static let agents: [String: SlackMethod] = [
        "assistant.threads.setStatus": SlackMethod(tier: .three, scopes: ["assistant:write", "chat:write"]) {
            state, call throws(SlackRefusal) in
            try state.setStatus(call)
        },
        "assistant.threads.setTitle": SlackMethod(tier: .three, scopes: ["assistant:write"]) {
            state, call throws(SlackRefusal) in
            try state.setTitle(call)
        },
        "assistant.threads.setSuggestedPrompts": SlackMethod(tier: .three, scopes: ["assistant:write"]) {
            state, call throws(SlackRefusal) in
            try state.setPrompts(call)
        },
        "reactions.add": SlackMethod(tier: .three, scopes: ["reactions:write"]) { state, call throws(SlackRefusal) in
            try state.addReaction(call)
        },
        "reactions.remove": SlackMethod(tier: .two, scopes: ["reactions:write"]) { state, call throws(SlackRefusal) in
            try state.removeReaction(call)
        },
    ]

    private static let rooms: [String: SlackMethod] = [
        "conversations.history": SlackMethod(tier: .three, takesJSON: false) { state, call throws(SlackRefusal) in
            try state.history(call)
        },
        "conversations.replies": SlackMethod(tier: .three, takesJSON: false) { state, call throws(SlackRefusal) in
            try state.replies(call)
        },
        "conversations.open": SlackMethod(tier: .three, scopes: ["im:write", "mpim:write"]) {
            state, call throws(SlackRefusal) in
            try state.openConversation(call)
        },
        "conversations.info": SlackMethod(tier: .three, takesJSON: false) { state, call throws(SlackRefusal) in
            try state.conversationInfo(call)
        },
        "usergroups.list": SlackMethod(tier: .two, scopes: ["usergroups:read"], takesJSON: false) {
            state, _ throws(SlackRefusal) in
            state.userGroups()
        },
        "users.conversations": SlackMethod(tier: .three, takesJSON: false) { state, call throws(SlackRefusal) in
            try state.conversations(call)
        },
    ]

    private static let others: [String: SlackMethod] = [
        "users.info": SlackMethod(tier: .four, scopes: ["users:read"], takesJSON: false) {
            state, call throws(SlackRefusal) in
            try state.userInfo(call)
        },
        "files.getUploadURLExternal": SlackMethod(tier: .four, scopes: ["files:write"], takesJSON: false) {
            state, call throws(SlackRefusal) in
            try state.uploadURL(call)
        },
        "files.completeUploadExternal": SlackMethod(tier: .four, scopes: ["files:write"]) {
            state, call throws(SlackRefusal) in
            try state.completeUpload(call)
        },
        "files.info": SlackMethod(tier: .four, scopes: ["files:read"], takesJSON: false) {
            state, call throws(SlackRefusal) in
            try state.fileInfo(call)
        },
        "views.open": SlackMethod(tier: .four) { state, call throws(SlackRefusal) in
            try state.openView(call)
        },
    ]
}
