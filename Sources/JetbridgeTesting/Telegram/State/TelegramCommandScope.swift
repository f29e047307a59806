/// Whom a list of commands is for.
struct TelegramCommandScope: Sendable, Hashable {
    var type = "default"
    var chat: Int64?
    var user: Int64?
    var language = ""
}
