internal import Crypto
internal import Database
internal import JSON
internal import Lifecycle
internal import Logging
internal import Olm
internal import Primitives

/// The account's identity: without a device that it has signed, other people's apps send the bot no keys.
///
/// Every step looks at the server first and is stored before it is made known, so that it can be repeated after a crash.
extension MatrixEncryption {
    /// Makes or fetches the account's cross-signing keys, signs the device, and keeps secrets and room keys on the server
    /// where there is a recovery key. What is wrong afterwards stands in ``trouble``.
    ///
    /// - Parameter password: for servers that ask for it; nil with an access token.
    func setUpIdentity(password: Secret?) async throws {
        let answer = try await self.ask(.queryKeys(of: [self.user]))
        let shown = MatrixKeyQuery.keys(of: self.user, in: answer)
        var identity = try await self.storedIdentity()
        let (recoveryKey, problem) = self.readRecoveryKey()
        if shown.master == nil {
            if identity.seeds.count < 3 {
                identity = MatrixCrossSigning.random()
                try await self.store(identity)
            }
            try await self.upload(identity, password: password)
        } else if identity.key(.selfSigning)?.publicKey != shown.selfSigning || shown.selfSigning == nil {
            guard let recovered = try await self.recoveredIdentity(shown, recoveryKey) else {
                self.trouble = problem ?? Self.foreignIdentityText(recoveryKey != nil)
                return
            }
            identity = recovered
            try await self.store(identity)
        }
        guard try await self.signDevice(identity) else {
            self.trouble = "the homeserver does not keep the signature of the bot's device; other apps will not trust it"
            return
        }
        self.trouble = problem
        guard let recoveryKey else { return }
        try await self.keepSecrets(identity, recoveryKey)
        if self.trouble == nil { try await self.openBackup(recoveryKey) }
    }

    private static func foreignIdentityText(_ hasRecoveryKey: Bool) -> String {
        hasRecoveryKey
            ? "the bot's device is not signed: the recovery key does not open the account's identity; correct the recovery "
                + "key, or run `jetbridge matrix reset`"
            : "the bot's device is not signed: the account has an identity whose keys are not here; set "
                + "encryption.recovery_key, or run `jetbridge matrix reset`"
    }

    /// Makes a new identity in place of one whose keys are lost. Everybody has to verify the bot again.
    func resetIdentity(password: Secret?) async throws {
        let identity = MatrixCrossSigning.random()
        try await self.store(identity)
        var changes = MatrixKeyChanges()
        changes.setSecret(MatrixKeyBackup.secretName, nil)
        changes.setFact("backup", nil)
        changes.forgetBackups()
        try await self.commit(changes)
        try await self.upload(identity, password: password)
        try await self.setUpIdentity(password: password)
    }

    // MARK: Keys

    private func storedIdentity() async throws -> MatrixCrossSigning {
        var identity = MatrixCrossSigning(seeds: [:])
        for part in MatrixCrossSigning.Part.allCases {
            identity.seeds[part] = try await self.store.secret(part.rawValue)
        }
        return identity
    }

    private func store(_ identity: MatrixCrossSigning) async throws {
        var changes = MatrixKeyChanges()
        for part in MatrixCrossSigning.Part.allCases {
            changes.setSecret(part.rawValue, identity.seeds[part].map(self.store.sealed))
        }
        try await self.commit(changes)
    }

    /// The key in the configured file, or what is wrong with it.
    private func readRecoveryKey() -> (MatrixRecoveryKey?, problem: String?) {
        guard let path = self.settings.recoveryKeyFile else { return (nil, nil) }
        guard let text = PrivateFile.text(of: path) else {
            return (nil, "there is no recovery key at \(path); make one with `jetbridge matrix recovery-key`")
        }
        guard let key = MatrixRecoveryKey(text) else {
            return (nil, "\(path) does not contain a recovery key: 48 letters and digits in groups of four")
        }
        return (key, nil)
    }

    private func recoveredIdentity(
        _ shown: MatrixUserKeys, _ recoveryKey: MatrixRecoveryKey?
    ) async throws -> MatrixCrossSigning? {
        guard let recoveryKey, let keyID = try await self.storageKey(recoveryKey) else { return nil }
        var identity = MatrixCrossSigning(seeds: [:])
        for part in MatrixCrossSigning.Part.allCases where part != .master {
            let content = try await self.accountData(part.rawValue)
            identity.seeds[part] = content.flatMap {
                MatrixSecretStorage.secret(part.rawValue, in: $0, keyID: keyID, recoveryKey)
            }
        }
        // Compared by the key itself: an id proves nothing.
        guard identity.key(.selfSigning)?.publicKey == shown.selfSigning else { return nil }
        if identity.key(.userSigning)?.publicKey != shown.userSigning { identity.seeds[.userSigning] = nil }
        return identity
    }

