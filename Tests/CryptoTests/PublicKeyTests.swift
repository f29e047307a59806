import Testing

@testable import Crypto

/// The keys and signatures are of PyJWT 2.15 with the library `cryptography`.
@Suite("Public keys")
struct PublicKeyTests {
    private static let rsa = (
        modulus: """
        pqGX9WdadPryb_MuTzHf8bIO2oWa6aNpbxjTZqbv3Pp7v7OZRFuq-qla3s4zitfDSXczu9k1PHs2PS9gUTHogBYPnlAhkW0Thg_dFZWSqHiTBBWF\
        c0HcLKkTvzLTC4hSqsqPldHrMbX0xYN_G3XBM5xWqkeiWGH47hbj3s_Rxx3g6HmB1j8QkYOedReuV92Y2Yi2dsS5pA4tJULHJlZN3pBj-cE00aUB\
        Jy4t0uhUICWMLqc8KCpzb7tiZ5waS5R3YwQ3kKcPQ0sqpjjM4BOMikNKzb-XkBcgtnQ_UjoIz80grRZ-0JB5T6OOHtrWIt6CGJ-ES3ZKLSad6eCa\
        SkfDKQ
        """,
        token: """
        eyJhbGciOiJSUzI1NiIsImtpZCI6InIxIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2xvZ2luLmV4YW1wbGUiLCJzdWIiOiI3IiwiYXVk\
        IjoiamV0YnJpZGdlIiwiZXhwIjoxNzAwMDAzNjAwLCJpYXQiOjE3MDAwMDAwMDAsIm5vbmNlIjoibi0xIn0.YjHd_5xYfM0KW98hvK69YEuotKio\
        5h9tnT_6Fsle8oU96ivjuoSEFr2L-jnIMTedqPA4j6vLHnlTCQr6vHz1xbCtnk-Uo_VMzK5ZmehH1dRcF8rDCe2HxS0zsretCq2Wk-_MEJdPv9cP\
        93pVI-tAyax0Mho4zHtoJeIXvip-O8Jbl4ebXBusNJgaYEO8iV3yxcKdX8CLMLlBS4M6JqjtZV9zHTF5M4kUXehIDaAZNJh82w1MW_u0iL8FwsqA\
        em0LT5eTckW1ei1Z3KH2645LSumNqo0fd4n3oJb8SxyIuDvoZhUxgmBmAD8HqIZZZAkn7C_8v4cGDeISAmpNPIxk-A
        """
    )
    private static let p256 = (
        x: "W6fLoe-ezlPHApVPrVFdKAzuoj_OWHp0cc3IpaR-9Rw", y: "MNGSqjb0l3tRuxBEtry7q5Qs1jtEY_Fm96g9pEPhLC8",
        token: """
        eyJhbGciOiJFUzI1NiIsImtpZCI6ImUxIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2xvZ2luLmV4YW1wbGUiLCJzdWIiOiI3IiwiYXVk\
        IjoiamV0YnJpZGdlIiwiZXhwIjoxNzAwMDAzNjAwLCJpYXQiOjE3MDAwMDAwMDAsIm5vbmNlIjoibi0xIn0.djpUlTj0ymp2CW-pjr-XdcKJvGFZ\
        we_wkGumZvaXs2wT8VhBj7g7GZTAHWauWyeghlxHjDwrrQxE42O06WdQWA
        """
    )

    private static func bytes(_ text: String) -> [UInt8] { decodeBase64URL(text) ?? [] }

    private static func parts(_ token: String) -> (signed: [UInt8], signature: [UInt8]) {
        let parts = token.split(separator: ".").map(String.init)
        return (Array("\(parts[0]).\(parts[1])".utf8), Self.bytes(parts[2]))
    }

    private static let keys: [(PublicKey, String)] = [
        (.rsa(modulus: Self.bytes(Self.rsa.modulus), exponent: [1, 0, 1]), Self.rsa.token),
        (.p256(x: Self.bytes(Self.p256.x), y: Self.bytes(Self.p256.y)), Self.p256.token),
    ]

    @Test("a signature of another program is accepted, and no altered one", arguments: [0, 1])
    func signatures(_ index: Int) {
        let (key, token) = Self.keys[index]
        let (signed, signature) = Self.parts(token)
        #expect(key.accepts(signature, of: signed))
        #expect(!key.accepts(signature, of: signed + [0]))
        for position in stride(from: 0, to: signature.count, by: 7) {
            var other = signature
            other[position] ^= 1
            #expect(!key.accepts(other, of: signed))
        }
        for length in [0, 1, signature.count - 1] { #expect(!key.accepts(Array(signature[..<length]), of: signed)) }
        #expect(!key.accepts(signature + [0], of: signed))
        #expect(!Self.keys[1 - index].0.accepts(signature, of: signed))
        // r and s are zero: no signature, whatever the text.
        #expect(!key.accepts([UInt8](repeating: 0, count: 64), of: signed))
    }

    @Test("keys that make no sense accept nothing")
    func wrongKeys() {
        let (signed, signature) = Self.parts(Self.rsa.token)
        let modulus = Self.bytes(Self.rsa.modulus)
        let wrong: [PublicKey] = [
            .rsa(modulus: [], exponent: [1, 0, 1]), .rsa(modulus: modulus, exponent: []),
            .rsa(modulus: Array(modulus.prefix(128)), exponent: [1, 0, 1]),
            .rsa(modulus: [UInt8](repeating: 0, count: 256), exponent: [3]),
            // Not on the curve.
            .p256(x: [UInt8](repeating: 1, count: 32), y: [UInt8](repeating: 1, count: 32)),
            .p256(x: Self.bytes(Self.p256.x), y: []),
        ]
        for key in wrong { #expect(!key.accepts(signature, of: signed)) }
        // A leading zero is no other number.
        #expect(PublicKey.rsa(modulus: [0] + modulus, exponent: [0, 1, 0, 1]).accepts(signature, of: signed))
    }

    @Test("Base64 of URLs is decoded strictly", arguments: ["", "AA", "_-8", "AAA", "AAAA"])
    func base64(_ text: String) {
        #expect(decodeBase64URL(text).map { base64URL($0) } == text)
        for wrong in [text + "=", text + "+", text + "/", text + " "] { #expect(decodeBase64URL(wrong) == nil) }
    }
}
