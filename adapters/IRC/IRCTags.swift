/// The part of a line between `@` and the first space: `key=value;key;+vendor/key=value`.
package enum IRCTags {
    /// The unescaped value of `name`; empty if the tag has no value, nil if it is missing. The last duplicate wins.
    package static func value(of name: String, in bytes: ArraySlice<UInt8>) -> String? {
        guard !bytes.isEmpty else { return nil }
        var found: ArraySlice<UInt8>?
        self.forEach(in: bytes) { key, value in
            if key.elementsEqual(name.utf8) { found = value }
        }
        return found.map(self.unescape)
    }

    package static func all(in bytes: ArraySlice<UInt8>) -> [String: String] {
        var tags: [String: String] = [:]
        self.forEach(in: bytes) { key, value in tags[IRCText.decode(key)] = self.unescape(value) }
        return tags
    }

    /// The wire form of `tags`, without the `@` and the space around them.
    package static func serialise(_ tags: [(String, String?)]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (key, value) in tags {
            if !bytes.isEmpty { bytes.append(UInt8(ascii: ";")) }
            bytes.append(contentsOf: key.utf8)
            guard let value, !value.isEmpty else { continue }
            bytes.append(UInt8(ascii: "="))
            self.escape(value, into: &bytes)
        }
        return bytes
    }

    private static func forEach(
        in bytes: ArraySlice<UInt8>, _ body: (ArraySlice<UInt8>, ArraySlice<UInt8>) -> Void
    ) {
        var rest = bytes
        while !rest.isEmpty {
            let tag = rest.prefix { $0 != UInt8(ascii: ";") }
            rest = rest[tag.endIndex...].dropFirst()
            let key = tag.prefix { $0 != UInt8(ascii: "=") }
            if !key.isEmpty { body(key, tag[key.endIndex...].dropFirst()) }
        }
    }

    private static func escape(_ value: String, into bytes: inout [UInt8]) {
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: ";"): bytes += [0x5C, 0x3A]
            case UInt8(ascii: " "): bytes += [0x5C, 0x73]
            case 0x5C: bytes += [0x5C, 0x5C]
            case 0x0D: bytes += [0x5C, 0x72]
            case 0x0A: bytes += [0x5C, 0x6E]
            case 0x00: continue
            default: bytes.append(byte)
            }
        }
    }

    /// An unknown escape yields its letter; a single backslash at the end is dropped.
    private static func unescape(_ bytes: ArraySlice<UInt8>) -> String {
        guard bytes.contains(0x5C) else { return IRCText.decode(bytes) }
        var plain: [UInt8] = []
        var isEscaped = false
        for byte in bytes {
            if isEscaped {
                isEscaped = false
                switch byte {
                case 0x3A: plain.append(UInt8(ascii: ";"))
                case 0x73: plain.append(UInt8(ascii: " "))
                case 0x72: plain.append(0x0D)
                case 0x6E: plain.append(0x0A)
                default: plain.append(byte)
                }
            } else if byte == 0x5C {
                isEscaped = true
            } else {
                plain.append(byte)
            }
        }
        return IRCText.decode(plain)
    }
}
