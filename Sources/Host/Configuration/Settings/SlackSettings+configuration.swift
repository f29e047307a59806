internal import HTTP
internal import Primitives
internal import Slack

/// `adapters.slack`: an entry becomes the adapter's own settings.
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
            section.error("either 'app_token' (Socket Mode) or 'signing_secret' (events over HTTP) is needed")
        }
        guard let botToken, let intake = appToken.map(Intake.socket) ?? signingSecret.map(Intake.http) else {
            return nil
        }
        self.init(id: id, botToken: botToken, intake: intake, apiURL: apiURL)
        if let other = others.first(where: { $0.botToken == botToken }) {
            section.error("the bot token is that of '\(other.id)'; two connections would both answer")
        }
    }

    /// Slack's three secrets, which are easily put in each other's places.
    private enum Kind: String, CaseIterable {
        case bot = "bot_token"
        case app = "app_token"
        case signing = "signing_secret"

        var isPrefixed: Bool { self != .signing }
        var what: String {
            switch self {
            case .bot: "the bot token begins with xoxb-; you find it under OAuth & Permissions"
            case .app: "the app-level token begins with xapp-; you make it under Basic Information"
            case .signing: "the signing secret has no prefix; you find it under Basic Information"
            }
        }

        /// Which one a secret surely is. Others than Slack's own forms are left to the server.
        static func sure(_ text: String) -> Kind? {
            if text.hasPrefix("xapp-") { return .app }
            return text.hasPrefix("xoxb-") ? .bot : nil
        }
    }

    private static func token(_ value: Value, _ kind: Kind) -> Secret? {
        guard let secret = value.secret() else { return nil }
        let text = secret.reveal()
        if let other = Kind.sure(text), other != kind {
            return value.error("this is what belongs to '\(other.rawValue)'; \(kind.what)")
        }
        if text.hasPrefix("xoxp-"), kind == .bot {
            return value.error(
                "this is a person's token (xoxp-), under which the bot would be that person; \(kind.what)")
        }
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
            return value.error("a token has visible ASCII characters on one line only")
        }
        return secret
    }

    /// Methods' names are put right behind it.
    private static func withSlash(_ url: HTTPURL) -> HTTPURL {
        var url = url
        if !url.path.hasSuffix("/") { url.path += "/" }
        return url
    }
}
