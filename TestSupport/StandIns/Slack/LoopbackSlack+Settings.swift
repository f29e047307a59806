extension LoopbackSlack {
    /// The workspace, its app, and the time limits in seconds.
    package struct Settings: Sendable {
        package var teamID = "T0LOOPBACK"
        package var appID = "A0LOOPBACK"
        package var botName = "jetbridge"
        package var botToken = "xoxb-loopback-bot"
        package var appToken = "xapp-1-A0LOOPBACK-loopback"
        package var signingSecret = "loopback-signing-secret"
        /// The bot token's scopes.
        package var scopes: Set<String> = [
            "app_mentions:read", "assistant:write", "channels:history", "channels:join", "channels:read", "chat:write",
            "commands", "files:read", "files:write", "groups:history", "groups:read", "im:history", "im:read",
            "im:write", "mpim:history", "mpim:read", "reactions:read", "reactions:write",
            "usergroups:read", "users:read",
        ]
        /// The app's event subscriptions.
        package var events: Set<String> = [
            "agent_session_stopped", "app_home_opened", "app_mention", "app_uninstalled", "assistant_thread_started",
            "channel_id_changed", "file_shared", "member_joined_channel", "member_left_channel", "message.channels",
            "message.groups", "message.im", "message.mpim", "reaction_added", "reaction_removed", "tokens_revoked",
        ]
        /// The slash commands of the app's manifest.
        package var commands: Set<String> = ["/bot"]
        package var rateLimits = RateLimits.real
        /// How long an event may wait for its acknowledgement.
        package var acknowledgeSeconds = 3.0
        /// How long after each failure the event is sent again.
        package var retrySeconds = [0.0, 60, 300]
        /// How long the address of a WebSocket is valid, for one use.
        package var ticketSeconds = 30.0
        package var triggerSeconds = 3.0
        package var responseURLSeconds = 1_800.0
        package var responseURLUses = 5
        /// How long a stream lives.
        package var streamSeconds = 300.0
        /// How long a status is shown if no message follows.
        package var statusSeconds = 120.0
        /// The delay between the answer to an upload and its message.
        package var shareSeconds = 0.2
        package var pingSeconds = 10.0
        /// The lifetime of a connection, announced in `hello`.
        package var connectionSeconds = 18_060
        package var connectionLimit = 10
        /// Whether the workspace supports streams.
        package var hasStreams = true
        /// Whether a reply also sends a `message_changed` of its root, as Slack does.
        package var tellsThreadUpdates = true
        /// The number of messages kept per channel; older ones are dropped.
        package var keptMessages = 20_000
        /// The number of bytes kept of files; older files are dropped.
        package var keptFileBytes = 256 << 20

        package init() {}
    }

    package enum RateLimits: Sendable, Hashable {
        case off
        /// The platform's limits.
        case real
        /// The platform's limits times this factor.
        case scaled(Double)

        var factor: Double {
            switch self {
            case .off: 0
            case .real: 1
            case .scaled(let factor): factor
            }
        }
    }
}
