import Crypto
import HTTP
import JSON
import TestSupport
import Testing

@testable import Push

@Suite("What goes to push services")
struct PushEncryptionTests {
    private static func bytes(_ text: String) throws -> [UInt8] { try #require(decodeBase64URL(text)) }

    @Test("a message is encrypted as in RFC 8291, Appendix A")
    func example() throws {
        let key = try #require(P256Key(privateNumber: Self.bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")))
        let body = PushEncryption.body(
            Array("When I grow up, I want to be a watermelon".utf8),
            to: try Self.bytes(
                "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
            secret: try Self.bytes("BTBZMqHH6r4Tts7J_aSIgg"), key: key, salt: try Self.bytes("DGv6ra1nlYgDCS1FRnbzlw"))
        expectEqual(
            body.map(base64URL),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK"
                + "6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN")
    }

    @Test("what is too long for one record, or for no key, is not encrypted")
    func refused() {
        let point = P256Key.random().publicPoint
        let secret = [UInt8](repeating: 1, count: 16)
        let longest = PushEncryption.body([UInt8](repeating: 0, count: PushEncryption.limit), to: point, secret: secret)
        expectEqual(longest?.count, 4_096)
        let longer = [UInt8](repeating: 0, count: PushEncryption.limit + 1)
        #expect(PushEncryption.body(longer, to: point, secret: secret) == nil)
        #expect(PushEncryption.body([], to: [4, 2], secret: secret) == nil)
    }

    @Test("a request says who sends it, to whom, and for how long, signed as in RFC 8292")
    func authorization() throws {
        let key = PushKey(derivedFrom: [1, 2, 3])
        expectEqual(PushKey(derivedFrom: [1, 2, 3]).publicText, key.publicText)
        #expect(PushKey(derivedFrom: [1, 2, 4]).publicText != key.publicText)
        let text = key.authorization(
            for: try HTTPURL("https://push.example.net:444/p/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV"),
            contact: "https://bot.example.org", at: 1_700_000_000)
        let parts = text.split(separator: ", k=")
        #expect(parts.count == 2 && parts[0].hasPrefix("vapid t="))
        let token = parts[0].dropFirst("vapid t=".count).split(separator: ".").map(String.init)
        let claims = try JSON.parse(try Self.bytes(token[1]))
        expectEqual(
            claims,
            ["aud": "https://push.example.net:444", "exp": 1_700_043_200, "sub": "https://bot.example.org"])
        expectEqual(try JSON.parse(try Self.bytes(token[0]))["alg"], "ES256")
        let point = try Self.bytes(String(parts[1]))
        let owner = PublicKey.p256(x: Array(point[1..<33]), y: Array(point[33...]))
        #expect(owner.accepts(try Self.bytes(token[2]), of: Array("\(token[0]).\(token[1])".utf8)))
    }

    @Test("the long texts of a message are cut, so that it always fits")
    func size() throws {
        var note = PushNote(
            for: "s", .answers, "op", session: nil, title: String(repeating: "\u{1}", count: 5_000),
            line: String(repeating: "\u{1F600}", count: 5_000), path: "/" + String(repeating: "x", count: 5_000), at: 0,
            endsAt: 1)
        #expect(note.text.count <= PushEncryption.limit)
        note.path = "/#/t/s_1"
        expectEqual(try JSON.parse(note.text)["url"], "/#/t/s_1")
    }
}