    private func upload(_ identity: MatrixCrossSigning, password: Secret?) async throws {
        guard let keys = identity.upload(for: self.user) else { return }
        do {
            _ = try await self.ask(.uploadCrossSigning(keys, authentication: nil))
        } catch let error as MatrixCallError {
            guard error.refusal?.status == 401, let session = error.refusal?.session else { throw error }
            guard let password else {
                throw MatrixCallError(
                    "the homeserver asks for the account's password to accept a new identity; set password instead of "
                        + "access_token for this once", refusal: nil)
            }
            _ = try await self.ask(
                .uploadCrossSigning(
                    keys,
                    authentication: [
                        "type": "m.login.password", "session": .string(session),
                        "identifier": ["type": "m.id.user", "user": .string(self.user)],
                        "password": .string(password.reveal()),
                    ]))
        }
        self.logger.info("Made the account's identity for encryption")
    }

    /// Signs the device, and reads back what the server shows: uploads fail with a success, and old signatures stay.
    private func signDevice(_ identity: MatrixCrossSigning) async throws -> Bool {
        for attempt in 0..<2 {
            let answer = try await self.ask(.queryKeys(of: [self.user]))
            let shown = MatrixKeyQuery.keys(of: self.user, in: answer)
            let own = shown.devices.first { $0.id == self.device && $0.ed25519 == self.account?.ed25519 }
            if own?.isCrossSigned == true {
                if let master = shown.master {
                    try await self.refresh([self.user])
                    try await self.setVerified(self.user, master: master)
                }
                return true
            }
            guard attempt == 0, let account = self.account,
                let signed = identity.signing(device: self.deviceKeys(account), of: self.user)
            else { return false }
            _ = try await self.ask(.uploadSignatures(.object([self.user: .object([self.device: signed])])))
        }
        return false
    }

    // MARK: Secret storage

    func accountData(_ type: String) async throws -> JSON? {
        do {
            return try await self.ask(.accountData(type, of: self.user))
        } catch let error as MatrixCallError where error.refusal?.status == 404 {
            return nil
        }
    }

    /// The id of the account's storage key if `recoveryKey` is it.
    private func storageKey(_ recoveryKey: MatrixRecoveryKey) async throws -> String? {
        guard let id = try await self.accountData(MatrixSecretStorage.defaultKeyType)?["key"]?.stringValue,
            let description = try await self.accountData(MatrixSecretStorage.keyType(id)),
            MatrixSecretStorage.isKey(recoveryKey, describedBy: description)
        else { return nil }
        return id
    }

    private func keepSecrets(_ identity: MatrixCrossSigning, _ recoveryKey: MatrixRecoveryKey) async throws {
        let keyID: String
        if let known = try await self.storageKey(recoveryKey) {
            keyID = known
        } else {
            guard try await self.accountData(MatrixSecretStorage.defaultKeyType)?["key"]?.stringValue == nil else {
                self.trouble =
                    "the recovery key does not open the account's secret storage; correct it, or remove the storage with the "
                    + "app that made it"
                return
            }
            keyID = base64URL(randomBytes(16))
            try await self.set(
                MatrixSecretStorage.keyType(keyID), MatrixSecretStorage.description(of: recoveryKey))
        }
        for part in MatrixCrossSigning.Part.allCases {
            guard let seed = identity.seeds[part] else { continue }
            try await self.keep(seed, as: part.rawValue, keyID, recoveryKey)
        }
        // Last: until then another start begins anew.
        if try await self.accountData(MatrixSecretStorage.defaultKeyType)?["key"]?.stringValue != keyID {
            try await self.set(MatrixSecretStorage.defaultKeyType, ["key": .string(keyID)])
        }
        // The specification: the private master key must not be kept where it is not safe.
        guard identity.seeds[.master] != nil else { return }
        var changes = MatrixKeyChanges()
        changes.setSecret(MatrixCrossSigning.Part.master.rawValue, nil)
        try await self.commit(changes)
    }

    private func keep(
        _ secret: [UInt8], as name: String, _ keyID: String, _ recoveryKey: MatrixRecoveryKey
    ) async throws {
        let content = try await self.accountData(name) ?? [:]
        guard MatrixSecretStorage.secret(name, in: content, keyID: keyID, recoveryKey) != secret else { return }
        try await self.set(name, MatrixSecretStorage.content(secret, name: name, keyID: keyID, recoveryKey))
    }

    private func set(_ type: String, _ content: JSON) async throws {
        _ = try await self.ask(.setAccountData(type, of: self.user, to: content))
    }

    // MARK: Backup

