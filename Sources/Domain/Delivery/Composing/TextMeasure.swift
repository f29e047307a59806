package import Chat

/// Measures UTF-8 text in a platform's unit.
package enum TextMeasure {
    package static func size(of bytes: ArraySlice<UInt8>, unit: RoomTraits.TextUnit) -> Int {
        unit == .bytes ? bytes.count : bytes.reduce(0) { $0 + self.size(of: $1, unit: unit) }
    }

    /// What a byte adds: the first of a scalar counts for all of it.
    static func size(of byte: UInt8, unit: RoomTraits.TextUnit) -> Int {
        switch unit {
        case .bytes: 1
        // Each byte except a continuation byte begins a scalar.
        case .characters: byte & 0xC0 == 0x80 ? 0 : 1
        // A four-byte scalar is a surrogate pair.
        case .utf16: byte & 0xC0 == 0x80 ? 0 : byte >= 0xF0 ? 2 : 1
        }
    }
}
