internal import Crypto

/// Makes recovery keys. Client-Server API, "Recovery key": 0x8B, 0x01, 32 random bytes and a byte that makes the XOR of all
/// bytes zero, in Base58 with spaces.
enum RecoveryKeyText {
    private static let alphabet = Array("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")

    static func make() -> String { self.text(of: Crypto.randomBytes(32)) }

    static func text(of key: [UInt8]) -> String {
        let bytes = [0x8B, 0x01] + key
        let digits = self.base58(bytes + [bytes.reduce(0, ^)])
        return stride(from: 0, to: digits.count, by: 4).map { String(digits[$0..<min($0 + 4, digits.count)]) }
            .joined(separator: " ")
    }

    private static func base58(_ bytes: [UInt8]) -> [Character] {
        var digits: [Int] = []
        for byte in bytes {
            var carry = Int(byte)
            for index in digits.indices {
                carry += digits[index] << 8
                digits[index] = carry % 58
                carry /= 58
            }
            while carry > 0 {
                digits.append(carry % 58)
                carry /= 58
            }
        }
        return digits.reversed().map { self.alphabet[$0] }
    }
}
