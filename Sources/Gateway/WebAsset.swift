/// A file of the web page, embedded at build time by `Plugins/EmbedWeb`.
struct WebAsset: Sendable {
    let name: String
    /// The media type.
    let type: String
    /// The first 16 hexadecimal digits of the content's SHA-256.
    let hash: String
    let bytes: [UInt8]

    init(name: String, type: String, hash: String, text: String) {
        self.name = name
        self.type = type
        self.hash = hash
        self.bytes = Array(text.utf8)
    }

    /// `/assets/HASH/chat.js`; it changes with the content.
    var path: String { "/assets/\(self.hash)/\(self.name)" }

    /// The files served below `/assets`.
    static var all: [WebAsset] { [.script, .highlighter, .style, .viewerStyle, .icon] }
}
