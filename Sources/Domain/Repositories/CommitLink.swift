/// Addresses of the built-in viewer.
package enum CommitLink {
    /// `PUBLIC_URL/r/{repository}/commit/{sha}`. Repository names need no encoding: the configuration allows letters,
    /// digits, dots, dashes and underscores.
    package static func commit(_ sha: String, in repository: String, publicURL: String) -> String {
        "\(self.base(publicURL))/r/\(repository)/commit/\(sha)"
    }

    /// `PUBLIC_URL/r/{repository}/blob/{ref}/{path}`, with what is no letter, digit, dot, dash, underscore, tilde or
    /// slash encoded. `ref` is one part of the path: its slashes are encoded.
    package static func blob(_ path: String, at ref: String, in repository: String, publicURL: String) -> String {
        "\(self.base(publicURL))/r/\(repository)/blob/\(self.encode(ref, keepsSlash: false))/\(self.encode(path, keepsSlash: true))"
    }

    private static func base(_ url: String) -> Substring {
        var base = Substring(url)
        while base.hasSuffix("/") { base.removeLast() }
        return base
    }

    private static func encode(_ text: String, keepsSlash: Bool) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            case UInt8(ascii: "/") where keepsSlash: bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
