import Crypto
import JSON
import Matrix
import Olm
import TestSupport
import Testing

@Suite("Matrix keys of users")
struct MatrixUserKeysTests {
    private let alice = MatrixTestIdentity("@alice:example.org")

    private func keys(_ answer: JSON, isOwn: Bool = false) -> MatrixUserKeys {
        MatrixUserKeys(user: self.alice.user, answer: answer, isOwn: isOwn)
    }

    /// The key and the values of the appendix "Signing JSON" ("Cryptographic test vectors").
    @Test(
        arguments: [
            ([:], "K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ"),
            (
                ["one": 1, "two": "Two"],
                "KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw"
            ),
        ] as [(JSON, String)])
    func vectors(_ json: JSON, _ signature: String) throws {
        // The specification writes "…XA1"; its last two bits belong to no byte, and here they must be zero.
        let seed = try #require(decodeUnpaddedBase64("YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA0"))
        let key = Ed25519SigningKey(seed: seed)
        let signed = MatrixSigned.signing(json, user: "domain", keyID: "ed25519:1", by: key.sign)
        expectEqual(MatrixSigned.signature(of: signed, user: "domain", keyID: "ed25519:1"), signature)
        #expect(MatrixSigned.verify(signed, user: "domain", keyID: "ed25519:1", key: key.publicKey))
    }

    @Test("signatures do not cover signatures and unsigned, but all else")
    func coverage() {
        let signed = self.alice.deviceJSON
        let id = "ed25519:DEVICE"
        let isValid = { (json: JSON) in
            MatrixSigned.verify(json, user: self.alice.user, keyID: id, key: self.alice.deviceKey.publicKey)
        }
        #expect(isValid(signed))
        #expect(isValid(replacing(signed, ["unsigned"], with: ["device_display_name": "Phone"])))
        #expect(isValid(self.alice.crossSigned))
        #expect(!isValid(replacing(signed, ["algorithms"], with: [])))
        #expect(!isValid(replacing(signed, ["extra"], with: 1)))
    }

    @Test("a whole identity is read")
    func whole() {
        let keys = self.keys(self.alice.answer(), isOwn: true)
        expectEqual(keys.master, self.alice.keys.master.publicKey)
        expectEqual(keys.selfSigning, self.alice.keys.selfSigning.publicKey)
        expectEqual(keys.userSigning, self.alice.keys.userSigning.publicKey)
        expectEqual(keys.devices.map(\.id), ["DEVICE"])
        expectEqual(keys.device("DEVICE")?.isCrossSigned, true)
        expectEqual(self.keys(self.alice.answer()).userSigning, nil)
    }

    @Test("forged devices are dropped, unsigned ones are known as such")
    func forgedDevices() {
        let devices = { (json: JSON) in self.keys(self.alice.answer(device: json)).devices }
        expectEqual(devices(self.alice.deviceJSON).map(\.isCrossSigned), [false])
        let eve = MatrixTestIdentity("@alice:example.org")
        expectEqual(devices(eve.crossSigned).map(\.isCrossSigned), [false])
        #expect(devices(replacing(self.alice.crossSigned, ["device_id"], with: "OTHER")).isEmpty)
        #expect(devices(replacing(self.alice.crossSigned, ["user_id"], with: "@eve:example.org")).isEmpty)
        #expect(devices(self.alice.deviceJSON(keyID: "ed25519:DEVICE", user: "@eve:example.org")).isEmpty)
        #expect(devices(self.alice.deviceJSON(keyID: "ed25519:DEVICE=")).isEmpty)
        let padded = replacing(
            self.alice.deviceJSON, ["keys", "ed25519:DEVICE"], with: .string(self.alice.deviceKey.publicKey + "="))
        #expect(devices(padded).isEmpty)
        let curve = replacing(self.alice.crossSigned, ["keys", "curve25519:DEVICE"], with: .string(eve.curve25519))
        #expect(devices(curve).isEmpty)
        #expect(devices(.null).isEmpty)
    }

