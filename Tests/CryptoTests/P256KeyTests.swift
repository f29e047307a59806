import Testing

@testable import Crypto

@Suite("Key pairs on P-256")
struct P256KeyTests {
    /// NIST CAVP, KAS ECC CDH primitive, P-256, COUNT = 0.
    @Test("the agreed secret is that of NIST's example, from both sides the same")
    func agreement() throws {
        let own = try #require(
            P256Key(
                privateNumber: decodeHex("7d7dc5f71eb29ddaf80d6214632eeae03d9058af1fb6d22ed80badb62bc1a534") ?? []))
        let other = try #require(
            decodeHex(
                "04700c48f77f56584c5cc632ca65640db91b6bacce3a4df6b42ce7cc838833d287"
                    + "db71e509e3fd9b060ddb20ba5c51dcc5948d46fbf640dfe0441782cab85fa4ac"))
        #expect(
            own.agreement(with: other).map(hex)
                == "46fc62106420ff012e54a434fbdd2d25ccc5852060561e68040dd7778997bd7b")
        let (one, two) = (P256Key.random(), P256Key.random())
        #expect(one.agreement(with: two.publicPoint) == two.agreement(with: one.publicPoint))
        #expect(one.agreement(with: two.publicPoint) != nil)
    }

    @Test("what it signs is accepted for its public point alone, and is r and s of 32 bytes each")
    func signatures() {
        let key = P256Key.random()
        let (x, y) = (Array(key.publicPoint[1..<33]), Array(key.publicPoint[33...]))
        // Numbers with leading zeros occur in one of 128.
        for number in 0..<300 {
            let text = Array("text \(number)".utf8)
            let signature = key.signature(of: text)
            #expect(signature.count == 64 && PublicKey.p256(x: x, y: y).accepts(signature, of: text))
            #expect(!PublicKey.p256(x: x, y: y).accepts(signature, of: text + [0]))
        }
    }

    @Test("numbers that no key has, and bytes that are no point, are refused")
    func refused() {
        let order = decodeHex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551") ?? []
        for number in [[], [UInt8](repeating: 0, count: 32), order, [UInt8](repeating: 0xFF, count: 32)] {
            #expect(P256Key(privateNumber: number) == nil)
        }
        let key = P256Key.random()
        for point in [
            [], [UInt8](repeating: 4, count: 65), Array(key.publicPoint.dropLast()),
            [0x02] + key.publicPoint.dropFirst(),
        ] { #expect(key.agreement(with: point) == nil) }
    }

    @Test("AES-128-GCM is that of NIST's example, and refuses altered bytes")
    func aes() {
        // SP 800-38D's reference vectors (McGrew and Viega), test case 2.
        let zeros = [UInt8](repeating: 0, count: 16)
        let sealed = sealAESGCM(zeros, key: zeros, nonce: Array(zeros[..<12]))
        #expect(hex(sealed) == "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf")
        #expect(openAESGCM(sealed, key: zeros, nonce: Array(zeros[..<12])) == zeros)
        #expect(openAESGCM(sealed.dropLast() + [0], key: zeros, nonce: Array(zeros[..<12])) == nil)
    }
}
