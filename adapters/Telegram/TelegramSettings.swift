package import Chat
package import HTTP
package import Primitives

/// The configuration of one Telegram bot.
package struct TelegramSettings: Sendable {
    /// How updates arrive.
    package enum Intake: Sendable, Equatable {
        /// Long polling with `getUpdates`.
        case polling
        /// A webhook at `url`; each request carries `secret` in a header.
        case webhook(url: HTTPURL, secret: Secret)
    }

    /// The configured id: `bot` in `telegram:bot`.
    package var id: String
    package var token: Secret
    /// The Bot API's base URL, without the token.
    package var apiURL: HTTPURL
    package var intake: Intake
    /// The commands for the menu registered on the platform.
    package var commands: [MenuCommand]
    /// How long Telegram holds a poll while there are no updates; at most 50 seconds.
    package var pollTimeout: Duration = .seconds(50)
    /// How much later than ``pollTimeout`` an answer may arrive before the connection counts as dead.
    package var pollGrace: Duration = .seconds(15)
    /// Whether voice messages and round videos are delivered; if not, they are declined with a line.
    package var hearsVoices = false
    /// Multiplies Telegram's rate limits, for servers that allow more.
    package var paceFactor = 1.0

    package init(
        id: String, token: Secret, apiURL: HTTPURL, intake: Intake = .polling, commands: [MenuCommand] = []
    ) {
        self.id = id
        self.token = token
        self.apiURL = apiURL
        self.intake = intake
        self.commands = commands
    }
}
