internal import Crypto

/// Checks of other people's Curve25519 keys, which the library does not make.
enum PeerKey {
    /// A key in unpadded base64, if it has 32 bytes and is no point of low order: with such a point the shared secret
    /// would be known to everybody (RFC 7748 §6.1).
    static func checked(_ text: String) throws(OlmError) -> [UInt8] {
        guard let bytes = decodeUnpaddedBase64(text), bytes.count == 32 else { throw OlmError("INVALID_BASE64") }
        try Self.check(bytes)
        return Array(text.utf8)
    }

    static func check(_ bytes: [UInt8]) throws(OlmError) {
        var masked = bytes
        // The top bit is ignored in an agreement.
        masked[31] &= 0x7F
        if Self.lowOrder.contains(masked) { throw .badPeerKey }
    }

    /// Looks into a pre-key message for the two keys that the library uses without asking (tags 0x0A and 0x12).
    static func check(preKeyMessage body: String) throws(OlmError) {
        guard let bytes = decodeUnpaddedBase64(body), bytes.count > 1 else { throw OlmError("INVALID_BASE64") }
        var index = 1
        while index + 1 < bytes.count {
            let tag = bytes[index]
            guard tag & 7 == 2 else {
                // A number: its bytes have the top bit but for the last.
                index += 1
                while index < bytes.count, bytes[index] & 0x80 != 0 { index += 1 }
                index += 1
                continue
            }
            var length = 0
            var shift = 0
            index += 1
            while index < bytes.count, shift < 28 {
                let byte = bytes[index]
                length |= Int(byte & 0x7F) << shift
                shift += 7
                index += 1
                if byte & 0x80 == 0 { break }
            }
            guard length >= 0, index + length <= bytes.count else { return }
            if length == 32, tag == 0x12 || tag == 0x1A { try Self.check(Array(bytes[index..<index + 32])) }
            index += length
        }
    }

    /// The u-coordinates of the points of order 1, 2, 4 and 8 on the curve and its twist, also those written with a
    /// number of p or more (https://cr.yp.to/ecdh.html#validate).
    private static let lowOrder: Set<[UInt8]> = {
        let hexadecimal = [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
            "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        ]
        return Set(hexadecimal.compactMap(decodeHex))
    }()
}
