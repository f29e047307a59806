internal import Primitives

/// A time as the core's texts state it, `2026-11-27 16:31:17 UTC`, for networks that show times as each reader's clock does.
package struct StatedTime: Sendable, Equatable {
    /// Its bytes in the text.
    package let range: Range<Int>
    /// Milliseconds since 1970.
    package let time: Int64

    private static let length = 23
    private static let form = Array("0000-00-00 00:00:00 UTC".utf8)

    /// Those in a text, in order; of many, the first `limit`.
    package static func all(in text: some Collection<UInt8>, limit: Int) -> [StatedTime] {
        let bytes = Array(text)
        var found: [StatedTime] = []
        var start = 0
        while start + Self.length <= bytes.count, found.count < limit {
            guard let time = Self.time(bytes[start..<start + Self.length]) else {
                start += 1
                continue
            }
            found.append(StatedTime(range: start..<start + Self.length, time: time))
            start += Self.length
        }
        return found
    }

    private static func time(_ bytes: ArraySlice<UInt8>) -> Int64? {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard zip(bytes, Self.form).allSatisfy({ $1 == UInt8(ascii: "0") ? digits.contains($0) : $0 == $1 }) else {
            return nil
        }
        let text = String(decoding: bytes, as: UTF8.self)
        return CivilTime.milliseconds(rfc3339: "\(text.prefix(10))T\(text.dropFirst(11).prefix(8))Z")
    }
}
