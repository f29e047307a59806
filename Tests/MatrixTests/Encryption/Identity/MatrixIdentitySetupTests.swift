import Crypto
import JSON
import Matrix
import Primitives
import TestSupport
import Testing

@Suite("Matrix identity")
struct MatrixIdentitySetupTests {
    private func run(_ server: IdentityHomeserver, password: String? = IdentityHomeserver.password) async throws
        -> MatrixIdentityState
    {
        var setup = server.setup(password: password)
        return try await setup.run()
    }

    /// All that people and other devices need is there and fits together.
    private func expectWhole(
        _ state: MatrixIdentityState, _ server: IdentityHomeserver, backups: Int = 1, mayBeResetting: Bool = false
    ) throws {
        #expect(state.problems.isEmpty)
        #expect(state.isSigned)
        #expect(state.hasSecretStorage)
        expectEqual(state.backup?.version, String(backups))
        expectEqual(server[\.backups].count, backups)
        expectEqual(server[\.record].json["master"], nil)
        if !mayBeResetting { expectEqual(server[\.record].json["reset"], nil) }
        expectEqual(server[\.record].json["recovery_key"], nil)
        let key = try #require(server[\.recoveryKey])
        let data = server[\.accountData]
        let storage = MatrixSecretStorage(of: key)
        expectEqual(data[MatrixSecretStorage.defaultKey]?["key"]?.stringValue, storage.keyID)
        for usage in MatrixCrossSigning.Usage.allCases {
            let name = usage.secretName
            let text = storage.decrypt(data[name] ?? .null, name: name) ?? ""
            let seed = try #require(decodeUnpaddedBase64(text))
            let keys = server[\.keys]["\(usage.rawValue)_key"]?["keys"]?.objectValue?.keys
            let signing = MatrixCrossSigning(
                user: "@bot:example.org", master: seed, selfSigning: seed, userSigning: seed)
            expectEqual(keys, signing.upload["master_key"]?["keys"]?.objectValue?.keys)
        }
        let backup = storage.decrypt(
            data[MatrixKeyBackup.secretName] ?? .null, name: MatrixKeyBackup.secretName)
        expectEqual(backup.flatMap { decodeUnpaddedBase64($0) }, state.backup?.privateKey)
    }

    @Test("a new account gets keys, and its device is signed")
    func fresh() async throws {
        let server = IdentityHomeserver()
        let state = try await self.run(server)
        #expect(state.isSigned)
        #expect(state.problems.isEmpty)
        #expect(!state.hasSecretStorage)
        expectEqual(state.backup, nil)
        #expect(server[\.record].json["master"] != nil)
        let before = server[\.keys]
        try await expectEqual(self.run(server), state)
        expectEqual(server[\.keys], before)
    }

    @Test("with a recovery key all secrets go to the server, and the master key leaves the host")
    func withRecoveryKey() async throws {
        let server = IdentityHomeserver(recoveryKey: MatrixRecoveryKey())
        let state = try await self.run(server)
        try self.expectWhole(state, server)
        try await expectEqual(self.run(server), state)
    }

    @Test("a recovery key that comes later takes the master key")
    func laterRecoveryKey() async throws {
        let server = IdentityHomeserver()
        let first = try await self.run(server)
        server.state.withLock { $0.recoveryKey = MatrixRecoveryKey() }
        let state = try await self.run(server)
        expectEqual(state.masterKey, first.masterKey)
        try self.expectWhole(state, server)
    }

    @Test("a server that asks for the password gets it")
    func password() async throws {
        let server = IdentityHomeserver()
        server.state.withLock { $0.asksForPassword = true }
        try await expectEqual(self.run(server, password: nil).problem?.contains("password"), true)
        try await expectEqual(self.run(server, password: "wrong").problem?.contains("refused"), true)
        #expect(try await self.run(server).isSigned)
    }

