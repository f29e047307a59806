/// The calls of the Web API that this adapter makes, with what Slack allows of each in a minute.
///
/// The tiers are per method, workspace and app; https://docs.slack.dev/apis/web-api/rate-limits.
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
    case userInfo = "users.info"
    case fileInfo = "files.info"
    case uploadURL = "files.getUploadURLExternal"
    case completeUpload = "files.completeUploadExternal"

    /// Calls a minute; nil without a limit. For posts Slack says "several hundred" in a workspace, beside one a second in
    /// a channel, which the core keeps.
    var perMinute: Int? {
        switch self {
        case .post: 300
        case .openConnection, .startStream, .stopStream, .removeReaction, .memberships: 20
        case .update, .delete, .addReaction, .history, .replies, .openDirect, .setStatus, .setTitle, .setPrompts: 50
        case .appendStream, .userInfo, .fileInfo, .uploadURL, .completeUpload: 100
        case .authTest: nil
        }
    }

    /// Twice does no more than once.
    var isRepeatable: Bool {
        switch self {
        case .post, .startStream, .appendStream, .completeUpload: false
        default: true
        }
    }

    /// Takes `application/x-www-form-urlencoded` only.
    var isForm: Bool {
        switch self {
        case .uploadURL, .history, .replies, .memberships, .userInfo, .fileInfo, .openConnection, .authTest: true
        default: false
        }
    }
}
