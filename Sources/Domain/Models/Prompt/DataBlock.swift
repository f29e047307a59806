internal import Crypto
internal import Primitives

/// Marks text from elsewhere as data: the one place that writes such marks. No boundary against a model that obeys the
/// text, but a clear one for a model that does not.
package enum DataBlock {
    /// Makes the tags, so that nobody can compute a text's tag and close its block within it. The host sets it at its
    /// start; until then, and in programs without a host, it is a new one.
    private static let key = Protected(randomBytes(32))

    /// With the same key, the same text has the same tag, and endpoints can reuse the prompts that they have read.
    package static func use(key: [UInt8]) { self.key.withLock { $0 = key } }

    /// The text between two lines that it cannot contain.
    package static func of(_ text: String, from source: String) -> String {
        Self.of(text, digest: hex(sha256(text)), from: source)
    }

    /// - Parameter digest: the text's, SHA-256, hexadecimal.
    package static func of(_ text: String, digest: String, from source: String) -> String {
        let code = hmacSHA256(Array(digest.utf8), key: self.key.withLock { $0 })
        let tag = "data-" + hex(Array(code.prefix(12)))
        let ending = text.isEmpty || text.utf8.last == UInt8(ascii: "\n") ? "" : "\n"
        return "<\(tag) from=\"\(Self.attribute(source))\">\n\(Self.opened(text))\(ending)</\(tag)>"
    }

    /// Closing marks in the text get a backslash: a model may take one for the real end although its code differs.
    private static func opened(_ text: String) -> String {
        let bytes = Array(text.utf8)
        guard bytes.count > Self.closing.count else { return text }
        var result: [UInt8] = []
        var kept = 0
        for index in 0...(bytes.count - Self.closing.count) where bytes[index] == UInt8(ascii: "<") {
            let candidate = bytes[index..<(index + Self.closing.count)]
            guard candidate.elementsEqual(Self.closing, by: { $0 == $1 || ($0 | 0x20) == $1 }) else { continue }
            result += bytes[kept...index] + [UInt8(ascii: "\\")]
            kept = index + 1
        }
        guard kept > 0 else { return text }
        return String(decoding: result + bytes[kept...], as: UTF8.self)
    }

    /// In lower case.
    private static let closing = Array("</data-".utf8)

    /// Names of files are anybody's words too.
    private static func attribute(_ source: String) -> String {
        VisibleText.line(source).replacing("&", with: "&amp;").replacing("\"", with: "&quot;")
            .replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}
