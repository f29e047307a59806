internal import Crypto

/// An nkey of a user: an Ed25519 key written in base32 with a prefix and a checksum
/// (https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/nkey_auth).
struct NATSKey: Sendable {
    /// Two bytes of prefix, 32 of the seed, two of the checksum.
    static let seedLength = 58
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
    /// Of a public key, so that it begins with `U`.
    private static let userPrefix: UInt8 = 20 << 3

    private let seed: [UInt8]

    init(seed text: String) throws(NATSError) {
        guard text.utf8.count == Self.seedLength, text.hasPrefix("SU"), let bytes = Self.decode(text),
            Self.checksum(bytes.dropLast(2)) == [bytes[34], bytes[35]]
        else { throw NATSError(.invalidSettings, "the nkey in the credentials for NATS is damaged") }
        self.seed = Array(bytes[2..<34])
    }

    func publicKey() throws(NATSError) -> String {
        guard let bytes = Ed25519Key(seed: self.seed)?.publicKey else { throw Self.failure }
        let body = [Self.userPrefix] + bytes
        return Self.encode(body + Self.checksum(body[...]))
    }

    func signature(of bytes: [UInt8]) throws(NATSError) -> [UInt8] {
        guard let signature = Ed25519Key(seed: self.seed)?.signature(of: bytes) else { throw Self.failure }
        return signature
    }

    private static let failure = NATSError(.invalidSettings, "OpenSSL cannot use the nkey in the credentials for NATS")

    // MARK: Text

    /// RFC 4648 §6 without padding.
    private static func decode(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var (group, bits) = (0, 0)
        for letter in text.utf8 {
            guard let value = self.alphabet.firstIndex(of: letter) else { return nil }
            group = (group << 5 | value) & 0xFFF
            bits += 5
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(group >> bits & 255))
            }
        }
        return group & (1 << bits - 1) == 0 ? bytes : nil
    }

    private static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var (group, bits) = (0, 0)
        for byte in bytes {
            group = (group << 8 | Int(byte)) & 0xFFF
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(self.alphabet[group >> bits & 31])
            }
        }
        if bits > 0 { text.append(self.alphabet[group << (5 - bits) & 31]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// CRC-16 with the polynomial 0x1021, the low byte first.
    private static func checksum(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var sum: UInt16 = 0
        for byte in bytes {
            sum ^= UInt16(byte) << 8
            for _ in 0..<8 { sum = sum & 0x8000 == 0 ? sum << 1 : sum << 1 ^ 0x1021 }
        }
        return [UInt8(sum & 255), UInt8(sum >> 8)]
    }
}
