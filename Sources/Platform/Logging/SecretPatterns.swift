/// The forms of unregistered secrets: tokens of the services that the program uses, credentials after a header or key
/// name, passwords in URLs, private keys.
enum SecretPatterns {
    /// A token with a fixed prefix at the start of a word.
    private struct Token {
        let prefix: [UInt8]
        /// With fewer letters after the prefix it is an ordinary word.
        let minimum: Int
        /// Characters allowed in the token besides letters, digits, `_` and `-`.
        let extra: [UInt8]

        init(_ prefix: String, minimum: Int = 4, extra: String = "") {
            self.prefix = Array(prefix.utf8)
            self.minimum = minimum
            self.extra = Array(extra.utf8)
        }
    }

    private static let tokens = [
        // GitHub; newer tokens of apps have the dots of a JWT
        Token("ghp_"), Token("gho_"), Token("ghu_", extra: "."), Token("ghs_", extra: "."), Token("ghr_"),
        Token("github_pat_"),
        // Copilot session token: `tid=…;exp=…;…:signature`
        Token("tid=", extra: "=;:.,/+%@"),
        // OpenAI and compatible
        Token("sk-", minimum: 6),
        // Slack
        Token("xoxb-"), Token("xoxp-"), Token("xoxa-"), Token("xoxr-"), Token("xoxs-"), Token("xoxc-"), Token("xoxd-"),
        Token("xoxo-"), Token("xoxe-"), Token("xoxe.", extra: "."), Token("xapp-"),
        // Amazon
        Token("AKIA", minimum: 12), Token("ASIA", minimum: 12),
        // Matrix (Synapse)
        Token("syt_"), Token("syr_"),
        // JSON Web Tokens
        Token("eyJ", minimum: 20, extra: "."),
        // Jetbridge
        Token("jb_", minimum: 16), Token("jbt_", minimum: 16),
    ]

    /// The bytes at which ``match(in:at:)`` can find something.
    static let isStart: [Bool] = {
        var isStart = [Bool](repeating: false, count: 256)
        for token in Self.tokens { isStart[Int(token.prefix[0])] = true }
        for byte in "-bB:=0123456789".utf8 { isStart[Int(byte)] = true }
        return isStart
    }()

    /// The range to replace if a secret, or the sign between its name and the secret, is at this index.
    static func match(in bytes: Span<UInt8>, at index: Int) -> Range<Int>? {
        switch bytes[index] {
        case UInt8(ascii: ":"), UInt8(ascii: "="):
            self.urlPassword(bytes, index) ?? self.namedValue(bytes, index)
        case UInt8(ascii: "-"): self.privateKey(bytes, index)
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self.telegramToken(bytes, index)
        case UInt8(ascii: "b"), UInt8(ascii: "B"): self.bearer(bytes, index) ?? self.telegramToken(bytes, index)
        default: self.token(bytes, index)
        }
    }

    static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// Whether a key's name marks its value as secret, such as `Authorization` or `GITHUB_TOKEN`.
    static func isSecretName(_ name: String) -> Bool {
        let name = name.lowercased()
        return [self.headerNames, self.strongNames, self.weakNames].contains { self.ends(name, with: $0) }
    }
}

extension SecretPatterns {
    // Names are matched by suffix, so that `dbPassword`, `OPENAI_API_KEY` and a name right after an escape match.

    /// Names whose value extends to the end of the line.
    private static let headerNames = ["authorization", "cookie"]
    private static let strongNames = [
        "password", "passwd", "passphrase", "apikey", "api_key", "api-key", "private_key", "_token", "-token",
        "_secret",
        "-secret",
    ]
    /// Names that also occur in sentences ("unexpected token: …"), so a bare colon is not enough.
    private static let weakNames = ["token", "secret"]
    private static let longestName = 40
    private static let backslash = UInt8(ascii: "\\")
    private static let bearerWord = Array("bearer ".utf8)
    private static let botWord = Array("bot".utf8)
    private static let keyBegin = Array("-----BEGIN ".utf8)
    private static let keyName = Array("PRIVATE KEY".utf8)
    private static let keyEnd = Array("-----END ".utf8)
    private static let mark = Array(Redactor.mark.utf8)

