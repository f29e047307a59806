/// Where updates are sent to, and how that went.
struct TelegramWebhook: Sendable {
    var url = ""
    var secret: String?
    var maxConnections = 40
    var lastError: (text: String, date: Int)?
    /// Counts the settings of it; a sender of an older one ends.
    var number = 0

    var isSet: Bool { !self.url.isEmpty }
}
