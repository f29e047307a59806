internal import CCrypto

/// Cryptographically secure random bytes.
package func randomBytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let status = unsafe RAND_bytes(&bytes, Int32(count))
    // Never continue with predictable bytes.
    precondition(status == 1, "libcrypto returned no random bytes")
    return bytes
}

/// A code for people to type, such as `7KQM-X2PD`: about 39 bits, without the characters 0 O 1 I L U. It has a letter and
/// a digit, so that it is neither a word nor a number.
package func randomCode() -> String {
    var letters = ""
    while !isCodeLike(letters) { letters = randomLetters(8, of: codeAlphabet) }
    return "\(letters.prefix(4))-\(letters.suffix(4))"
}

/// Whether `text` is a code as ``randomCode()`` makes them, ignoring case, spaces and dashes.
package func isCodeLike(_ text: some StringProtocol) -> Bool {
    guard text.utf8.count >= 8 else { return false }
    let letters = text.uppercased().unicodeScalars.filter { !($0.properties.isWhitespace || $0.properties.isDash) }
    return letters.count == 8 && letters.allSatisfy { $0.isASCII && codeAlphabet.contains(UInt8($0.value)) }
        && letters.contains(where: \.properties.isAlphabetic) && !letters.allSatisfy(\.properties.isAlphabetic)
}

/// A token for programs: the prefix, `_` and 43 letters and digits, 256 bits.
///
/// The log redacts tokens that begin with `jb_` or `jbt_` even if they are not registered.
package func randomToken(prefix: String) -> String {
    "\(prefix)_\(randomLetters(43, of: tokenAlphabet))"
}

private let codeAlphabet = Array("23456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
private let tokenAlphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

/// Discards bytes beyond the last whole multiple of the alphabet's size, so that every letter is equally likely.
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
