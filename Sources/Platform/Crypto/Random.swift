internal import CCrypto

/// Random bytes fit for keys.
package func randomBytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let status = unsafe RAND_bytes(&bytes, Int32(count))
    // Never go on with predictable bytes.
    precondition(status == 1, "no random bytes from libcrypto")
    return bytes
}

/// A code for people to type, such as `7KQM-X2PD`: about 39 bits, without 0 O 1 I L U.
package func randomCode() -> String {
    let letters = randomLetters(8, of: codeAlphabet)
    return "\(letters.prefix(4))-\(letters.suffix(4))"
}

/// A code as somebody typed it, in the form of ``randomCode()``; nil when it can't be one.
///
/// Small letters, spaces and dashes anywhere are forgiven.
package func normalizedCode(_ text: String) -> String? {
    guard text.utf8.count <= 32 else { return nil }
    let letters = text.uppercased().utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: " ") }
    guard letters.count == 8, letters.allSatisfy(codeAlphabet.contains) else { return nil }
    return String(decoding: letters.prefix(4), as: UTF8.self) + "-" + String(decoding: letters.suffix(4), as: UTF8.self)
}

/// A token for programs: the prefix, `_` and 43 letters and digits, 256 bits.
///
/// The log knows tokens that begin with `jb_` and `jbt_` by themselves.
package func randomToken(prefix: String) -> String {
    "\(prefix)_\(randomLetters(43, of: tokenAlphabet))"
}

private let codeAlphabet = Array("23456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
private let tokenAlphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

/// Every letter equally likely: bytes beyond the last whole multiple of the alphabet are thrown away.
private func randomLetters(_ count: Int, of alphabet: [UInt8]) -> String {
    let limit = 256 - 256 % alphabet.count
    var letters: [UInt8] = []
    while letters.count < count {
        for byte in randomBytes(count) where Int(byte) < limit && letters.count < count {
            letters.append(alphabet[Int(byte) % alphabet.count])
        }
    }
    return String(decoding: letters, as: UTF8.self)
}
