internal import JSON

extension TelegramState {
    private static let ports = [80, 88, 443, 8_443]

    mutating func setWebhook(_ call: TelegramParameters, _ now: Double) throws(TelegramRefusal) -> JSON {
        let url = call.text("url") ?? ""
        if url.isEmpty { return self.deleteWebhook(call) }
        try Self.checkWebhook(url)
        let secret = call.text("secret_token") ?? ""
        guard secret.utf8.count <= 256 else { throw .bad("secret token is too long") }
        guard secret.utf8.allSatisfy({ Self.isSecretByte($0) }) else {
            throw .bad("secret token contains unallowed characters")
        }
        try self.setAllowed(call)
        if call.flag("drop_pending_updates") { self.updates.dropAll() }
        self.poll.lastBreak = self.poll.number
        self.webhook.url = url
        self.webhook.secret = secret.isEmpty ? nil : secret
        self.webhook.maxConnections = min(100, max(1, call.integer("max_connections") ?? 40))
        self.webhook.lastError = nil
        self.webhook.number += 1
        return true
    }

    mutating func deleteWebhook(_ call: TelegramParameters) -> JSON {
        if call.flag("drop_pending_updates") { self.updates.dropAll() }
        let number = self.webhook.number + 1
        self.webhook = TelegramWebhook()
        self.webhook.number = number
        return true
    }

    var webhookInfo: JSON {
        var info: JSONObject = [
            "url": .string(self.webhook.url), "has_custom_certificate": false,
            "pending_update_count": JSON(self.updates.count),
        ]
        if let error = self.webhook.lastError {
            info["last_error_date"] = JSON(error.date)
            info["last_error_message"] = .string(error.text)
        }
        if self.webhook.isSet { info["max_connections"] = JSON(self.webhook.maxConnections) }
        if let allowed = self.updates.allowed, !allowed.isEmpty {
            info["allowed_updates"] = .array(allowed.sorted().map { .string($0) })
        }
        return .object(info)
    }

    private static func isSecretByte(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 95 || byte == 45
    }

    /// Loopback addresses may use plain HTTP and any port; others must meet Telegram's rules.
    private static func checkWebhook(_ url: String) throws(TelegramRefusal) {
        let isLoopback = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"].contains { url.hasPrefix($0) }
        if isLoopback { return }
        guard url.hasPrefix("https://") else {
            throw .bad("bad webhook: An HTTPS URL must be provided for webhook")
        }
        let authority = url.dropFirst("https://".count).prefix { $0 != "/" }
        guard let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") else { return }
        guard let port = Int(authority[authority.index(after: colon)...]), Self.ports.contains(port) else {
            throw .bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
        }
    }
}
