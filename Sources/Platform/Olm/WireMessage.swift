internal import Crypto

/// The outer form of messages (Olm specification "The Olm Message Format", Megolm specification "Message format"): a
/// version, fields in the form of Protocol Buffers, a MAC and, in Megolm, a signature.
///
/// The library decrypts by whole blocks of AES whatever the length, so another length makes it write past its buffers,
/// and it agrees with every key of a peer. Neither needs more than a MAC, which every peer can make, so both are looked
/// at here first. Fields are taken in their shortest form only: then the library cannot read them in another way.
enum WireMessage {
    /// The text for the library.
    static func checked(_ message: OlmMessage) throws(OlmError) -> [UInt8] {
        let bytes = try Self.decoded(message.body)
        switch message.kind {
        case .normal: try Self.checkNormal(bytes[...])
        case .preKey:
            let fields = try Self.fields(bytes[...])
            // Without the identity key, the library reads from address 0.
            guard Set([0x0A, 0x12, 0x1A, 0x22]).isSubset(of: fields.map(\.tag)) else { throw .badMessageFormat }
            for field in fields {
                switch field.tag {
                // One-time key, base key, identity key.
                case 0x0A, 0x12, 0x1A: try PeerKey.check(Array(field.value))
                case 0x22: try Self.checkNormal(field.value)
                default: break
                }
            }
        }
        return Array(base64Unpadded(bytes).utf8)
    }

    /// The text for the library of a message in a room.
    static func checked(megolm message: String) throws(OlmError) -> [UInt8] {
        let bytes = try Self.decoded(message)
        // A MAC of 8 bytes and a signature of 64.
        for field in try Self.fields(bytes.dropLast(72)) where field.tag == 0x12 {
            try Self.checkCiphertext(field.value.count)
        }
        return Array(base64Unpadded(bytes).utf8)
    }

    /// The library takes any character for a digit, so what is no base64 is refused here.
    static func decoded(_ text: String) throws(OlmError) -> [UInt8] {
        guard let bytes = decodeUnpaddedBase64(text) else { throw .invalidBase64 }
        return bytes
    }

    /// Padding makes at least one block.
    static func checkCiphertext(_ count: Int) throws(OlmError) {
        guard count > 0, count.isMultiple(of: 16) else { throw .badMessageFormat }
    }

    private static func checkNormal(_ bytes: ArraySlice<UInt8>) throws(OlmError) {
        // A MAC of 8 bytes.
        for field in try Self.fields(bytes.dropLast(8)) {
            switch field.tag {
            // Ratchet key.
            case 0x0A: try PeerKey.check(Array(field.value))
            case 0x22: try Self.checkCiphertext(field.value.count)
            default: break
            }
        }
    }

    /// The fields that hold bytes.
    private static func fields(
        _ bytes: ArraySlice<UInt8>
    ) throws(OlmError) -> [(tag: UInt8, value: ArraySlice<UInt8>)] {
        // The library checks the version.
        guard bytes.count > 1 else { throw .badMessageFormat }
        var rest = bytes.dropFirst()
        var fields: [(tag: UInt8, value: ArraySlice<UInt8>)] = []
        while let tag = rest.popFirst() {
            // The low three bits: 0 is a number, 2 is a length and as many bytes.
            guard tag < 0x80, tag & 7 == 0 || tag & 7 == 2 else { throw .badMessageFormat }
            let number = try Self.number(&rest)
            if tag & 7 == 0 { continue }
            guard number <= rest.count else { throw .badMessageFormat }
            fields.append((tag, rest.prefix(number)))
            rest = rest.dropFirst(number)
        }
        return fields
    }

    /// A number of 32 bits, seven of them a byte, the lowest first.
    private static func number(_ rest: inout ArraySlice<UInt8>) throws(OlmError) -> Int {
        var number = 0
        for shift in stride(from: 0, to: 35, by: 7) {
            guard let byte = rest.popFirst() else { throw .badMessageFormat }
            number |= Int(byte & 0x7F) << shift
            if byte & 0x80 != 0 { continue }
            guard byte != 0 || shift == 0, number <= UInt32.max else { throw .badMessageFormat }
            return number
        }
        throw .badMessageFormat
    }
}
