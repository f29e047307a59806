/// How nicks and channel names are compared (ISUPPORT `CASEMAPPING`).
package enum IRCCasemapping: String, Sendable, CaseIterable {
    /// A–Z only.
    case ascii
    /// Also `[ ] \ ~`, the capitals of `{ } | ^`: Scandinavian letters of the 1980s. The default if the server sends no
    /// `CASEMAPPING`.
    case rfc1459
    /// Like `rfc1459`, without `~` and `^`.
    case strictRFC1459 = "rfc1459-strict"
    /// Unicode letters (Ergo).
    case unicode = "precis"

    /// Reads the token's value. An unknown one means ASCII, since every mapping folds at least that.
    package init(token: String) {
        switch token.lowercased() {
        case "rfc1459": self = .rfc1459
        case "rfc1459-strict", "strict-rfc1459": self = .strictRFC1459
        case "precis", "rfc7613", "rfc8265": self = .unicode
        default: self = .ascii
        }
    }

    /// The canonical form: names are the same if their folded forms are equal.
    package func fold(_ name: String) -> String {
        if self == .unicode { return name.lowercased() }
        guard name.utf8.contains(where: { self.fold($0) != $0 }) else { return name }
        return String(decoding: name.utf8.map(self.fold), as: UTF8.self)
    }

    package func areEqual(_ left: String, _ right: String) -> Bool {
        self == .unicode ? self.fold(left) == self.fold(right) : self.areEqual(left.utf8, right.utf8)
    }

    package func areEqual(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
        left.count == right.count && zip(left, right).allSatisfy { self.fold($0) == self.fold($1) }
    }

    @inline(__always) package func fold(_ byte: UInt8) -> UInt8 {
        switch byte {
        case 0x41...0x5A: byte | 0x20
        case 0x5B...0x5D where self == .rfc1459 || self == .strictRFC1459: byte | 0x20
        case 0x7E where self == .rfc1459: 0x5E
        default: byte
        }
    }

    @inline(__always) package static func upper(_ byte: UInt8) -> UInt8 {
        (0x61...0x7A).contains(byte) ? byte & 0xDF : byte
    }
}
