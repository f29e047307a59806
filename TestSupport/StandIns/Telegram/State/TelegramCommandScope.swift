/// The users that a command list applies to.
struct TelegramCommandScope: Sendable, Hashable {
    var type = "default"
    var chat: Int64?
    var user: Int64?
    var language = ""
}
