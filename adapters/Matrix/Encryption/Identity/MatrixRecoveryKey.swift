internal import Crypto

/// The key that opens an account's secret storage, as people write it down: base58 in groups of four.
///
/// https://spec.matrix.org/v1.16/client-server-api/#recovery-key
package struct MatrixRecoveryKey: Sendable, Equatable, CustomStringConvertible {
    /// 32 bytes.
    let bytes: [UInt8]

    private static let prefix: [UInt8] = [0x8B, 0x01]
    private static let alphabet = Array("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".utf8)

    init(bytes: [UInt8]) {
        precondition(bytes.count == 32, "a recovery key has 32 bytes")
        self.bytes = bytes
    }

    /// A new key.
    package static func random() -> MatrixRecoveryKey { MatrixRecoveryKey(bytes: randomBytes(32)) }

    /// Reads a key; white space is ignored. Nil when it has a mistake.
    package init?(_ text: String) {
        var bytes: [UInt8] = []
        for letter in text.utf8 where ![0x20, 0x09, 0x0A, 0x0D].contains(letter) {
            guard var carry = Self.alphabet.firstIndex(of: letter), bytes.count < 64 else { return nil }
            for index in bytes.indices.reversed() {
                carry += Int(bytes[index]) * 58
                bytes[index] = UInt8(carry & 255)
                carry >>= 8
            }
            while carry > 0 {
                bytes.insert(UInt8(carry & 255), at: 0)
                carry >>= 8
            }
        }
        guard bytes.count == 35, bytes.starts(with: Self.prefix), bytes.reduce(0, ^) == 0 else { return nil }
        self.bytes = Array(bytes[2..<34])
    }

    /// The secret itself, for its file and for people.
    package var text: String {
        var number = Self.prefix + self.bytes
        number.append(number.reduce(0, ^))
        var letters: [UInt8] = []
        while let first = number.firstIndex(where: { $0 != 0 }) {
            number.removeFirst(first)
            var rest = 0
            for index in number.indices {
                rest = rest << 8 | Int(number[index])
                number[index] = UInt8(rest / 58)
                rest %= 58
            }
            letters.insert(Self.alphabet[rest], at: 0)
        }
        let text = String(decoding: letters, as: UTF8.self)
        return stride(from: 0, to: text.count, by: 4).map { start in
            String(text.dropFirst(start).prefix(4))
        }.joined(separator: " ")
    }

    package var description: String { "(recovery key)" }
}
