package import JSON
package import Primitives

/// Redacts secrets in every text that could leak them: log records, error texts and chat messages.
package enum Redaction {
    private static let shared = Protected(Redactor())

    /// From now on this value is redacted wherever it appears, including in percent-encoded, base64 or JSON-escaped
    /// form.
    ///
    /// A value shorter than four bytes is ignored, because it would match ordinary words.
    package static func register(_ secret: Secret) {
        self.shared.withLock { $0.register(secret) }
    }

    /// Stops redacting a value that is no longer secret, such as a replaced token.
    package static func unregister(_ secret: Secret) {
        self.shared.withLock { $0.unregister(secret) }
    }

    /// Replaces everything that is or looks like a secret with `<redacted>`.
    package static func redact(_ text: String) -> String {
        self.current.redact(text)
    }

    /// Redacts the beginning of a text, at most `limit` bytes of it, and leaves out the rest.
    package static func redact(_ text: String, upTo limit: Int) -> String {
        self.current.redact(text, upTo: limit)
    }

    /// Redacts all strings of a value, including keys; a value under a key such as `password` is redacted entirely.
    package static func redact(_ value: JSON) -> JSON {
        self.current.redact(value)
    }

    static var current: Redactor { self.shared.withLock { $0 } }
}

/// Finds registered secrets and those of a known form (``SecretPatterns``) in texts.
package struct Redactor: Sendable {
    /// The text that replaces a secret.
    package static let mark = "<redacted>"
    private static let keyLength = 4
    /// Bytes after a cut that are looked at, so that a token that begins before it is seen whole.
    private static let lookahead = 4 << 10

    /// The registered values by their first four bytes, longest first.
    private var values: [UInt32: [[UInt8]]] = [:]
    private var isStart = SecretPatterns.isStart
    /// The most bytes that a registered value has had.
    private var longest = 0

    package init() {}

    package mutating func register(_ secret: Secret) {
        for form in Self.forms(of: secret) {
            guard let key = Self.key(form.span, at: 0) else { continue }
            var values = self.values[key] ?? []
            if values.contains(form) { continue }
            values.append(form)
            values.sort { $0.count > $1.count }
            self.values[key] = values
            self.isStart[Int(form[0])] = true
            self.longest = max(self.longest, form.count)
        }
    }

    package mutating func unregister(_ secret: Secret) {
        for form in Self.forms(of: secret) {
            guard let key = Self.key(form.span, at: 0) else { continue }
            self.values[key]?.removeAll { $0 == form }
            if self.values[key]?.isEmpty == true { self.values[key] = nil }
        }
    }

    package func redact(_ text: String) -> String {
        guard let bytes = self.replacing(text.utf8Span.span, upTo: text.utf8.count) else { return text }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Redacts the beginning of a text, at most `limit` bytes of it, and leaves out the rest.
    ///
    /// It looks further than it shows: a secret that the cut would split is still seen whole, and replaced.
    package func redact(_ text: String, upTo limit: Int) -> String {
        guard text.utf8.count > limit else { return self.redact(text) }
        let cut = text.utf8.index(text.startIndex, offsetBy: limit)
        // Not within a character.
        let end = text.unicodeScalars.index(before: text.unicodeScalars.index(after: cut))
        let shown = text.utf8.distance(from: text.startIndex, to: end)
        let seen = String(decoding: text.utf8.prefix(shown + max(Self.lookahead, self.longest)), as: UTF8.self)
        guard let bytes = self.replacing(seen.utf8Span.span, upTo: shown) else { return String(text[..<end]) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Redacts all strings, including keys; a value under a key such as `password` is redacted entirely.
    package func redact(_ value: JSON) -> JSON { self.redact(value) { self.redact($0) } }

    package func redact(_ object: JSONObject) -> JSONObject { self.redact(object) { self.redact($0) } }

    /// - Parameter redactText: how a single string is redacted, and perhaps cut.
    private func redact(_ value: JSON, _ redactText: (String) -> String) -> JSON {
        switch value {
        case .string(let text): .string(redactText(text))
        case .array(let array): .array(array.map { self.redact($0, redactText) })
        case .object(let object): .object(self.redact(object, redactText))
        default: value
        }
    }

    /// - Parameter redactText: how a single string is redacted, and perhaps cut.
    func redact(_ object: JSONObject, _ redactText: (String) -> String) -> JSONObject {
        JSONObject(
            members: object.map { key, value in
                (
                    redactText(key),
                    SecretPatterns.isSecretName(key) ? Self.blank(value) : self.redact(value, redactText)
                )
            })
    }

    private static func blank(_ value: JSON) -> JSON {
        switch value {
        case .string: .string(self.mark)
        case .array(let array): .array(array.map(self.blank))
        case .object(let object): .object(JSONObject(members: object.map { ($0.key, self.blank($0.value)) }))
        default: value
        }
    }

    /// Nil if there is nothing to replace, which is the usual case and allocates nothing.
    ///
    /// - Parameter end: Only secrets that begin before it are replaced, and what follows is left out.
    private func replacing(_ bytes: Span<UInt8>, upTo end: Int) -> [UInt8]? {
        // One buffer with one owner: a second one would copy all of it at each secret.
        var text: [UInt8] = []
        var copied = 0
        var index = 0
        while index < end {
            guard self.isStart[Int(bytes[index])], let range = self.secret(in: bytes, at: index) else {
                index += 1
                continue
            }
            // A pattern that looks back must not reach into text that is already replaced.
            let start = max(range.lowerBound, copied)
            for position in copied..<start { text.append(bytes[position]) }
            text.append(contentsOf: Self.mark.utf8)
            copied = range.upperBound
            index = range.upperBound
        }
        guard copied > 0 else { return nil }
        for position in copied..<max(copied, end) { text.append(bytes[position]) }
        return text
    }

    private func secret(in bytes: Span<UInt8>, at index: Int) -> Range<Int>? {
        if let key = Self.key(bytes, at: index), let values = self.values[key] {
            for value in values where Self.matches(bytes, value.span, at: index) { return index..<index + value.count }
        }
        return SecretPatterns.match(in: bytes, at: index)
    }

    private static func matches(_ bytes: Span<UInt8>, _ value: Span<UInt8>, at index: Int) -> Bool {
        guard index + value.count <= bytes.count else { return false }
        for offset in value.indices where bytes[index + offset] != value[offset] { return false }
        return true
    }

    private static func key(_ bytes: Span<UInt8>, at index: Int) -> UInt32? {
        guard index + self.keyLength <= bytes.count else { return nil }
        return (0..<self.keyLength).reduce(0) { $0 << 8 | UInt32(bytes[index + $1]) }
    }

    /// The plain value and its encodings in URLs, in `Authorization: Basic` and in JSON strings.
    private static func forms(of secret: Secret) -> Set<[UInt8]> {
        let value = secret.reveal()
        let bytes = Array(value.utf8)
        guard bytes.count >= self.keyLength else { return [] }
        let escaped = JSON.string(value).bytes.dropFirst().dropLast()
        let base64 = self.base64(bytes)
        let base64URL = base64.map {
            $0 == UInt8(ascii: "+") ? UInt8(ascii: "-") : $0 == UInt8(ascii: "/") ? UInt8(ascii: "_") : $0
        }
        return [bytes, self.percentEncoded(bytes), Array(escaped), base64, base64URL]
    }

    private static func percentEncoded(_ bytes: [UInt8]) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        return bytes.flatMap { byte in
            SecretPatterns.isWord(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "~")
                ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }

    /// Omits the last group, which depends on the bytes that follow the secret.
    private static func base64(_ bytes: [UInt8]) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        return stride(from: 0, to: bytes.count - bytes.count % 3, by: 3).flatMap { index in
            let group = Int(bytes[index]) << 16 | Int(bytes[index + 1]) << 8 | Int(bytes[index + 2])
            return [18, 12, 6, 0].map { alphabet[group >> $0 & 63] }
        }
    }
}
