/// The file format of an object that is not in a pack: a zlib stream (RFC 1950), here of stored blocks (RFC 1951
/// §3.2.4), because compressing ten thousand small files takes longer than writing them.
enum LooseObject {
    static func encoded(_ bytes: [UInt8]) -> [UInt8] {
        var encoded: [UInt8] = [0x78, 0x01]
        encoded.reserveCapacity(bytes.count + bytes.count / 65_535 * 5 + 16)
        var start = 0
        repeat {
            let end = min(start + 65_535, bytes.count)
            let count = UInt16(end - start)
            encoded.append(end == bytes.count ? 1 : 0)
            encoded.append(UInt8(truncatingIfNeeded: count))
            encoded.append(UInt8(count >> 8))
            encoded.append(UInt8(truncatingIfNeeded: ~count))
            encoded.append(UInt8(~count >> 8))
            encoded += bytes[start..<end]
            start = end
        } while start < bytes.count
        let sum = Self.adler32(bytes)
        for shift in [24, 16, 8, 0] { encoded.append(UInt8(truncatingIfNeeded: sum >> UInt32(shift))) }
        return encoded
    }

    private static func adler32(_ bytes: [UInt8]) -> UInt32 {
        var low: UInt32 = 1
        var high: UInt32 = 0
        unsafe bytes.withUnsafeBufferPointer { bytes in
            var index = 0
            while index < bytes.count {
                // The most additions that cannot overflow 32 bits.
                let end = min(index + 5_552, bytes.count)
                while index < end {
                    low &+= UInt32(unsafe bytes[index])
                    high &+= low
                    index += 1
                }
                low %= 65_521
                high %= 65_521
            }
        }
        return high << 16 | low
    }
}
