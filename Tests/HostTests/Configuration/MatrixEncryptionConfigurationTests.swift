import Host
import JSON
import Matrix
import TestSupport
import Testing

@Suite("Configuration: encryption on Matrix")
struct MatrixEncryptionConfigurationTests {
    private func read(_ encryption: String) -> LoadedConfiguration {
        load(
            "adapters: {matrix: [{id: home, homeserver: \"https://x\", user: \"@bot:x\", access_token: {env: SYT}\(encryption)}]}",
            environment: ["SYT": "syt_secret"])
    }

    private func settings(_ encryption: String) -> MatrixEncryptionSettings? {
        self.read(encryption).configuration?.adapters.matrix.first?.encryption
    }

    @Test("encryption is on, for every device, without a recovery key", arguments: ["", ", encryption: {}"])
    func defaults(_ text: String) {
        expectEqual(self.read(text).issues, [])
        expectEqual(self.settings(text), MatrixEncryptionSettings(isEnabled: true, trust: .any, recoveryKeyFile: nil))
    }

    @Test("so it is on one of several hosts")
    func cluster() throws {
        let folder = try TemporaryDirectory()
        let key = folder.write("key", String(repeating: "k7", count: 32))
        let loaded = load(
            """
            store: {url: "postgres://jetbridge@127.0.0.1/jetbridge"}
            cluster: {name: a, key: {file: \(key)}}
            objects: {directory: \(folder.path)/objects}
            adapters: {matrix: [{id: home, homeserver: "https://x", user: "@bot:x", access_token: {env: SYT}}]}
            """, environment: ["SYT": "syt_secret"])
        expectEqual(loaded.errors, [])
        expectEqual(loaded.configuration?.adapters.matrix.first?.encryption.isEnabled, true)
    }

    @Test(
        "each word says who is trusted",
        arguments: [
            ("any", MatrixEncryptionSettings.Trust.any), ("cross-signed", .crossSigned), ("verified", .verified),
        ])
    func trust(word: String, trust: MatrixEncryptionSettings.Trust) {
        expectEqual(self.settings(", encryption: {trust: \(word)}")?.trust, trust)
    }

    @Test(
        "a wrong value names the key and what is valid",
        arguments: [
            ("{trust: signed}", "trust", "'signed' is not one of any, cross-signed, verified"),
            ("{trust: cross_signed}", "trust", "'cross_signed' is not one of any, cross-signed, verified"),
            ("{enabled: sometimes}", "enabled", "expected true or false, found text"),
            (
                "{recovery_key: EsTc LW2K PGiF wKEA}", "recovery_key",
                "a secret cannot be written here; use {file: PATH}, which 'jetbridge matrix recovery-key' creates"
            ),
            (
                "{recovery_key: {env: SYT}}", "recovery_key",
                "this secret is {file: PATH}, which 'jetbridge matrix recovery-key' creates"
            ),
            (
                "{recovery_key: {}}", "recovery_key",
                "this secret is {file: PATH}, which 'jetbridge matrix recovery-key' creates"
            ),
        ])
    func mistakes(text: String, key: String, message: String) {
        let errors = self.read(", encryption: \(text)").errors
        expectEqual(errors.map(\.path), ["adapters.matrix[0].encryption.\(key)"])
        expectEqual(errors.first?.message, message)
        expectEqual(errors.first?.description.contains("EsTc"), false)
    }

    @Test("a mistyped key is told the nearest one")
    func unknownKey() {
        expectEqual(self.read(", encryption: {trusted: any}").errors.first?.nearest, "trust")
        expectEqual(
            self.read(", encryption: {recovery: {file: x}}").errors.first?.message.contains("unknown key"), true)
    }

    @Test("the recovery key's file may be missing: it is made later")
    func missingFile() throws {
        let folder = try TemporaryDirectory()
        let text = ", encryption: {recovery_key: {file: \(folder.path)/none/matrix.recovery}}"
        expectEqual(self.read(text).issues, [])
        expectEqual(self.settings(text)?.recoveryKeyFile, "\(folder.path)/none/matrix.recovery")
    }

    @Test("a recovery key that exists is checked like every secret file")
    func file() throws {
        let folder = try TemporaryDirectory()
        func loaded(_ path: String) -> LoadedConfiguration {
            self.read(", encryption: {recovery_key: {file: \(path)}}")
        }
        let good = folder.write("good", "EsTc LW2K\n")
        expectEqual(loaded(good).issues, [])
        expectEqual(loaded(good).effective.text.contains("EsTc"), false)
        let open = folder.write("open", "EsTc LW2K\n", mode: 0o644)
        expectEqual(loaded(open).warnings.map(\.message), ["others can read \(open); run: chmod 600 \(open)"])
        let empty = folder.write("empty", "\n")
        expectEqual(loaded(empty).errors.map(\.message), ["the secret file \(empty) is empty"])
        expectEqual(loaded(folder.path).errors.first?.message.hasSuffix("it is not a regular file"), true)
    }

    @Test("a recovery key that appears or changes is a change of its key")
    func changes() throws {
        let folder = try TemporaryDirectory()
        let text = ", encryption: {recovery_key: {file: \(folder.path)/key}}"
        let before = self.read(text).content
        folder.write("key", "EsTc LW2K\n")
        let after = self.read(text).content
        expectEqual(after.changes(from: before), ["adapters.matrix[0].encryption.recovery_key"])
        expectEqual(self.read(text).content.changes(from: after), [])
    }

    @Test("keys that have no effect are a warning")
    func off() {
        let loaded = self.read(", encryption: {enabled: false, trust: verified}")
        #expect(loaded.errors == [] && loaded.warnings.map(\.path) == ["adapters.matrix[0].encryption"])
        expectEqual(self.settings(", encryption: {enabled: false}")?.isEnabled, false)
        expectEqual(self.read(", encryption: {enabled: false}").issues, [])
    }

    @Test("what takes effect is printed, with the recovery key's path only")
    func effective() throws {
        let printed = try #require(self.read("").effective["adapters"]?["matrix"]?.arrayValue?.first?["encryption"])
        expectEqual(printed, ["enabled": true, "trust": "any"])
        let own = try #require(
            self.read(", encryption: {recovery_key: {file: /etc/key}}").effective["adapters"]?["matrix"]?.arrayValue?
                .first?["encryption"])
        #expect(own["recovery_key"] == ["file": "/etc/key"] && own["enabled"] == true)
    }
}
