internal import Primitives

/// Two lower-case hexadecimal digits per byte.
package func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    let text = (0..<2 * bytes.count).map { digits[Int(bytes[$0 / 2] >> ($0 % 2 == 0 ? 4 : 0) & 15)] }
    return String(decoding: text, as: UTF8.self)
}

/// Decodes hexadecimal digits of either case; nil if the text contains anything else.
package func decodeHex(_ text: String) -> [UInt8]? {
    let digits = text.utf8.map(\.hexadecimalValue)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
        guard let high = digits[index], let low = digits[index + 1] else { return nil }
        bytes.append(high << 4 | low)
    }
    return bytes
}

/// RFC 4648 §4, with padding.
package func base64(_ bytes: [UInt8]) -> String {
    encodeBase64(bytes, base64Alphabet, isPadded: true)
}

/// RFC 4648 §5 for URLs and file names, without padding.
package func base64URL(_ bytes: [UInt8]) -> String {
    encodeBase64(bytes, base64URLAlphabet, isPadded: false)
}

/// Strict: nil unless the text has only the alphabet of RFC 4648 §5, no padding, and zero unused bits.
package func decodeBase64URL(_ text: some StringProtocol) -> [UInt8]? {
    guard !text.utf8.contains(where: { "+/=".utf8.contains($0) }) else { return nil }
    return decodeBase64(
        text.utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "+") : $0 == UInt8(ascii: "_") ? UInt8(ascii: "/") : $0 }
    )
}

/// Strict: nil unless the text is padded, contains no other characters, and has zero unused bits.
package func decodeBase64(_ text: String) -> [UInt8]? {
    guard text.utf8.count.isMultiple(of: 4) else { return nil }
    let padding = text.utf8.suffix(2).filter { $0 == UInt8(ascii: "=") }.count
    guard let bytes = decodeBase64(text.utf8.dropLast(padding)) else { return nil }
    return bytes.count % 3 == (3 - padding) % 3 ? bytes : nil
}

/// RFC 4648 §4 without padding, as Matrix writes it.
package func base64Unpadded(_ bytes: [UInt8]) -> String {
    encodeBase64(bytes, base64Alphabet, isPadded: false)
}

/// Like ``decodeBase64(_:)``, with or without padding.
package func decodeUnpaddedBase64(_ text: String) -> [UInt8]? {
    decodeBase64(text.utf8.dropLast(text.utf8.suffix(2).filter { $0 == UInt8(ascii: "=") }.count))
}

private let base64Alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
private let base64URLAlphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

/// By letter; 64 for all others.
private let base64Values: [UInt8] = {
    var values = [UInt8](repeating: 64, count: 256)
    for (value, letter) in base64Alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
    return values
}()

private func encodeBase64(_ bytes: [UInt8], _ alphabet: [UInt8], isPadded: Bool) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let count = min(3, bytes.count - start)
        var group = 0
        for offset in 0..<3 { group = group << 8 | (offset < count ? Int(bytes[start + offset]) : 0) }
        for position in 0...count { text.append(alphabet[group >> (18 - 6 * position) & 63]) }
        if isPadded { text.append(contentsOf: repeatElement(UInt8(ascii: "="), count: 3 - count)) }
    }
    return String(decoding: text, as: UTF8.self)
}

private func decodeBase64(_ text: some Collection<UInt8>) -> [UInt8]? {
    // Filled by index, because `append` takes longer than the rest.
    var bytes = [UInt8](repeating: 0, count: text.count * 6 / 8)
    var end = 0
    var group: UInt32 = 0
    var bits: UInt32 = 0
    let values = base64Values
    for letter in text {
        let value = values[Int(letter)]
        guard value < 64 else { return nil }
        group = group << 6 | UInt32(value)
        bits += 6
        if bits >= 8 {
            bits -= 8
            bytes[end] = UInt8(truncatingIfNeeded: group >> bits)
            end += 1
        }
    }
    // A single letter encodes no byte. Leftover bits must be zero, so that every value has one encoding.
    guard bits < 6, group & (1 << bits - 1) == 0 else { return nil }
    return bytes
}