    @Test("a host that lost its data signs its new device with the recovery key")
    func rebuilt() async throws {
        let old = IdentityHomeserver(recoveryKey: MatrixRecoveryKey())
        let before = try await self.run(old)
        let server = IdentityHomeserver(rebuilding: old)
        let state = try await self.run(server)
        try self.expectWhole(state, server)
        expectEqual(state.masterKey, before.masterKey)
        expectEqual(state.backup, before.backup)
    }

    @Test("without the recovery key, or with a wrong one, people hear what to do")
    func lost() async throws {
        let old = IdentityHomeserver(recoveryKey: MatrixRecoveryKey())
        _ = try await self.run(old)
        let server = IdentityHomeserver(rebuilding: old)
        server.state.withLock { $0.recoveryKey = nil }
        let state = try await self.run(server)
        #expect(!state.isSigned)
        expectEqual(state.problem?.contains("encryption.recovery_key"), true)
        expectEqual(state.problem?.contains("jetbridge matrix reset"), true)
        server.state.withLock { $0.recoveryKey = MatrixRecoveryKey() }
        try await expectEqual(self.run(server).problem?.contains("does not open"), true)
    }

    @Test("keys that were replaced elsewhere are not signed with")
    func replaced() async throws {
        let server = IdentityHomeserver()
        _ = try await self.run(server)
        let other = MatrixCrossSigning(user: "@bot:example.org").upload
        server.state.withLock { state in
            for (name, key) in other { state.keys[name] = key }
        }
        let state = try await self.run(server)
        #expect(!state.isSigned)
        #expect(state.problem != nil)
    }

    @Test("a signature that the server does not keep is noticed")
    func lostSignature() async throws {
        let server = IdentityHomeserver()
        server.state.withLock { $0.losesSignatures = true }
        let state = try await self.run(server)
        #expect(!state.isSigned)
        expectEqual(state.problem?.contains("does not show it"), true)
    }

    @Test("other keys under this device's id are noticed")
    func foreignDevice() async throws {
        let server = IdentityHomeserver()
        let other = MatrixTestIdentity("@bot:example.org")
        server.state.withLock { $0.device = other.deviceJSON }
        let state = try await self.run(server)
        #expect(!state.isSigned)
        expectEqual(state.problem?.contains("new device"), true)
    }

    @Test("a process that ends after any step of the first start reaches the same state")
    func crashes() async throws {
        var step = 1
        while true {
            let server = IdentityHomeserver(recoveryKey: MatrixRecoveryKey())
            server.state.withLock { $0.lastStep = step }
            let isDone = (try? await self.run(server)) != nil
            server.state.withLock { $0.lastStep = .max }
            let state = try await self.run(server)
            try self.expectWhole(state, server)
            if isDone { break }
            step += 1
        }
        #expect(step > 20)
    }

    @Test("a reset replaces everything, also if it ends after any step")
    func reset() async throws {
        var step = 1
        while true {
            let server = IdentityHomeserver(recoveryKey: MatrixRecoveryKey())
            let before = try await self.run(server)
            server.state.withLock { state in
                state.steps = 0
                state.lastStep = step
            }
            var first = server.setup()
            let isDone = (try? await first.reset()) != nil
            server.state.withLock { $0.lastStep = .max }
            // An ordinary start is whole with either identity.
            let between = try await self.run(server)
            let isOld = between.masterKey == before.masterKey
            try self.expectWhole(between, server, backups: isOld ? 1 : 2, mayBeResetting: isOld)
            if isOld {
                var second = server.setup()
                let state = try await second.reset()
                #expect(state.masterKey != before.masterKey)
                try self.expectWhole(state, server, backups: 2)
            }
            if isDone { break }
            step += 1
        }
        #expect(step > 20)
    }

    @Test("a refused reset changes nothing")
    func refusedReset() async throws {
        let server = IdentityHomeserver(recoveryKey: MatrixRecoveryKey())
        let before = try await self.run(server)
        let key = server[\.recoveryKey]
        var setup = server.setup(password: "wrong")
        let state = try await setup.reset()
        expectEqual(state.problem, "The server refused the account's password.")
        expectEqual(server[\.recoveryKey], key)
        try await expectEqual(self.run(server), before)
        try self.expectWhole(before, server)
    }
}
