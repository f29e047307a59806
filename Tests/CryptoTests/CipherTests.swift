import Crypto
import Testing

@Suite("Crypto: ciphers and key derivation")
struct CipherTests {
    // NIST SP 800-38A F.5.5.
    @Test("AES-256-CTR matches the published example, whole and in pieces", arguments: [64, 1, 7, 16, 17])
    func counterMode(piece: Int) throws {
        let key = try #require(decodeHex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"))
        let counter = try #require(decodeHex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"))
        let plain = try #require(
            decodeHex(
                "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                    + "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"))
        let expected =
            "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"
            + "2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6"
        var cipher = AES256CTR(key: key, iv: counter)
        var output: [UInt8] = []
        for start in stride(from: 0, to: plain.count, by: piece) {
            output += cipher.apply(Array(plain[start..<min(start + piece, plain.count)]))
            output += cipher.apply([])
        }
        #expect(hex(output) == expected)
    }

    @Test("AES-256-GCM opens what it sealed and nothing else")
    func authenticated() {
        let key = randomBytes(32)
        for count in [0, 1, 16, 1_000] {
            let bytes = randomBytes(count)
            let sealed = sealAES256GCM(bytes, key: key)
            #expect(sealed.count == count + 28)
            #expect(sealed != sealAES256GCM(bytes, key: key))
            #expect(openAES256GCM(sealed, key: key) == bytes)
            #expect(openAES256GCM(sealed, key: randomBytes(32)) == nil)
            for position in [0, 11, 12, sealed.count - 17, sealed.count - 16, sealed.count - 1] {
                var altered = sealed
                altered[position] ^= 1
                #expect(openAES256GCM(altered, key: key) == nil)
            }
            #expect(openAES256GCM(Array(sealed.dropLast()), key: key) == nil)
            #expect(openAES256GCM(sealed + [0], key: key) == nil)
            #expect(openAES256GCM(Array(sealed.prefix(27)), key: key) == nil)
            #expect(openAES256GCM(sealed, key: Array(key.dropLast())) == nil)
        }
    }

    // NIST's GCM specification (McGrew and Viega), test case 14: one block of zeros, key and nonce of zeros.
    @Test("AES-256-GCM opens the published example")
    func published() throws {
        let sealed = try #require(
            decodeHex(
                "000000000000000000000000" + "cea7403d4d606b6e074ec5d3baf39d18"
                    + "d0d1c8a799996bf0265b98b5d48ab919"))
        #expect(openAES256GCM(sealed, key: [UInt8](repeating: 0, count: 32)) == [UInt8](repeating: 0, count: 16))
    }

    // RFC 5869 A.1 and A.3.
    @Test("HKDF matches the published examples")
    func derivation() {
        let key = [UInt8](repeating: 0x0B, count: 22)
        #expect(
            hex(hkdfSHA256(key, salt: Array(0...0x0C), info: Array(0xF0...0xF9), count: 42))
                == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")
        #expect(
            hex(hkdfSHA256(key, salt: [], info: [], count: 42))
                == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8")
        #expect(hkdfSHA256(key, salt: [], info: [], count: 8_160).count == 8_160)
    }
}
