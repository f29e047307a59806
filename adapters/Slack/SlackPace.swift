/// All rates that Slack's limits dictate: in a room, for growing messages, and for each method per minute.
enum SlackPace {
    // MARK: In a room

    /// For one growing message alone; several at once wait longer, see ``growthInterval(isStream:)``.
    static let editInterval: Duration = .milliseconds(1_200)
    /// Slack counts the edits in a minute, not the time between two of them, so the last edit need not wait.
    static let finalInterval: Duration = .milliseconds(200)
    /// Lets the first words gather: an answer that is complete by then costs one call instead of three.
    static let previewDelay: Duration = .milliseconds(100)
    /// Slack allows one post a second in a channel, and short bursts.
    static let postInterval: Duration = .seconds(1)
    static let postBurst = 3

    // MARK: Growing messages

    // Change: how often a growing answer is edited
    /// Milliseconds between two updates of any growing messages: 100 additions to streams a minute, or 50 edits, ten of
    /// which are kept for last edits.
    static func growthInterval(isStream: Bool) -> Int64 { isStream ? 700 : 1_500 }

    /// Milliseconds too short to be worth a wait, so that a message alone grows at ``editInterval``.
    static let growthTolerance: Int64 = 300

    // MARK: After a refusal

    /// The longest pause, in milliseconds, that Slack gets before it is asked again for a connection or for missed messages.
    /// Nothing is read until then, and only a restart would end it sooner.
    static let longestReadPause: Int64 = 300_000

    // MARK: In a minute

    /// A minute and a second, in milliseconds: clocks differ, and calls take time to arrive.
    static let window: Int64 = 61_000

    /// Nil without a limit. The tiers are per method, workspace and app; for posts Slack says "several hundred".
    /// https://docs.slack.dev/apis/web-api/rate-limits
    static func callsPerMinute(of method: SlackMethod) -> Int? {
        switch method {
        case .post: 300
        case .openConnection, .startStream, .stopStream, .removeReaction, .memberships, .groups: 20
        case .update, .delete, .addReaction, .history, .replies, .openDirect, .roomInfo, .setStatus, .setTitle,
            .setPrompts:
            50
        case .appendStream, .userInfo, .fileInfo, .uploadURL, .completeUpload, .openView: 100
        case .authTest: nil
        }
    }

    /// The part of a method's `limit` that calls for `use` must leave unused: one last edit for each open preview, and
    /// some spare.
    static func reserve(
        of limit: Int, _ method: SlackMethod, for use: SlackBudget.Use, openPreviews: Int
    ) -> Int {
        switch (method, use) {
        case (_, .final): 0
        case (.update, .preview): min(limit, max(10, openPreviews + 2))
        case (_, .preview): limit / 10
        case (_, .decoration): limit / 5
        }
    }
}
