package import Chat

/// Measures UTF-8 text in a platform's unit.
package enum TextMeasure {
    package static func size(of bytes: ArraySlice<UInt8>, unit: RoomTraits.TextUnit) -> Int {
        switch unit {
        case .bytes: bytes.count
        // Each byte except a continuation byte begins a scalar.
        case .characters: bytes.count(where: { $0 & 0xC0 != 0x80 })
        // A four-byte scalar is a surrogate pair.
        case .utf16: bytes.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : ($1 >= 0xF0 ? 2 : 1)) }
        }
    }
}
