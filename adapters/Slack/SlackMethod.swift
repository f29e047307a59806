/// The methods of the Web API that this adapter calls; their limits are in ``SlackPace``.
enum SlackMethod: String, Sendable, CaseIterable {
    case authTest = "auth.test"
    case openConnection = "apps.connections.open"
    case post = "chat.postMessage"
    case update = "chat.update"
    case delete = "chat.delete"
    case startStream = "chat.startStream"
    case appendStream = "chat.appendStream"
    case stopStream = "chat.stopStream"
    case setStatus = "assistant.threads.setStatus"
    case setTitle = "assistant.threads.setTitle"
    case setPrompts = "assistant.threads.setSuggestedPrompts"
    case addReaction = "reactions.add"
    case removeReaction = "reactions.remove"
    case history = "conversations.history"
    case replies = "conversations.replies"
    case memberships = "users.conversations"
    case openDirect = "conversations.open"
    case roomInfo = "conversations.info"
    case groups = "usergroups.list"
    case openView = "views.open"
    case userInfo = "users.info"
    case fileInfo = "files.info"
    case uploadURL = "files.getUploadURLExternal"
    case completeUpload = "files.completeUploadExternal"

    /// Calling it twice has the same effect as once.
    var isRepeatable: Bool {
        switch self {
        case .post, .startStream, .appendStream, .completeUpload, .openView: false
        default: true
        }
    }

    /// Without it, the adapter reads nothing, or not what it missed.
    var isReading: Bool {
        switch self {
        case .authTest, .openConnection, .history, .replies, .memberships: true
        default: false
        }
    }

    /// Accepts only `application/x-www-form-urlencoded`.
    var isForm: Bool {
        switch self {
        case .uploadURL, .history, .replies, .memberships, .roomInfo, .groups, .userInfo, .fileInfo, .openConnection,
            .authTest:
            true
        default: false
        }
    }
}
