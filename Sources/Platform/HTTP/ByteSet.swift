/// A set of byte values in four machine words: a lookup is one shift and needs no table in memory.
package struct ByteSet: Sendable, Hashable {
    @usableFromInline var low: UInt64 = 0
    @usableFromInline var high: UInt64 = 0
    @usableFromInline var upperLow: UInt64 = 0
    @usableFromInline var upperHigh: UInt64 = 0

    package init() {}

    /// The UTF-8 bytes of `text`; for sets of ASCII characters.
    package init(_ text: String) {
        for byte in text.utf8 { self.insert(byte) }
    }

    package mutating func insert(_ byte: UInt8) {
        let bit = UInt64(1) << UInt64(byte & 63)
        switch byte >> 6 {
        case 0: self.low |= bit
        case 1: self.high |= bit
        case 2: self.upperLow |= bit
        default: self.upperHigh |= bit
        }
    }

    @inlinable
    package func contains(_ byte: UInt8) -> Bool {
        let word =
            switch byte >> 6 {
            case 0: self.low
            case 1: self.high
            case 2: self.upperLow
            default: self.upperHigh
            }
        return word >> UInt64(byte & 63) & 1 == 1
    }

    package func union(_ other: ByteSet) -> ByteSet {
        var union = self
        union.low |= other.low
        union.high |= other.high
        union.upperLow |= other.upperLow
        union.upperHigh |= other.upperHigh
        return union
    }

    package static let digits = ByteSet("0123456789")
    package static let letters = ByteSet("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    /// `tchar` of RFC 9110 §5.6.2: the characters of methods, header names and parameter names.
    package static let token = ByteSet("!#$%&'*+-.^_`|~").union(.digits).union(.letters)
    /// `unreserved` of RFC 3986 §2.3.
    package static let unreserved = ByteSet("-._~").union(.digits).union(.letters)
    /// The characters that stay unencoded in a path segment: `pchar` of RFC 3986 §3.3.
    package static let pathSegment = ByteSet("!$&'()*+,;=:@").union(.unreserved)
    /// The characters that stay unencoded in a query item's value; `&`, `=` and `+` don't.
    package static let queryValue = ByteSet("!$'()*,;:@/?").union(.unreserved)
    package static let hostName = ByteSet("-._~%").union(.letters).union(.digits)
    package static let ipv6Address = ByteSet(":.abcdefABCDEF").union(.digits)
}

extension UInt8 {
    /// The byte with `A`–`Z` in lowercase.
    @inlinable
    package var lowercasedASCII: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }

    /// CR, LF or NUL, which no field's value may have (RFC 9110 §5.5).
    @inlinable
    package var breaksLine: Bool { self == 0x0D || self == 0x0A || self == 0 }

    /// A space or a tab: `OWS` of RFC 9110 §5.6.3.
    @inlinable
    package var isBlank: Bool { self == 0x20 || self == 0x09 }
}

extension StringProtocol {
    /// Compares two ASCII strings ignoring case, as HTTP does for names and tokens.
    package func equalsIgnoringCase(_ other: some StringProtocol) -> Bool {
        self.utf8.count == other.utf8.count
            && zip(self.utf8, other.utf8).allSatisfy { $0.lowercasedASCII == $1.lowercasedASCII }
    }
}

extension Substring.UTF8View {
    /// The text without leading and trailing spaces and tabs.
    package func trimmingBlanks() -> Substring {
        var rest = self
        while let first = rest.first, first.isBlank { rest.removeFirst() }
        while let last = rest.last, last.isBlank { rest.removeLast() }
        return Substring(rest)
    }
}
