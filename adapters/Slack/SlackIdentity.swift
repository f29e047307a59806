internal import JSON
internal import Kit

/// The bot's identity in its workspace, from `auth.test`.
package struct SlackIdentity: Sendable, Equatable {
    /// The workspace's id, like `T1`.
    package var team: String
    /// The workspace's name, for people.
    package var teamName: String
    /// The id of the bot's user, used in mentions.
    package var user: String
    /// The bot's user name, for people.
    package var name: String
    /// The bot's id, like `B1`, in its messages.
    package var bot: String

    package init(team: String, teamName: String = "", user: String, name: String = "jetbridge", bot: String) {
        self.team = team
        self.teamName = teamName
        self.user = user
        self.name = name
        self.bot = bot
    }

    /// Reads the answer of `auth.test`; nil without a workspace or user.
    init?(_ answer: JSON) {
        guard let team = answer["team_id"]?.stringValue, let user = answer["user_id"]?.stringValue else { return nil }
        // A message may name the bot thousands of times.
        func name(_ member: String, else other: String) -> String {
            (answer[member]?.stringValue ?? other).cut(to: 80)
        }
        self.init(
            team: team, teamName: name("team", else: team), user: user, name: name("user", else: "jetbridge"),
            bot: answer["bot_id"]?.stringValue ?? "")
    }

    /// Whether the message `json` is from the bot.
    func isOwn(_ json: JSON) -> Bool {
        (!self.bot.isEmpty && json["bot_id"]?.stringValue == self.bot) || json["user"]?.stringValue == self.user
    }
}