    @Test("a device whose id has more than 255 bytes is dropped", arguments: [(255, 1), (256, 0)])
    func longDevice(length: Int, count: Int) {
        let identity = MatrixTestIdentity(self.alice.user, device: String(repeating: "D", count: length))
        expectEqual(self.keys(identity.answer()).devices.count, count)
    }

    @Test("cross-signing keys without the master key's signature are dropped")
    func forgedCrossSigning() {
        let eve = MatrixTestIdentity("@alice:example.org")
        let upload = eve.keys.upload
        let path = ["self_signing_keys", self.alice.user]
        let keys = self.keys(replacing(self.alice.answer(), path, with: upload["self_signing_key"]))
        expectEqual(keys.selfSigning, nil)
        expectEqual(keys.device("DEVICE")?.isCrossSigned, false)
        let master = replacing(
            self.alice.answer(), ["master_keys", self.alice.user, "user_id"], with: "@eve:example.org")
        expectEqual(self.keys(master).master, nil)
        expectEqual(self.keys(master).selfSigning, nil)
        let swapped = replacing(
            self.alice.answer(), path, with: self.alice.keys.upload["user_signing_key"])
        expectEqual(self.keys(swapped).selfSigning, nil)
        let named = replacing(
            self.alice.answer(), ["master_keys", self.alice.user, "keys"],
            with: .object(["ed25519:OTHER": .string(self.alice.keys.master.publicKey)]))
        expectEqual(self.keys(named).master, nil)
    }

    @Test("a device that has the name of a cross-signing key is dropped")
    func sharedNamespace() {
        let master = self.alice.keys.master.publicKey
        let device = MatrixTestIdentity(self.alice.user, device: master)
        let answer = replacing(
            self.alice.answer(), ["device_keys", self.alice.user], with: .object([master: device.deviceJSON]))
        #expect(self.keys(answer).devices.isEmpty)
    }

    @Test("people are verified by the signature of the own user-signing key over their master key")
    func verified() {
        let bot = MatrixTestIdentity("@bot:example.org")
        let keys = self.alice.userKeys
        let userSigning = bot.keys.userSigning
        let body = MatrixCrossSigning.signature(
            ofMaster: self.alice.keys.master.publicKey, in: keys, signer: bot.user, by: userSigning)
        let signed = body?[self.alice.user]?[self.alice.keys.master.publicKey]
        expectEqual(signed?["signatures"]?[self.alice.user], nil)
        let answer = replacing(self.alice.answer(), ["master_keys", self.alice.user], with: signed)
        #expect(self.keys(answer).isVerified(by: userSigning.publicKey, of: bot.user))
        #expect(!self.keys(self.alice.answer()).isVerified(by: userSigning.publicKey, of: bot.user))
        expectEqual(
            MatrixCrossSigning.signature(
                ofMaster: bot.keys.master.publicKey, in: keys, signer: bot.user, by: userSigning), nil)
    }

    @Test("users whose server did not answer stay unanswered")
    func failures() {
        let query = MatrixKeyQuery(
            replacing(self.alice.answer(), ["failures"], with: ["far.example.org": [:]]),
            users: [self.alice.user, "@bob:far.example.org", "@carol:example.org"], account: self.alice.user)
        expectEqual(query.users.map(\.user), [self.alice.user, "@carol:example.org"])
        expectEqual(query.users.last?.devices.isEmpty, true)
        expectEqual(query.unanswered, ["@bob:far.example.org"])
    }

    @Test("the devices of one answer have a limit, and people beyond it are asked for again")
    func manyDevices() {
        let devices = JSONObject(members: (0..<1_000).map { ("D\($0)", [:] as JSON) })
        let users = (0..<7).map { "@u\($0):example.org" }
        var keys = JSONObject(members: users.prefix(6).map { ($0, JSON.object(devices)) })
        keys["@few:example.org"] = [:]
        let query = MatrixKeyQuery(
            ["device_keys": .object(keys)], users: users + ["@few:example.org"], account: self.alice.user)
        // The last ones have no devices.
        expectEqual(query.users.map(\.user), Array(users.prefix(5)) + [users[6], "@few:example.org"])
        expectEqual(query.unanswered, [users[5]])
    }
}
