/// A file of the web page, embedded at build time by `Plugins/EmbedWeb`.
struct WebAsset: Sendable {
    let name: String
    /// The media type.
    let type: String
    /// The first 16 hexadecimal digits of the content's SHA-256: a changed file has another address.
    let hash: String
    let bytes: [UInt8]

    init(name: String, type: String, hash: String, text: String) {
        self.name = name
        self.type = type
        self.hash = hash
        self.bytes = Array(text.utf8)
    }

    /// The address that a changed file does not share: `/assets/HASH/chat.js`.
    var path: String { "/assets/\(self.hash)/\(self.name)" }

    /// What is served below `/assets`.
    static var all: [WebAsset] { [.script, .style, .viewerStyle, .icon] }
}
