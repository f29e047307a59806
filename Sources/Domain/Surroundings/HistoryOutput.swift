/// A command's output as later prompts have it: of a long one the beginning and the end. Pure.
package enum HistoryOutput {
    /// In bytes.
    package static let limit = 8 << 10

    package static func shortened(_ text: String) -> String {
        guard text.utf8.count > Self.limit else { return text }
        let head = text.utf8.prefix(Self.limit / 4)
        let tail = text.utf8.suffix(Self.limit * 3 / 4).drop { $0 & 0xC0 == 0x80 }
        return String(decoding: head, as: UTF8.self) + "\n…\n" + String(decoding: tail, as: UTF8.self)
    }
}
