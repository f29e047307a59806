import Crypto
import JSON
import Matrix
import Olm
import TestSupport
import Testing

@Suite("Matrix recovery key, secret storage and backup")
struct MatrixSecretsTests {
    @Test("a recovery key is read as it is written, with any white space")
    func recoveryKey() throws {
        let key = MatrixRecoveryKey()
        let text = key.reveal()
        expectEqual(text.count, 59)
        #expect(text.split(separator: " ").allSatisfy { $0.count == 4 })
        expectEqual(MatrixRecoveryKey(text), key)
        expectEqual(MatrixRecoveryKey("\n " + text.replacing(" ", with: "") + "\r\n"), key)
        expectEqual("\(key)", "<redacted>")
    }

    /// The private key of RFC 7748 §6.1, as other clients write it.
    @Test("a known key")
    func knownKey() throws {
        let bytes = try #require(decodeHex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"))
        expectEqual(
            MatrixRecoveryKey(bytes: bytes).reveal(), "EsTc LW2K PGiF wKEA 3As5 g5c4 BXwk qeeJ ZJV8 Q9fu gUMN UE4d")
    }

    @Test(
        "what is no recovery key is refused",
        arguments: [
            "", " ", "0OIl", "EsTc LW2K PGiF wKEA 3As5 g5c4 BXwk qeeJ ZJV8 Q9fu gUMN UE4e",
            "EsTc LW2K PGiF wKEA 3As5 g5c4 BXwk qeeJ ZJV8 Q9fu gUMN", String(repeating: "z", count: 10_000),
        ])
    func badKeys(_ text: String) { expectEqual(MatrixRecoveryKey(text), nil) }

    @Test("a secret comes back with the same key and name only")
    func secretStorage() {
        let storage = MatrixSecretStorage(of: MatrixRecoveryKey())
        let sealed = storage.encrypt("secret", name: "m.cross_signing.master")
        expectEqual(storage.decrypt(sealed, name: "m.cross_signing.master"), "secret")
        expectEqual(storage.decrypt(sealed, name: "m.cross_signing.self_signing"), nil)
        let other = MatrixSecretStorage(keyID: storage.keyID, key: MatrixRecoveryKey())
        expectEqual(other.decrypt(sealed, name: "m.cross_signing.master"), nil)
        for part in ["iv", "ciphertext", "mac"] {
            let path = ["encrypted", storage.keyID, part]
            expectEqual(storage.decrypt(replacing(sealed, path, with: nil), name: "m.cross_signing.master"), nil)
            let altered = replacing(sealed, path, with: .string(base64(randomBytes(16))))
            // The counter's start is not authenticated, and another one gives another text.
            #expect(storage.decrypt(altered, name: "m.cross_signing.master") != "secret")
        }
    }

    @Test("ciphertexts of other keys are kept, and padding is read")
    func others() {
        let storage = MatrixSecretStorage(of: MatrixRecoveryKey())
        let sealed = storage.encrypt("secret", name: "name", present: ["encrypted": ["other": ["iv": "x"]]])
        expectEqual(sealed["encrypted"]?["other"], ["iv": "x"])
        var padded = sealed
        for part in ["iv", "ciphertext", "mac"] {
            let bytes = sealed["encrypted"]?[storage.keyID]?[part]?.stringValue.flatMap { decodeUnpaddedBase64($0) }
            padded = replacing(padded, ["encrypted", storage.keyID, part], with: .string(base64(bytes ?? [])))
        }
        #expect(padded != sealed)
        expectEqual(storage.decrypt(padded, name: "name"), "secret")
    }

    @Test("the description proves the key")
    func description() {
        let key = MatrixRecoveryKey()
        let storage = MatrixSecretStorage(of: key)
        let description = storage.description()
        #expect(storage.matches(description))
        #expect(!MatrixSecretStorage(of: MatrixRecoveryKey()).matches(description))
        #expect(!storage.matches(replacing(description, ["mac"], with: nil)))
        expectEqual(MatrixSecretStorage(of: key).keyID, storage.keyID)
    }

    @Test("a room key comes back from the backup")
    func backup() throws {
        let backup = try #require(MatrixKeyBackup(version: "1", privateKey: randomBytes(32)))
        let data = try #require(
            backup.encrypted(
                exported: "AQ", firstIndex: 3, senderKey: "curve", claimedEd25519: "ed", isVerified: true))
        expectEqual(data["first_message_index"], 3)
        let session = backup.decrypted(data)
        expectEqual(session?.exported, "AQ")
        expectEqual(session?.senderKey, "curve")
        expectEqual(session?.claimedEd25519, "ed")
        let other = try #require(MatrixKeyBackup(version: "1", privateKey: randomBytes(32)))
        expectEqual(other.decrypted(data), nil)
        expectEqual(backup.decrypted(replacing(data, ["session_data", "ciphertext"], with: "AAAA")), nil)
        expectEqual(MatrixKeyBackup(version: "1", privateKey: []), nil)
    }

    @Test("the backup is signed by the master key")
    func authData() throws {
        let keys = MatrixCrossSigning(user: "@bot:example.org")
        let backup = try #require(MatrixKeyBackup(version: "1", privateKey: randomBytes(32)))
        let data = MatrixKeyBackup.authData(publicKey: backup.publicKey, user: keys.user, by: keys.master)
        #expect(MatrixSigned.verify(data, user: keys.user, key: keys.master.publicKey))
        #expect(
            MatrixKeyBackup.isOf(
                backup.publicKey, ["algorithm": .string(MatrixKeyBackup.algorithm), "auth_data": data]))
        #expect(!MatrixKeyBackup.isOf(backup.publicKey, ["algorithm": "other", "auth_data": data]))
    }

    @Test("the record survives as JSON, and never prints its keys")
    func record() {
        let record = MatrixIdentityRecord([
            "master_key": "M", "master": .string(base64Unpadded(randomBytes(32))), "backup_version": "2",
            "replaces_storage": true,
        ])
        expectEqual(MatrixIdentityRecord(record.json), record)
        expectEqual("\(record)", "<redacted>")
        var dump = ""
        Swift.dump(record, to: &dump)
        #expect(!dump.contains(record.json["master"]?.stringValue ?? "-"))
    }
}
