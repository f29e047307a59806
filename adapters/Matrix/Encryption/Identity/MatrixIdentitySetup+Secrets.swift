internal import Crypto
internal import JSON
internal import Olm

/// Secret storage and backup.
extension MatrixIdentitySetup {
    private static let storageProblem =
        "The recovery key does not open the account's secret storage. Set the right one in encryption.recovery_key, "
        + "or run jetbridge matrix reset."

    /// What the account has.
    private enum Storage {
        case none
        case foreign
        case open(MatrixSecretStorage)
    }

    private func storage() async throws -> Storage {
        guard let id = try await self.accountData(MatrixSecretStorage.defaultKey)?["key"]?.stringValue,
            let description = try await self.accountData(MatrixSecretStorage.keyName(id))
        else { return .none }
        guard let recoveryKey else { return .foreign }
        let storage = MatrixSecretStorage(keyID: id, key: recoveryKey)
        return storage.matches(description) ? .open(storage) : .foreign
    }

    private func accountData(_ type: String) async throws -> JSON? {
        // A removed value is an empty object.
        try await self.find(.accountData(type, of: self.user), to: "read its secret storage")
    }

    private func put(_ type: String, _ content: JSON) async throws {
        _ = try await self.ask(.setAccountData(type, of: self.user, to: content), to: "write its secret storage")
    }

    // MARK: An identity that was made elsewhere

    /// Takes the private halves of the account's keys from secret storage.
    mutating func fetchSecrets(_ keys: MatrixUserKeys) async throws {
        guard self.recoveryKey != nil else {
            throw Obstacle(
                text: "The account has cross-signing keys that this host does not hold, so people's devices do not "
                    + "trust it. \(Self.advice)")
        }
        let storage: MatrixSecretStorage
        switch try await self.storage() {
        case .open(let open): storage = open
        case .foreign: throw Obstacle(text: Self.storageProblem)
        case .none:
            throw Obstacle(
                text: "The account has cross-signing keys but no secret storage that a recovery key could open. Run "
                    + "jetbridge matrix reset.")
        }
        let master = try await self.seed(MatrixCrossSigning.Usage.master.secretName, in: storage)
        let selfSigning = try await self.seed(MatrixCrossSigning.Usage.selfSigning.secretName, in: storage)
        let userSigning = try await self.seed(MatrixCrossSigning.Usage.userSigning.secretName, in: storage)
        // All are compared: a server could sign the one with a master key of its own.
        guard MatrixCrossSigning.publicKey(of: master) == keys.master, keys.selfSigning != nil,
            MatrixCrossSigning.publicKey(of: selfSigning) == keys.selfSigning
        else { return }
        self.record.masterKey = keys.master
        self.record.selfSigning = selfSigning
        self.record.userSigning = userSigning
        // It is in secret storage; a stored one is of another identity, or it would not have come to this.
        self.record.master = nil
        try await self.save()
    }

    /// Whether the private halves of the known identity are here, after secret storage was asked.
    mutating func recoverMaster() async throws -> Bool {
        guard case .open(let storage) = try await self.storage(),
            let master = try await self.seed(MatrixCrossSigning.Usage.master.secretName, in: storage),
            MatrixCrossSigning.publicKey(of: master) == self.record.masterKey
        else { return false }
        self.record.master = master
        try await self.save()
        return self.record.crossSigning(user: self.user) != nil
    }

    /// A private key in secret storage.
    private func seed(_ name: String, in storage: MatrixSecretStorage) async throws -> [UInt8]? {
        guard let content = try await self.accountData(name), let text = storage.decrypt(content, name: name),
            let seed = decodeUnpaddedBase64(text), seed.count == 32
        else { return nil }
        return seed
    }

    // MARK: Keeping the secrets on the server

    /// Puts the private keys into secret storage and opens or makes the backup, as far as there is a recovery key.
    mutating func keepSecrets(_ keys: MatrixUserKeys) async throws {
        guard let recoveryKey else {
            try await self.resumeBackup()
            return
        }
        let present = try await self.storage()
        let storage: MatrixSecretStorage
        switch present {
        case .open(let open): storage = open
        case .foreign where !self.record.replacesStorage:
            try await self.resumeBackup()
            throw Obstacle(text: Self.storageProblem)
        case .none, .foreign:
            storage = MatrixSecretStorage(of: recoveryKey)
            try await self.put(MatrixSecretStorage.keyName(storage.keyID), storage.description())
        }
        try await self.keepIdentity(keys, in: storage)
        if case .open = present {
        } else {
            // Others look for secrets from here on, so it comes last.
            try await self.put(MatrixSecretStorage.defaultKey, ["key": .string(storage.keyID)])
        }
        guard case .open = try await self.storage() else {
            throw Obstacle(text: "The server accepted the secret storage but shows another.")
        }
        self.state.hasSecretStorage = true
        if self.record.replacesStorage || self.record.recoveryKey != nil {
            self.record.replacesStorage = false
            self.record.recoveryKey = nil
            try await self.save()
        }
        try await self.keepBackup(in: storage)
        if self.record.master != nil {
            // The recovery key opens it now, so it leaves this machine.
            self.record.master = nil
            try await self.save()
        }
    }

