internal import JSON
internal import Logging

/// Texts in their written form, redacted and as JSON; those that are likely to repeat are remembered.
struct AccessWords {
    private var known: [String: [UInt8]] = [:]

    private static let most = 512

    mutating func word(_ text: String) -> [UInt8] {
        if let known = self.known[text] { return known }
        if self.known.count >= Self.most { self.known.removeAll(keepingCapacity: true) }
        let word = Self.json(text)
        self.known[text] = word
        return word
    }

    static func json(_ text: String) -> [UInt8] { JSON.string(Redaction.redact(text)).bytes }
}
