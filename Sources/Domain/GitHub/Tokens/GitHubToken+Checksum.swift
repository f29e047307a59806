package import Copilot
internal import Primitives

extension GitHubToken {
    private static let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// Why GitHub cannot have issued this token, as a clause; nil if it may have.
    ///
    /// The last 6 of the 36 characters after the prefix are a CRC-32 of the others in base 62
    /// (github.blog/2021-04-05-behind-githubs-new-authentication-token-formats). For other lengths, no checksum is
    /// known.
    package var formProblem: String? {
        let body = Array(self.value.reveal().utf8.dropFirst(self.kind.prefix.utf8.count))
        switch self.kind {
        case .classic, .oauthApp:
            guard body.count == 36 else { return "it does not have the 36 characters after \(self.kind.prefix)" }
            return self.hasChecksum(body) ? nil : "its last characters do not fit the others, so it was mistyped or cut"
        case .appUser, .installation, .refresh:
            return body.count == 36 && !self.hasChecksum(body) && body.allSatisfy(Self.digits.contains)
                ? "its last characters do not fit the others, so it was mistyped or cut" : nil
        case .fineGrained:
            // 22 characters, `_`, 59 characters.
            let parts = body.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
            return parts.map(\.count) == [22, 59] ? nil : "it does not have the form github_pat_…_…, so it was cut"
        case .early: return nil
        }
    }

    private func hasChecksum(_ body: [UInt8]) -> Bool {
        body.count == 36 && Self.checksum(body.prefix(30)) == Array(body.suffix(6))
    }

    /// Six digits of base 62.
    static func checksum(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var value = Self.crc32(bytes)
        var text: [UInt8] = []
        for _ in 0..<6 {
            text.append(Self.digits[Int(value % 62)])
            value /= 62
        }
        return text.reversed()
    }

    /// CRC-32 as in zlib (ISO 3309).
    private static func crc32(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var sum: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 {
                let isOdd = sum & 1 == 1
                sum >>= 1
                if isOdd { sum ^= 0xEDB8_8320 }
            }
        }
        return ~sum
    }
}
