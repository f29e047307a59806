/// Why a marked-up text cannot be parsed, in the server's words.
struct TelegramMarkupError: Error {
    let message: String
}
