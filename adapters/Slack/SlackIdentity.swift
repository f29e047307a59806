internal import JSON

/// Who the bot is in its workspace, as `auth.test` tells.
package struct SlackIdentity: Sendable, Equatable {
    /// The workspace: `T1`.
    package var team: String
    /// The workspace's name, for people.
    package var teamName: String
    /// The bot's user: `U_BOT`, what mentions name.
    package var user: String
    /// The bot's user name, for people.
    package var name: String
    /// The bot itself: `B1`, what its messages carry.
    package var bot: String

    package init(team: String, teamName: String = "", user: String, name: String = "jetbridge", bot: String) {
        self.team = team
        self.teamName = teamName
        self.user = user
        self.name = name
        self.bot = bot
    }

    /// Reads the answer of `auth.test`; nil when it names no bot.
    init?(_ answer: JSON) {
        guard let team = answer["team_id"]?.stringValue, let user = answer["user_id"]?.stringValue else { return nil }
        self.init(
            team: team, teamName: answer["team"]?.stringValue ?? team, user: user,
            name: answer["user"]?.stringValue ?? "jetbridge", bot: answer["bot_id"]?.stringValue ?? "")
    }

    /// Whether a message or an item of `json` is the bot's own.
    func isOwn(_ json: JSON) -> Bool {
        (!self.bot.isEmpty && json["bot_id"]?.stringValue == self.bot) || json["user"]?.stringValue == self.user
    }
}
