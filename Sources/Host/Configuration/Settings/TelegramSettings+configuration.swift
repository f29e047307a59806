internal import HTTP
internal import Primitives
internal import Telegram

/// Reads an entry of `adapters.telegram`.
extension TelegramSettings {
    private static let standardURL = "https://api.telegram.org".url
    /// The ports that Telegram's servers deliver to: https://core.telegram.org/bots/api#setwebhook
    private static let webhookPorts = [443, 80, 88, 8443]

    init?(
        _ section: Section, id: String, transport: Configuration.Transport, gateway: Configuration.Gateway,
        others: [TelegramSettings]
    ) {
        let token = section.required("token", Self.token)
        let apiURL = section.read("api_url", default: Self.standardURL) { transport.url($0) }
        let intake = section.optional("webhook") { value in
            value.section { Self.webhook($0, id: id, apiURL: apiURL, gateway: gateway) }
        }
        guard let token else { return nil }
        self.init(id: id, token: token, apiURL: apiURL, intake: intake ?? .polling)
        if let other = others.first(where: { $0.token == token }) {
            section.error("'\(other.id)' already uses this token; the connections would take each other's messages")
        }
    }

    private static func token(_ value: Value) -> Secret? {
        guard let secret = value.secret() else { return nil }
        let text = secret.reveal()
        if text.hasPrefix("bot"), text.dropFirst(3).prefix(while: \.isNumber).count >= 5, text.contains(":") {
            return value.error(
                "the token has the prefix 'bot' of the API's URLs; it begins with the digits after that")
        }
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }), !text.contains("/") else {
            return value.error("this is not a token of @BotFather, which looks like 123456789:ABC-def_GHI")
        }
        return secret
    }

    /// Telegram calls the gateway at its public URL.
    private static func webhook(
        _ section: Section, id: String, apiURL: HTTPURL, gateway: Configuration.Gateway
    ) -> Intake? {
        let secret = section.required("secret", Self.webhookSecret)
        guard let base = gateway.publicURL else {
            section.error("a webhook needs gateway.public_url: the address at which Telegram reaches the gateway")
            return nil
        }
        if apiURL.host == Self.standardURL.host, !base.isSecure || !Self.webhookPorts.contains(base.effectivePort) {
            section.error(
                "Telegram delivers only over https:// to port 443, 80, 88 or 8443; gateway.public_url is \(base.origin)"
            )
            return nil
        }
        return secret.map { .webhook(url: base.appending("hooks", "telegram", id), secret: $0) }
    }

    /// The form of `setWebhook`'s `secret_token`.
    private static func webhookSecret(_ value: Value) -> Secret? {
        value.secret(
            where: { $0.utf8.count <= 256 && $0.isPlain(with: "_-") },
            else: "a webhook secret is at most 256 letters, digits, '_' or '-'")
    }
}
