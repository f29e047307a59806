internal import Crypto
internal import Database
internal import JSON
internal import Lifecycle
internal import Logging
internal import Olm
internal import Primitives

/// The account's identity and its backup of room keys.
extension MatrixEncryption {
    private static let identityName = "identity"

    /// Brings the identity in order: without a device that it has signed, other people's apps send the bot no keys. What
    /// is wrong afterwards stands in ``trouble``.
    ///
    /// - Parameter password: for servers that ask for it; nil with an access token.
    func setUpIdentity(password: Secret?) async throws {
        let (key, problem) = self.readRecoveryKey()
        guard var setup = self.identitySetup(password, key) else { return }
        try await self.use(try await setup.run(), problem)
    }

    /// Makes a new identity in place of one whose keys are lost. Everybody has to verify the bot again.
    func resetIdentity(password: Secret?) async throws {
        let (key, problem) = self.readRecoveryKey()
        guard var setup = self.identitySetup(password, key) else { return }
        try await self.use(try await setup.reset(), problem)
    }

    private func use(_ state: MatrixIdentityState, _ problem: String?) async throws {
        self.trouble = problem ?? state.problem
        if let master = state.masterKey {
            try await self.refreshAnyway([self.user])
            try await self.setVerified(self.user, master: master)
        }
        guard let backup = state.backup else { return self.backup = nil }
        self.backup = backup
        if try await self.store.fact("backup") != backup.version {
            try await self.restore(backup)
            var changes = MatrixKeyChanges()
            changes.forgetBackups()
            changes.setFact("backup", backup.version)
            try await self.commit(changes)
        }
        self.begin(.backUp)
    }

    private func identitySetup(_ password: Secret?, _ key: MatrixRecoveryKey?) -> MatrixIdentitySetup? {
        guard let account = self.account else { return nil }
        var keep = MatrixIdentityStore(
            load: { [store] in
                guard let bytes = try await store.secret(Self.identityName), let json = try? JSON.parse(bytes) else {
                    return MatrixIdentityRecord()
                }
                return MatrixIdentityRecord(json)
            },
            save: { [store] record in
                let sealed = store.sealed(record.json.bytes)
                try await store.commit(MatrixKeyChanges { $0.setSecret(Self.identityName, sealed) })
            })
        if let path = self.settings.recoveryKeyFile {
            let text: @Sendable (MatrixRecoveryKey) -> [UInt8] = { Array("\($0.reveal())\n".utf8) }
            keep.prepareRecoveryKey = { try PrivateFile.write(text($0), to: path + ".new") }
            keep.activateRecoveryKey = { key in
                try PrivateFile.write(text(key), to: path)
                try PrivateFile.remove(path + ".new")
            }
        }
        return MatrixIdentitySetup(
            user: self.user, device: self.device, ed25519: account.ed25519, curve25519: account.curve25519,
            password: password, recoveryKey: key, store: keep, call: self.call)
    }

    /// The key in the configured file, or what is wrong with it.
    private func readRecoveryKey() -> (MatrixRecoveryKey?, problem: String?) {
        guard let path = self.settings.recoveryKeyFile else { return (nil, nil) }
        guard let text = PrivateFile.text(of: path) else {
            return (nil, "There is no recovery key at \(path); make one with `jetbridge matrix recovery-key`.")
        }
        guard let key = MatrixRecoveryKey(text) else {
            return (nil, "\(path) does not contain a recovery key: 48 letters and digits in groups of four.")
        }
        return (key, nil)
    }

    /// The key that signs other people's identities; nil until the account has one here.
    func userSigningKey() async throws -> Ed25519SigningKey? {
        guard let bytes = try await self.store.secret(Self.identityName), let json = try? JSON.parse(bytes) else {
            return nil
        }
        return MatrixIdentityRecord(json).userSigning.map { Ed25519SigningKey(seed: $0) }
    }

    // MARK: Backup

    /// Takes room keys from the backup: with a new database, old messages can be read again.
    private func restore(_ backup: MatrixKeyBackup) async throws {
        let rooms = try await self.ask(.backedUpKeys(version: backup.version))["rooms"]?.objectValue ?? [:]
        var count = 0
        for (room, content) in rooms {
            for (session, json) in content["sessions"]?.objectValue ?? [:] {
                guard let stored = backup.decrypted(json),
                    let inbound = try? MegolmInboundSession(exported: stored.exported), inbound.id == session
                else { continue }
                // Who sent it is not known: the backup is as true as the server.
                let facts = MatrixRoomKey(
                    room: room, session: session, sender: nil, senderKey: stored.senderKey,
                    signingKey: stored.claimedEd25519, firstIndex: inbound.firstKnownIndex, source: .backup)
                var changes = MatrixKeyChanges()
                try await self.add(inbound, facts, isBackedUp: true, &changes)
                try await self.commit(changes)
                count += 1
            }
        }
        if count > 0 { self.logger.info("Restored \(count) room keys from the backup") }
    }

    /// The most room keys of one request.
    private static let backupStep = 100

    /// Puts new room keys into the backup. One that the server does not take counts as done: the others follow it.
    func backUp() async throws {
        guard let backup = self.backup else { return }
        var step = Self.backupStep
        while true {
            let sql = "SELECT room, session FROM {room_keys} WHERE is_backed_up = 0 LIMIT \(step)"
            let names = try await self.store.read { rows in
                try rows.query(sql).map { row throws(DatabaseError) in (try row.text("room"), try row.text("session")) }
            }
            guard !names.isEmpty else { return }
            var rooms = JSONObject()
            for (room, session) in names {
                guard let key = try await self.roomKey(session, in: room),
                    let exported = try? key.session.export(at: key.facts.firstIndex),
                    let sealed = backup.encrypted(
                        exported: exported, firstIndex: key.facts.firstIndex, senderKey: key.facts.senderKey ?? "",
                        claimedEd25519: key.facts.signingKey ?? "", isVerified: key.facts.source == .own)
                else { continue }
                var sessions = rooms[room]?["sessions"]?.objectValue ?? [:]
                sessions[session] = sealed
                rooms[room] = ["sessions": .object(sessions)]
            }
            do {
                _ = try await self.ask(.backUpKeys(rooms: rooms, version: backup.version))
            } catch let error as MatrixCallError where error.refusal?.isRateLimit != true {
                // Only if the server takes none does it fail because of the keys.
                _ = try await self.ask(.backUpKeys(rooms: [:], version: backup.version))
                if names.count > 1 {
                    step = names.count / 2
                    continue
                }
                self.logger.warning("A key of \(names[0].0) is left out of the backup: \(error)")
            }
            step = min(2 * step, Self.backupStep)
            try await self.commit(
                MatrixKeyChanges { for (room, session) in names { $0.setBackedUp(room: room, session: session) } })
        }
    }
}
