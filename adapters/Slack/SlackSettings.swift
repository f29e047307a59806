package import Chat
package import HTTP
package import Primitives

/// The configuration of one Slack connection.
package struct SlackSettings: Sendable {
    /// How events arrive.
    package enum Intake: Sendable, Equatable {
        /// Socket Mode, with the app-level token (`xapp-`).
        case socket(appToken: Secret)
        /// The Events API over HTTP, with the signing secret.
        case http(signingSecret: Secret)
    }

    /// The configured id: `team` in `slack:team`.
    package var id: String
    /// The bot token (`xoxb-`).
    package var botToken: Secret
    package var intake: Intake
    /// The Web API's base URL, with a trailing slash.
    package var apiURL: HTTPURL
    /// The commands that a mention may begin with.
    package var commands: [MenuCommand]
    /// Multiplies Slack's own limits, for a server that allows more.
    package var paceFactor = 1.0
    /// The most bytes of an answer of the Web API.
    var answerLimit = 16 << 20

    package init(id: String, botToken: Secret, intake: Intake, apiURL: HTTPURL, commands: [MenuCommand] = []) {
        self.id = id
        self.botToken = botToken
        self.intake = intake
        self.apiURL = apiURL
        self.commands = commands
    }
}
