/// A file of a multipart request.
struct TelegramUpload: Sendable, Hashable {
    var fileName: String
    var type: String
    var bytes: [UInt8]
}