    private mutating func keepIdentity(_ keys: MatrixUserKeys, in storage: MatrixSecretStorage) async throws {
        let secrets: [(MatrixCrossSigning.Usage, String?, [UInt8]?)] = [
            (.master, keys.master, self.record.master), (.selfSigning, keys.selfSigning, self.record.selfSigning),
            (.userSigning, keys.userSigning, self.record.userSigning),
        ]
        for (usage, publicKey, own) in secrets {
            let name = usage.secretName
            if let publicKey, MatrixCrossSigning.publicKey(of: try await self.seed(name, in: storage)) == publicKey {
                continue
            }
            guard let own, publicKey == nil || MatrixCrossSigning.publicKey(of: own) == publicKey else {
                throw Obstacle(
                    text: "The account's secret storage does not hold its \(usage.rawValue) key, nor does this host. "
                        + "Run jetbridge matrix reset.")
            }
            try await self.keep(own, name: name, in: storage)
        }
    }

    /// Stores a private key, and reads it back before anybody relies on it.
    private func keep(_ seed: [UInt8], name: String, in storage: MatrixSecretStorage) async throws {
        let present = self.record.replacesStorage ? nil : try await self.accountData(name)
        try await self.put(name, storage.encrypt(base64Unpadded(seed), name: name, present: present))
        guard try await self.seed(name, in: storage) == seed else {
            throw Obstacle(text: "The server accepted a secret of the account but shows another.")
        }
    }

    // MARK: Backup

    private func backupVersion() async throws -> JSON? {
        try await self.find(.backupVersion, to: "read its key backup")
    }

    /// Goes on with the known backup if it is still the account's.
    private mutating func resumeBackup() async throws {
        guard let backup = self.record.backup, let answer = try await self.backupVersion(),
            MatrixKeyBackup.isOf(backup.publicKey, answer)
        else { return }
        try await self.use(answer)
    }

    private mutating func use(_ answer: JSON) async throws {
        guard let version = answer["version"]?.stringValue else { return }
        if self.record.backupVersion != version || self.record.replacesBackup {
            self.record.backupVersion = version
            self.record.replacesBackup = false
            try await self.save()
        }
        self.state.backup = self.record.backup
    }

    private mutating func keepBackup(in storage: MatrixSecretStorage) async throws {
        let name = MatrixKeyBackup.secretName
        let answer = try await self.backupVersion()
        let stored = try await self.seed(name, in: storage)
        if let answer, !self.record.replacesBackup {
            if let stored, let key = MatrixKeyBackup.publicKey(of: stored), MatrixKeyBackup.isOf(key, answer) {
                if self.record.backupKey != stored {
                    self.record.backupKey = stored
                    self.record.backupVersion = nil
                    try await self.save()
                }
                return try await self.use(answer)
            }
            guard let own = self.record.backupKey, let key = MatrixKeyBackup.publicKey(of: own),
                MatrixKeyBackup.isOf(key, answer)
            else {
                // Somebody's history may be in it, so it is not replaced.
                self.state.problems.append(
                    "The account's key backup belongs to a key that is not in its secret storage, so it is not used.")
                return
            }
            try await self.keep(own, name: name, in: storage)
            return try await self.use(answer)
        }
        let key = self.record.backupKey ?? stored ?? randomBytes(32)
        if self.record.backupKey != key {
            self.record.backupKey = key
            try await self.save()
        }
        if stored != key { try await self.keep(key, name: name, in: storage) }
        guard let publicKey = MatrixKeyBackup.publicKey(of: key) else { return }
        // It may have been made before a stop.
        if let answer, MatrixKeyBackup.isOf(publicKey, answer) { return try await self.use(answer) }
        let local = self.record.master
        guard
            let master = local == nil
                ? try await self.seed(MatrixCrossSigning.Usage.master.secretName, in: storage) : local
        else { return }
        let data = MatrixKeyBackup.authData(
            publicKey: publicKey, user: self.user, by: Ed25519SigningKey(seed: master))
        _ = try await self.ask(.createBackup(data), to: "make a key backup")
        guard let made = try await self.backupVersion(), MatrixKeyBackup.isOf(publicKey, made) else {
            throw Obstacle(text: "The server made a key backup but shows another.")
        }
        try await self.use(made)
    }
}
