/// Why a marked-up text can't be read, in the server's words.
struct TelegramMarkupError: Error {
    let message: String
}
