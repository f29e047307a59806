/// What a server demands with a status of 401 or 403 (RFC 6750 §3, RFC 9728 §5.1).
struct BearerChallenge: Sendable, Equatable {
    /// The address of the resource's metadata.
    var metadata: String?
    var scope: String?
    /// `invalid_token`, `insufficient_scope`.
    var error: String?

    /// - Parameter fields: Those of `WWW-Authenticate`, which may have challenges of other schemes too.
    /// - Returns: Nil without a challenge of the scheme Bearer.
    init?(_ fields: [String]) {
        guard let found = fields.lazy.compactMap({ Self.parameters($0) }).first else { return nil }
        self.metadata = found["resource_metadata"]
        self.scope = found["scope"]
        self.error = found["error"]
    }

    /// Those of the first challenge of the scheme Bearer, by name in lower case.
    private static func parameters(_ field: String) -> [String: String]? {
        var reader = Reader(bytes: Array(field.utf8.prefix(16_384)))
        var isBearer = false
        var found: [String: String]?
        while let word = reader.word() {
            guard let value = reader.value() else {
                // A word without a value is a scheme, or its credentials in base64.
                if found != nil { return found }
                isBearer = word.lowercased() == "bearer"
                if isBearer { found = [:] }
                continue
            }
            if isBearer, found?[word.lowercased()] == nil { found?[word.lowercased()] = value }
        }
        return found
    }

    private struct Reader {
        let bytes: [UInt8]
        var index = 0

        private static let separators = Set(" \t,".utf8)

        private mutating func skip() {
            while self.index < self.bytes.count, Self.separators.contains(self.bytes[self.index]) { self.index += 1 }
        }

        /// Up to a separator or `=`; nil at the end.
        mutating func word() -> String? {
            self.skip()
            guard self.index < self.bytes.count else { return nil }
            let start = self.index
            while self.index < self.bytes.count, !Self.separators.contains(self.bytes[self.index]),
                self.bytes[self.index] != UInt8(ascii: "=")
            { self.index += 1 }
            // Never stays in its place, whatever comes.
            if self.index == start { self.index += 1 }
            return String(decoding: self.bytes[start..<self.index], as: UTF8.self)
        }

        private mutating func skipBlanks() {
            while self.index < self.bytes.count, [0x20, 0x09].contains(self.bytes[self.index]) { self.index += 1 }
        }

        /// After `=`, which may have blanks around it: a word, or a text in quotes with backslashes.
        mutating func value() -> String? {
            self.skipBlanks()
            guard self.index < self.bytes.count, self.bytes[self.index] == UInt8(ascii: "=") else { return nil }
            self.index += 1
            self.skipBlanks()
            guard self.index < self.bytes.count, self.bytes[self.index] == UInt8(ascii: "\"") else {
                let start = self.index
                while self.index < self.bytes.count, !Self.separators.contains(self.bytes[self.index]) {
                    self.index += 1
                }
                return String(decoding: self.bytes[start..<self.index], as: UTF8.self)
            }
            self.index += 1
            var text: [UInt8] = []
            while self.index < self.bytes.count, self.bytes[self.index] != UInt8(ascii: "\"") {
                if self.bytes[self.index] == UInt8(ascii: "\\"), self.index + 1 < self.bytes.count { self.index += 1 }
                text.append(self.bytes[self.index])
                self.index += 1
            }
            self.index += 1
            return String(decoding: text, as: UTF8.self)
        }
    }
}