    private static func token(_ bytes: Span<UInt8>, _ index: Int) -> Range<Int>? {
        guard self.isWordStart(bytes, index) else { return nil }
        for token in self.tokens where self.hasPrefix(bytes, index, token.prefix) {
            let start = index + token.prefix.count
            let end = self.run(bytes, start) { self.isWord($0) || token.extra.contains($0) }
            if end - start >= token.minimum { return index..<end }
        }
        return nil
    }

    /// The credential after `Bearer`, whose case is ignored.
    private static func bearer(_ bytes: Span<UInt8>, _ index: Int) -> Range<Int>? {
        guard self.hasPrefix(bytes, index, self.bearerWord, ignoringCase: true) else { return nil }
        let start = self.run(bytes, index + 7) { $0 == UInt8(ascii: " ") }
        let end = self.run(bytes, start) { self.isWord($0) || "._~+/=:;".utf8.contains($0) }
        return end - start >= 8 ? start..<end : nil
    }

    /// `123456789:AA…`, or with `bot` in front as in the API's paths.
    private static func telegramToken(_ bytes: Span<UInt8>, _ index: Int) -> Range<Int>? {
        var start = index
        if self.hasPrefix(bytes, index, self.botWord, ignoringCase: true) {
            start += 3
        } else if !self.isWordStart(bytes, index) {
            return nil
        }
        let colon = self.run(bytes, start) { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard (5...16).contains(colon - start), colon < bytes.count, bytes[colon] == UInt8(ascii: ":") else {
            return nil
        }
        let end = self.run(bytes, colon + 1, self.isWord)
        return end - colon > 30 ? start..<end : nil
    }

    private static func privateKey(_ bytes: Span<UInt8>, _ index: Int) -> Range<Int>? {
        guard self.hasPrefix(bytes, index, self.keyBegin) else { return nil }
        let nameEnd = self.run(bytes, index + 11) {
            $0 == UInt8(ascii: " ") || self.isWord($0) && $0 != UInt8(ascii: "-")
        }
        let ending = self.keyName
        guard nameEnd - ending.count >= index + 11, self.hasPrefix(bytes, nameEnd - ending.count, ending) else {
            return nil
        }
        // Without an end marker, the rest of the text may be the key.
        let end = self.keyEnd
        var place = nameEnd
        while place < bytes.count, !self.hasPrefix(bytes, place, end) { place += 1 }
        guard place < bytes.count else { return index..<bytes.count }
        place = self.run(bytes, place + end.count) { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "\n") }
        return index..<self.run(bytes, place) { $0 == UInt8(ascii: "-") }
    }

    /// The password of `scheme://user:password@host`; `colon` is the one after the user.
    private static func urlPassword(_ bytes: Span<UInt8>, _ colon: Int) -> Range<Int>? {
        guard bytes[colon] == UInt8(ascii: ":"), colon + 1 < bytes.count, bytes[colon + 1] != UInt8(ascii: "/") else {
            return nil
        }
        var user = colon
        while user > 0, colon - user < 256, self.isUserInfo(bytes[user - 1]) { user -= 1 }
        guard user >= 3, bytes[user - 1] == UInt8(ascii: "/"), bytes[user - 2] == UInt8(ascii: "/"),
            bytes[user - 3] == UInt8(ascii: ":")
        else { return nil }
        let end = self.run(bytes, colon + 1) { self.isUserInfo($0) || $0 == UInt8(ascii: ":") }
        guard end < bytes.count, bytes[end] == UInt8(ascii: "@"), end > colon + 1 else { return nil }
        return colon + 1..<end
    }

    private static func isUserInfo(_ byte: UInt8) -> Bool {
        self.isWord(byte) || ".~%!$&'()*+,;=".utf8.contains(byte)
    }

