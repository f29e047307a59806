package import Chat
package import HTTP
package import Primitives

/// What one Slack connection is told by the configuration.
package struct SlackSettings: Sendable {
    /// How events come in.
    package enum Intake: Sendable {
        /// Socket Mode, with the app-level token (`xapp-`).
        case socket(appToken: Secret)
        /// The Events API over HTTP, with the signing secret.
        case http(signingSecret: Secret)
    }

    /// The configured id: `team` of `slack:team`.
    package var id: String
    /// The bot token (`xoxb-`).
    package var botToken: Secret
    /// How events come in.
    package var intake: Intake
    /// The Web API's base URL, with a slash at its end.
    package var apiURL: HTTPURL
    /// What the slash command's help lists.
    package var commands: [ChatCommand]
    /// How many times faster than Slack's own limits the server lets us call.
    package var paceFactor = 1.0

    /// Makes settings.
    package init(id: String, botToken: Secret, intake: Intake, apiURL: HTTPURL, commands: [ChatCommand] = []) {
        self.id = id
        self.botToken = botToken
        self.intake = intake
        self.apiURL = apiURL
        self.commands = commands
    }
}
