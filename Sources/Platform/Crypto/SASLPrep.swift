internal import CICU

/// The form in which SASL compares names and passwords (SASLprep, RFC 4013); nil if the text contains a character that
/// the profile prohibits: a control character, or one that Unicode 3.2 does not know.
package func saslPrepared(_ text: String) -> String? {
    // Most passwords; the profile leaves printable ASCII unchanged.
    if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text }
    let units = Array(text.utf16)
    // NFKC makes at most 18 scalars of one.
    var result = [UInt16](repeating: 0, count: units.count * 18 + 1)
    guard let length = Int32(exactly: units.count), let capacity = Int32(exactly: result.count) else { return nil }
    let count = unsafe cicu_saslprep(units, length, &result, capacity)
    guard count >= 0, count <= capacity else { return nil }
    return String(decoding: result[..<Int(count)], as: UTF16.self)
}
