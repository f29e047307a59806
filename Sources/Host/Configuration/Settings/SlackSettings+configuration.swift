internal import HTTP
internal import Primitives
internal import Slack

/// Reads an entry of `adapters.slack`.
extension SlackSettings {
    private static let standardURL = "https://slack.com/api/".url

    init?(_ section: Section, id: String, others: [SlackSettings]) {
        let botToken = section.required("bot_token") { Self.token($0, .bot) }
        let appToken = section.optional("app_token") { Self.token($0, .app) }
        let signingSecret = section.optional("signing_secret") { Self.token($0, .signing) }
        let apiURL = section.read("api_url", default: Self.standardURL) {
            Configuration.Transport.standard.url($0, canBeAllowed: false).map(Self.withSlash)
        }
        if section.has("app_token") == section.has("signing_secret") {
            section.error("set either 'app_token' (Socket Mode) or 'signing_secret' (events over HTTP)")
        }
        guard let botToken, let intake = appToken.map(Intake.socket) ?? signingSecret.map(Intake.http) else {
            return nil
        }
        self.init(id: id, botToken: botToken, intake: intake, apiURL: apiURL)
        if let other = others.first(where: { $0.botToken == botToken }) {
            section.error("'\(other.id)' already uses this bot token; both connections would answer")
        }
    }

    /// Slack's three secrets, which are easily mixed up.
    private enum Kind: String {
        case bot = "bot_token"
        case app = "app_token"
        case signing = "signing_secret"

        var hint: String {
            switch self {
            case .bot: "the bot token begins with xoxb-; you find it under OAuth & Permissions"
            case .app: "the app-level token begins with xapp-; you create it under Basic Information"
            case .signing: "the signing secret has no prefix; you find it under Basic Information"
            }
        }

        /// The kind that a secret's prefix proves; nil for any other form, which Slack checks.
        static func sure(_ text: String) -> Kind? {
            if text.hasPrefix("xapp-") { return .app }
            return text.hasPrefix("xoxb-") ? .bot : nil
        }
    }

    private static func token(_ value: Value, _ kind: Kind) -> Secret? {
        guard let secret = value.secret() else { return nil }
        let text = secret.reveal()
        if let other = Kind.sure(text), other != kind {
            return value.error("this secret belongs to '\(other.rawValue)'; \(kind.hint)")
        }
        if text.hasPrefix("xoxp-"), kind == .bot {
            return value.error(
                "this is a user token (xoxp-), with which the bot would act as that user; \(kind.hint)")
        }
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
            return value.error("a token is one line of ASCII characters")
        }
        return secret
    }

    /// Adds a trailing slash, because method names are appended.
    private static func withSlash(_ url: HTTPURL) -> HTTPURL {
        var url = url
        if !url.path.hasSuffix("/") { url.path += "/" }
        return url
    }
}
