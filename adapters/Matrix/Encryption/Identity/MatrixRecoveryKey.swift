internal import Crypto

/// The key of secret storage in people's hands (appendix "Cryptographic key representation"). It is never printed.
package struct MatrixRecoveryKey: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// 32 bytes.
    let bytes: [UInt8]

    /// A new key.
    package init() { self.init(bytes: randomBytes(32)) }

    /// - Precondition: 32 bytes.
    package init(bytes: [UInt8]) {
        precondition(bytes.count == 32, "a recovery key has 32 bytes")
        self.bytes = bytes
    }

    /// Reads a key as people type it: white space does not count.
    package init?(_ text: String) {
        let letters = text.unicodeScalars.filter { !$0.properties.isWhitespace }.map { $0 }
        // Base58 of 35 bytes has 48 letters at most; longer texts would take quadratic time.
        guard letters.count <= 64, let bytes = Self.decode(letters), bytes.count == 35,
            bytes.prefix(2).elementsEqual(Self.prefix), bytes.reduce(0, ^) == 0
        else { return nil }
        self.bytes = Array(bytes[2..<34])
    }

    /// Base58 in groups of four: for the file that holds it.
    package func reveal() -> String {
        let body = Self.prefix + self.bytes
        return Self.encode(body + [body.reduce(0, ^)]).inFours
    }

    package var description: String { "<redacted>" }
    package var debugDescription: String { "<redacted>" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }

    // MARK: Base58

    private static let prefix: [UInt8] = [0x8B, 0x01]
    /// Bitcoin's alphabet, which the specification takes.
    private static let alphabet = Array("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".unicodeScalars)

    /// The first byte is never zero, so leading zeros need no care.
    private static func encode(_ bytes: [UInt8]) -> String {
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
        return String(String.UnicodeScalarView(digits.reversed().map { Self.alphabet[$0] }))
    }

    private static func decode(_ letters: [Unicode.Scalar]) -> [UInt8]? {
        var bytes: [Int] = []
        for letter in letters {
            guard var carry = Self.alphabet.firstIndex(of: letter) else { return nil }
            for index in bytes.indices {
                carry += bytes[index] * 58
                bytes[index] = carry & 255
                carry >>= 8
            }
            while carry > 0 {
                bytes.append(carry & 255)
                carry >>= 8
            }
        }
        return bytes.reversed().map { UInt8($0) }
    }
}

extension String {
    /// In groups of four characters, as people read keys and fingerprints.
    var inFours: String {
        let characters = Array(self)
        return stride(from: 0, to: characters.count, by: 4)
            .map { String(characters[$0..<min($0 + 4, characters.count)]) }.joined(separator: " ")
    }
}