    /// Opens the backup, or makes one.
    private func openBackup(_ recoveryKey: MatrixRecoveryKey) async throws {
        let current = try await self.backupVersion()
        if let current, let secret = try await self.backupKey(recoveryKey),
            let key = try? BackupDecryption(privateKey: secret),
            key.publicKey == current["auth_data"]?["public_key"]?.stringValue,
            let version = current["version"]?.stringValue
        {
            let isNew = try await self.store.fact("backup") != version
            try await self.setBackup(version, secret)
            if isNew { try await self.restore(version, key) }
            return self.begin(.backUp)
        }
        guard current == nil else {
            self.trouble =
                "the account's key backup cannot be opened with the recovery key; remove it with the app that made it, or run "
                + "`jetbridge matrix reset`"
            return
        }
        let secret = randomBytes(32)
        guard let key = try? BackupDecryption(privateKey: secret), let keyID = try await self.storageKey(recoveryKey)
        else { return }
        try await self.keep(secret, as: MatrixKeyBackup.secretName, keyID, recoveryKey)
        let body = MatrixKeyBackup.version(publicKey: key.publicKey, user: self.user) { json in
            guard let account = self.account else { return json }
            return MatrixSigned.signing(json, by: self.user, keyID: "ed25519:\(self.device)") { account.sign($0) }
        }
        guard let version = try await self.ask(.makeBackup(body))["version"]?.stringValue else { return }
        try await self.setBackup(version, secret)
        self.begin(.backUp)
    }

    private func backupVersion() async throws -> JSON? {
        do {
            return try await self.ask(.backupVersion)
        } catch let error as MatrixCallError where error.refusal?.status == 404 {
            return nil
        }
    }

    /// The private key: from here, or from the secret storage.
    private func backupKey(_ recoveryKey: MatrixRecoveryKey) async throws -> [UInt8]? {
        if let known = try await self.store.secret(MatrixKeyBackup.secretName) { return known }
        guard let keyID = try await self.storageKey(recoveryKey),
            let content = try await self.accountData(MatrixKeyBackup.secretName)
        else { return nil }
        return MatrixSecretStorage.secret(MatrixKeyBackup.secretName, in: content, keyID: keyID, recoveryKey)
    }

    private func setBackup(_ version: String, _ secret: [UInt8]) async throws {
        var changes = MatrixKeyChanges()
        if try await self.store.fact("backup") != version { changes.forgetBackups() }
        changes.setFact("backup", version)
        changes.setSecret(MatrixKeyBackup.secretName, self.store.sealed(secret))
        try await self.commit(changes)
    }

    /// Takes room keys from the backup: with a new database, old messages can be read again.
    private func restore(_ version: String, _ key: BackupDecryption) async throws {
        let rooms = try await self.ask(.backedUpKeys(version: version))["rooms"]?.objectValue ?? [:]
        var count = 0
        for (room, content) in rooms {
            for (session, json) in content["sessions"]?.objectValue ?? [:] {
                guard let (inbound, facts) = MatrixKeyBackup.open(json, room: room, session: session, with: key) else {
                    continue
                }
                var changes = MatrixKeyChanges()
                try await self.add(inbound, facts, isBackedUp: true, &changes)
                try await self.commit(changes)
                count += 1
            }
        }
        if count > 0 { self.logger.info("Restored \(count) room keys from the backup") }
    }

    /// Puts new room keys into the backup.
    func backUp() async throws {
        guard let version = try await self.store.fact("backup"),
            let secret = try await self.store.secret(MatrixKeyBackup.secretName),
            let publicKey = try? BackupDecryption(privateKey: secret).publicKey,
            let key = try? BackupEncryption(publicKey: publicKey)
        else { return }
        while true {
            let names = try await self.store.read { connection in
                try connection.query("SELECT room, session FROM room_keys WHERE is_backed_up = 0 LIMIT 100").map {
                    row throws(DatabaseError) in (try row.text("room"), try row.text("session"))
                }
            }
            guard !names.isEmpty else { return }
            var rooms = JSONObject()
            for (room, session) in names {
                guard let stored = try await self.roomKey(session, in: room),
                    let exported = try? stored.session.export(at: stored.facts.firstIndex)
                else { continue }
                var sessions = rooms[room]?["sessions"]?.objectValue ?? [:]
                sessions[session] = MatrixKeyBackup.sealed(stored.facts, exported: exported, with: key)
                rooms[room] = ["sessions": .object(sessions)]
            }
            _ = try await self.ask(.backUp(.object(rooms), version: version))
            var changes = MatrixKeyChanges()
            for (room, session) in names { changes.setBackedUp(room: room, session: session) }
            try await self.commit(changes)
        }
    }
}
