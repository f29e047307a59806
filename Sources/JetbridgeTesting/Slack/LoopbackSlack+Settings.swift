extension LoopbackSlack {
    /// The workspace, the app in it, and how strict time is. Times are in seconds.
    package struct Settings: Sendable {
        package var teamID = "T0LOOPBACK"
        package var appID = "A0LOOPBACK"
        /// The name of the bot's user.
        package var botName = "jetbridge"
        package var botToken = "xoxb-loopback-bot"
        package var appToken = "xapp-1-A0LOOPBACK-loopback"
        package var signingSecret = "loopback-signing-secret"
        /// What the bot token may.
        package var scopes: Set<String> = [
            "app_mentions:read", "assistant:write", "channels:history", "channels:join", "channels:read", "chat:write",
            "commands", "files:read", "files:write", "groups:history", "groups:read", "im:history", "im:read",
            "im:write", "mpim:history", "mpim:read", "reactions:read", "reactions:write", "users:read",
        ]
        /// What the app is subscribed to.
        package var events: Set<String> = [
            "agent_session_stopped", "app_home_opened", "app_mention", "app_uninstalled", "assistant_thread_started",
            "channel_id_changed", "file_shared", "member_joined_channel", "member_left_channel", "message.channels",
            "message.groups", "message.im", "message.mpim", "reaction_added", "reaction_removed", "tokens_revoked",
        ]
        /// The slash commands of its manifest.
        package var commands: Set<String> = ["/bot"]
        /// How strict the rate limits are.
        package var rateLimits = RateLimits.real
        /// How long an event may wait for its acknowledgement.
        package var acknowledgeSeconds = 3.0
        /// How long after a failure the event comes again.
        package var retrySeconds = [0.0, 60, 300]
        /// How long the address of a WebSocket may be used, once.
        package var ticketSeconds = 30.0
        package var triggerSeconds = 3.0
        package var responseURLSeconds = 1_800.0
        package var responseURLUses = 5
        /// How long a stream lives.
        package var streamSeconds = 300.0
        /// How long a status stands without a message.
        package var statusSeconds = 120.0
        /// Between the answer about an upload and its message.
        package var shareSeconds = 0.2
        package var pingSeconds = 10.0
        /// What `hello` says.
        package var connectionSeconds = 18_060
        package var connectionLimit = 10
        /// Whether there are streams in this workspace.
        package var hasStreams = true
        /// Whether `agents.sessions.*` is rolled out here.
        package var hasAgentSessions = false
        /// Whether a reply is told as a `message_changed` of its root, too, as Slack does.
        package var tellsThreadUpdates = true
        /// The most messages that are kept of a channel; older ones are forgotten.
        package var keptMessages = 20_000
        /// The most bytes that are kept of files; older ones are forgotten.
        package var keptFileBytes = 256 << 20

        package init() {}
    }

    /// How strict the rate limits are.
    package enum RateLimits: Sendable, Hashable {
        case off
        /// The platform's figures.
        case real
        /// So many times the platform's figures.
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
