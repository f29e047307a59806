package import Chat
package import HTTP
package import Primitives

/// What one Telegram bot is told by the configuration.
package struct TelegramSettings: Sendable {
    /// How updates come in.
    package enum Intake: Sendable {
        /// `getUpdates`, asked again and again.
        case polling
        /// A webhook at `url`; each call carries `secret` in a header.
        case webhook(url: HTTPURL, secret: Secret)
    }

    /// The configured id: `bot` of `telegram:bot`.
    package var id: String
    /// The bot's token.
    package var token: Secret
    /// The Bot API's base URL, without the token.
    package var apiURL: HTTPURL
    /// How updates come in.
    package var intake: Intake
    /// What the menu registered on the platform offers.
    package var commands: [ChatCommand]
    /// How long Telegram holds a question for updates when there are none; it takes up to 50 seconds.
    package var pollTimeout: Duration = .seconds(50)
    /// How much longer than that an answer may take before the connection counts as dead.
    package var pollGrace: Duration = .seconds(15)
    /// How many times faster than Telegram's own limits the server lets us send.
    package var paceFactor = 1.0

    /// Makes settings.
    package init(
        id: String, token: Secret, apiURL: HTTPURL, intake: Intake = .polling, commands: [ChatCommand] = []
    ) {
        self.id = id
        self.token = token
        self.apiURL = apiURL
        self.intake = intake
        self.commands = commands
    }
}