    /// The value after `name=`, `name:` or `"name":` if the name marks it as secret.
    private static func namedValue(_ bytes: Span<UInt8>, _ sign: Int) -> Range<Int>? {
        var nameEnd = sign
        if nameEnd > 0, bytes[nameEnd - 1] == UInt8(ascii: " ") { nameEnd -= 1 }
        let isQuoted = nameEnd > 0 && self.isQuote(bytes[nameEnd - 1])
        if isQuoted { nameEnd -= 1 }
        // JSON inside a JSON string has escaped quotes.
        while isQuoted, nameEnd > 0, bytes[nameEnd - 1] == self.backslash { nameEnd -= 1 }
        var nameStart = nameEnd
        while nameStart > 0, nameEnd - nameStart < self.longestName, self.isWord(bytes[nameStart - 1]) {
            nameStart -= 1
        }
        guard nameEnd - nameStart >= 5 else { return nil }
        let name = self.lowercased(bytes, nameStart..<nameEnd)
        if self.ends(name, with: self.headerNames) { return self.value(bytes, sign + 1, isLine: true) }
        let isWeak = self.ends(name, with: self.weakNames) && (isQuoted || bytes[sign] == UInt8(ascii: "="))
        guard isWeak || self.ends(name, with: self.strongNames) else { return nil }
        return self.value(bytes, sign + 1, isLine: false)
    }

    private static func ends(_ name: String, with endings: [String]) -> Bool {
        endings.contains { name.hasSuffix($0) }
    }

    private static func value(_ bytes: Span<UInt8>, _ start: Int, isLine: Bool) -> Range<Int>? {
        var start = self.run(bytes, start) { $0 == UInt8(ascii: " ") }
        let quotePlace = self.run(bytes, start) { $0 == self.backslash }
        let isQuoted = quotePlace < bytes.count && self.isQuote(bytes[quotePlace])
        let escapes = quotePlace - start
        if isQuoted { start = quotePlace + 1 }
        // `{env: NAME}` only refers to a secret, and `<redacted>` is already replaced.
        if start < bytes.count, bytes[start] == UInt8(ascii: "{") || self.hasPrefix(bytes, start, self.mark) {
            return nil
        }
        let end =
            isQuoted
            ? self.quotedEnd(bytes, start, quote: bytes[quotePlace], escapes: escapes)
            : self.run(bytes, start) { byte in
                !self.isQuote(byte) && !self.isLineEnd(byte) && (isLine || !" \t,&".utf8.contains(byte))
            }
        return end > start ? start..<end : nil
    }

    /// The index of the closing quote or of the backslashes before it, which are as many as before the opening quote.
    private static func quotedEnd(_ bytes: Span<UInt8>, _ start: Int, quote: UInt8, escapes: Int) -> Int {
        var end = start
        while end < bytes.count, !self.isLineEnd(bytes[end]) {
            let afterEscapes = self.run(bytes, end) { $0 == self.backslash }
            let count = afterEscapes - end
            guard afterEscapes < bytes.count else { return bytes.count }
            // In a string that is not nested, an even number of backslashes does not escape the quote.
            let isClosing = count <= escapes || escapes == 0 && count % 2 == 0
            if bytes[afterEscapes] == quote, isClosing { return end }
            end = afterEscapes + 1
        }
        return end
    }

    private static func isLineEnd(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }

    /// Whether a word can start here. The characters of an escape (`\n`, `\u000a`, `%20`) are not part of a word.
    private static func isWordStart(_ bytes: Span<UInt8>, _ index: Int) -> Bool {
        guard index > 0, self.isWord(bytes[index - 1]) else { return true }
        if index > 1, bytes[index - 2] == self.backslash { return true }
        if index > 2, bytes[index - 3] == UInt8(ascii: "%") { return true }
        return index > 5 && bytes[index - 6] == self.backslash && bytes[index - 5] == UInt8(ascii: "u")
    }

    private static func isQuote(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") }

    private static func run(_ bytes: Span<UInt8>, _ start: Int, _ belongs: (UInt8) -> Bool) -> Int {
        var end = start
        while end < bytes.count, belongs(bytes[end]) { end += 1 }
        return end
    }

    private static func hasPrefix(
        _ bytes: Span<UInt8>, _ index: Int, _ prefix: [UInt8], ignoringCase: Bool = false
    ) -> Bool {
        guard index + prefix.count <= bytes.count else { return false }
        for offset in prefix.indices {
            let byte = bytes[index + offset]
            if byte != prefix[offset], !ignoringCase || self.lowercased(byte) != prefix[offset] { return false }
        }
        return true
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    private static func lowercased(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
        var name = ""
        for index in range { name.unicodeScalars.append(Unicode.Scalar(self.lowercased(bytes[index]))) }
        return name
    }
}
