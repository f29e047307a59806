internal import Crypto

/// The files sent by people and the bot.
struct TelegramFiles: Sendable {
    struct File: Sendable {
        var id: String
        var uniqueID: String
        var path: String
        var size: Int
        var bytes: [UInt8]
    }

    private(set) var byID: [String: File] = [:]
    private var order: [String] = []
    private var stored = 0
    /// In bytes; the oldest files are dropped.
    private static let limit = 256 << 20

    subscript(id: String) -> File? { self.byID[id] }

    func file(path: String) -> File? { self.byID.values.first { $0.path == path } }

    /// - Parameter size: the announced size, for large files that should not occupy memory.
    mutating func add(_ bytes: [UInt8], folder: String, ending: String, number: Int, size: Int? = nil) -> File {
        let mark = Crypto.base64URL(Crypto.sha256(bytes + Array("\(number)".utf8)))
        let file = File(
            id: "BQACAgIAAxkBAAI" + mark.prefix(40), uniqueID: "AgAD" + mark.prefix(11),
            path: "\(folder)/file_\(number)\(ending)", size: size ?? bytes.count, bytes: bytes)
        self.byID[file.id] = file
        self.order.append(file.id)
        self.stored += bytes.count
        while self.stored > Self.limit, self.order.count > 1 {
            self.stored -= self.byID.removeValue(forKey: self.order.removeFirst())?.bytes.count ?? 0
        }
        return file
    }
}
