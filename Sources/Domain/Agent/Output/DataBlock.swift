internal import Crypto
internal import Primitives

/// Marks a tool's output as data. No boundary against a model that obeys it, but a clear one for a model that does not.
package enum DataBlock {
    /// The text between two lines that it cannot contain: their tag is made from the text itself.
    package static func of(_ text: String, from source: String) -> String {
        Self.of(text, digest: hex(sha256(text)), from: source)
    }

    /// - Parameter digest: the text's, SHA-256, hexadecimal.
    static func of(_ text: String, digest: String, from source: String) -> String {
        let tag = "data-" + digest.prefix(8)
        let ending = text.isEmpty || text.utf8.last == UInt8(ascii: "\n") ? "" : "\n"
        return "<\(tag) from=\"\(VisibleText.line(source).replacing("\"", with: "'"))\">\n\(text)\(ending)</\(tag)>"
    }
}
