internal import Primitives

/// Percent-encoding (RFC 3986 §2.1).
package enum PercentEncoding {
    private static let digits = Array("0123456789ABCDEF".utf8)

    /// Encodes every byte of the text that isn't in `kept` as `%XX`.
    package static func encode(_ text: String, keeping kept: ByteSet = .unreserved) -> String {
        var output: [UInt8] = []
        output.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            if kept.contains(byte) {
                output.append(byte)
            } else {
                output.append(0x25)
                output.append(Self.digits[Int(byte >> 4)])
                output.append(Self.digits[Int(byte & 15)])
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// The decoded text; `nil` for a `%` without two hexadecimal digits, or if the result isn't UTF-8. Long runs of
    /// combining marks are broken, see ``StreamSafeText``.
    package static func decode(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String? {
        guard let bytes = Self.decodeBytes(text, plusIsSpace: plusIsSpace) else { return nil }
        return String(validating: bytes, as: UTF8.self).map { StreamSafeText.of($0) }
    }

    private static func decodeBytes(_ text: some StringProtocol, plusIsSpace: Bool = false) -> [UInt8]? {
        var output: [UInt8] = []
        output.reserveCapacity(text.utf8.count)
        var bytes = text.utf8.makeIterator()
        while let byte = bytes.next() {
            switch byte {
            case 0x25:
                guard let high = bytes.next()?.hexadecimalValue, let low = bytes.next()?.hexadecimalValue else {
                    return nil
                }
                output.append(high << 4 | low)
            case 0x2B where plusIsSpace: output.append(0x20)
            default: output.append(byte)
            }
        }
        return output
    }
}
