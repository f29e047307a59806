import Crypto
import Olm
import Testing

@Suite("Olm: signatures")
struct SignatureTests {
    // RFC 8032 §7.1, test 1.
    @Test("a key from its seed signs as published")
    func published() throws {
        let key = Ed25519SigningKey(
            seed: try #require(decodeHex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")))
        #expect(
            decodeUnpaddedBase64(key.publicKey).map(hex)
                == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
        #expect(
            decodeUnpaddedBase64(key.sign([])).map(hex)
                == "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0"
                + "595bbe24655141438e7a100b")
        #expect(verifyEd25519(key.sign([]), of: [], by: key.publicKey))
        #expect("\(key) \(String(reflecting: key))" == "<redacted> <redacted>")
    }

    @Test("an altered signature, text or key is refused")
    func altered() throws {
        let account = OlmAccount()
        let text = Array("text".utf8)
        let signature = account.sign(text)
        #expect(verifyEd25519(signature, of: text, by: account.ed25519))
        #expect(!verifyEd25519(signature, of: text + [0], by: account.ed25519))
        #expect(!verifyEd25519(signature, of: text, by: OlmAccount().ed25519))
        #expect(!verifyEd25519(signature, of: text, by: account.curve25519))
        #expect(!verifyEd25519(signature + "==", of: text, by: account.ed25519))
        #expect(!verifyEd25519(signature, of: text, by: account.ed25519 + "="))
        #expect(!verifyEd25519("", of: text, by: account.ed25519))
        #expect(!verifyEd25519(signature, of: text, by: ""))
        let bytes = try #require(decodeUnpaddedBase64(signature))
        for position in bytes.indices {
            var altered = bytes
            altered[position] ^= 1
            #expect(!verifyEd25519(base64Unpadded(altered), of: text, by: account.ed25519))
        }
    }

    @Test("no second signature can be made from one by adding the order of the group")
    func malleability() throws {
        let account = OlmAccount()
        var bytes = try #require(decodeUnpaddedBase64(account.sign([1])))
        let order = try #require(decodeHex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"))
        var carry = 0
        for position in 0..<32 {
            carry += Int(bytes[32 + position]) + Int(order[position])
            bytes[32 + position] = UInt8(carry & 255)
            carry >>= 8
        }
        #expect(!verifyEd25519(base64Unpadded(bytes), of: [1], by: account.ed25519))
    }
}
