import Crypto
import Testing

@Suite("Crypto")
struct CryptoTests {
    // FIPS 180-2 and RFC 4231 vectors.
    @Test(
        "SHA-256 matches the published examples",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func digest(_ text: String, _ expected: String) {
        #expect(hex(sha256(text)) == expected)
        #expect(hex(sha256(Array(text.utf8))) == expected)
    }

    @Test("HMAC-SHA-256 matches the published examples")
    func authentication() {
        #expect(
            hex(hmacSHA256(Array("Hi There".utf8), key: Array(repeating: 0x0B, count: 20)))
                == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
        #expect(
            hex(hmacSHA256(Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8)))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(
            hex(hmacSHA256([], key: [])) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
    }

    // RFC 7914 §11, the first 32 bytes.
    @Test("PBKDF2 matches the published examples")
    func keyDerivation() {
        let short = pbkdf2SHA256(Array("passwd".utf8), salt: Array("salt".utf8), iterations: 1)
        #expect(hex(short) == "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc")
        let long = pbkdf2SHA256(Array("Password".utf8), salt: Array("NaCl".utf8), iterations: 80_000)
        #expect(hex(long) == "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56")
    }

    // RFC 4013 §3, and a password as people have them.
    @Test(
        "SASLprep matches the published examples",
        arguments: [
            ("I\u{AD}X", "IX"), ("user", "user"), ("USER", "USER"), ("\u{AA}", "a"), ("\u{2168}", "IX"),
            ("\u{7}", nil), ("\u{627}1", nil), ("Gru\u{308}\u{DF}e\u{A0}1", "Gr\u{FC}\u{DF}e 1"), ("", ""),
        ])
    func preparation(_ text: String, _ expected: String?) {
        #expect(saslPrepared(text).map { Array($0.unicodeScalars) } == expected.map { Array($0.unicodeScalars) })
    }

    @Test("HMAC-SHA-1 matches the published examples")
    func oldAuthentication() {
        #expect(
            hex(hmacSHA1(Array("Hi There".utf8), key: Array(repeating: 0x0B, count: 20)))
                == "b617318655057264e28bc0b6fb378c8ef146be00")
        #expect(
            hex(hmacSHA1(Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8)))
                == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")
    }

    @Test(
        "base64 matches the published examples",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func base64Examples(_ text: String, _ encoded: String) {
        #expect(base64(Array(text.utf8)) == encoded)
        #expect(decodeBase64(encoded) == Array(text.utf8))
        #expect(base64URL(Array(text.utf8)) == encoded.filter { $0 != "=" })
    }

    @Test("bytes of every length survive encoding and decoding")
    func encodingsRoundTrip() {
        for count in 0...70 {
            let bytes = randomBytes(count)
            #expect(decodeBase64(base64(bytes)) == bytes)
            #expect(decodeHex(hex(bytes)) == bytes)
            #expect(decodeHex(hex(bytes).uppercased()) == bytes)
        }
        #expect(base64([0xFB, 0xFF]) == "+/8=")
        #expect(base64URL([0xFB, 0xFF]) == "-_8")
    }

    @Test(
        "invalid base64 is refused",
        arguments: [
            "Z", "Zg", "Zg=", "Zg===", "=", "====", "Z===", "Zh==", "Zm9=", "Zm9v\n", "Zm-_", "Zg==Zg==", "Zm9vé",
        ])
    func invalidBase64(_ text: String) {
        #expect(decodeBase64(text) == nil)
    }

    @Test("base64 without padding is read, as is base64 with it")
    func unpaddedBase64() {
        #expect(base64Unpadded([0xFB, 0xFF]) == "+/8")
        for count in 0...70 {
            let bytes = randomBytes(count)
            #expect(decodeUnpaddedBase64(base64Unpadded(bytes)) == bytes)
            #expect(decodeUnpaddedBase64(base64(bytes)) == bytes)
        }
        for text in ["Z", "Zh", "Zg===", "====", "Zm9v\n", "Zm-_", "\u{600}=", "=Zg"] {
            #expect(decodeUnpaddedBase64(text) == nil, "\(text)")
        }
    }

    @Test("invalid hexadecimal is refused", arguments: ["0", "0g", "0x12", " 12", "é1"])
    func invalidHex(_ text: String) {
        #expect(decodeHex(text) == nil)
    }

    @Test("constant-time comparison is exact")
    func equality() {
        #expect(constantTimeEqual("abc", "abc"))
        #expect(!constantTimeEqual("abc", "abd"))
        #expect(!constantTimeEqual("abc", "abcd"))
        #expect(constantTimeEqual([UInt8](), []))
    }

    @Test("a code is no word and no number, and avoids letters that people confuse")
    func codes() {
        for _ in 0..<200 {
            let code = randomCode()
            #expect(code.count == 9)
            #expect(code.utf8.dropFirst(4).first == UInt8(ascii: "-"))
            #expect(code.contains(where: \.isNumber) && code.contains(where: \.isLetter))
            #expect(code.allSatisfy { !"0O1ILU".contains($0) && ($0 == "-" || $0.isUppercase || $0.isNumber) })
        }
        #expect(Set((0..<200).map { _ in randomCode() }).count == 200)
    }

    @Test("tokens are long and unique")
    func tokens() {
        let token = randomToken(prefix: "jb")
        #expect(token.hasPrefix("jb_"))
        #expect(token.utf8.count == 46)
        #expect(token != randomToken(prefix: "jb"))
        #expect(randomBytes(0).isEmpty)
        #expect(randomBytes(32) != randomBytes(32))
    }
}
