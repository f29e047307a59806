internal import Crypto

/// Checks of other people's Curve25519 keys, which the library does not make.
enum PeerKey {
    /// The text for the library of a key in unpadded base64. With padding it would be another text for the same key.
    static func checked(_ text: String) throws(OlmError) -> [UInt8] {
        guard text.utf8.count == 43, let bytes = decodeUnpaddedBase64(text), bytes.count == 32 else {
            throw .invalidBase64
        }
        try Self.check(bytes)
        return Array(text.utf8)
    }

    /// Refuses points of low order: with such a point the shared secret would be known to everybody (RFC 7748 §6.1).
    static func check(_ bytes: [UInt8]) throws(OlmError) {
        guard bytes.count == 32 else { throw .badMessageFormat }
        var masked = bytes
        // The top bit is ignored in an agreement.
        masked[31] &= 0x7F
        if Self.lowOrder.contains(masked) { throw .badPeerKey }
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
