internal import Crypto
internal import JSON
internal import Olm
internal import Primitives

/// Brings an account's identity in order: cross-signing, secret storage and backup.
///
/// It looks at the server first and makes only what is missing, so it may be stopped between any two steps and run
/// again. Private keys are stored here before the server learns of their public halves.
package struct MatrixIdentitySetup {
    package typealias Call = @Sendable (MatrixRequest) async throws -> MatrixAnswer

    /// Why no further step is possible, for people.
    struct Obstacle: Error { let text: String }

    let user: String
    let device: String
    /// The keys that this device has uploaded already.
    let ed25519: String
    let curve25519: String
    /// For servers that ask for it when keys are replaced.
    let password: Secret?
    /// Opens the account's secret storage: the content of the configured file, if there is one.
    var recoveryKey: MatrixRecoveryKey?
    let store: MatrixIdentityStore
    /// Performs a request. Here 401 without a code asks for a password; it says nothing of the token.
    let call: Call
    var record = MatrixIdentityRecord()
    var state = MatrixIdentityState()

    static let advice = "Set encryption.recovery_key, or run jetbridge matrix reset."

    /// Makes what is missing. Throws ``MatrixIdentityError`` if the server cannot be asked, and errors of the store.
    package mutating func run() async throws -> MatrixIdentityState {
        self.record = try await self.store.load()
        self.state = MatrixIdentityState()
        do {
            try await self.establish()
        } catch let obstacle as Obstacle {
            self.state.problems.append(obstacle.text)
        }
        return self.state
    }

    /// Replaces the identity, the recovery key, secret storage and the backup. A reset that was stopped is continued.
    ///
    /// The present identity stays whole until the server has accepted the new one.
    package mutating func reset() async throws -> MatrixIdentityState {
        self.record = try await self.store.load()
        self.state = MatrixIdentityState()
        let reset = self.record.reset ?? self.newReset()
        if self.record.reset == nil {
            self.record.reset = reset
            try await self.save()
        }
        if let key = reset.recoveryKey { try await self.store.prepareRecoveryKey?(MatrixRecoveryKey(bytes: key)) }
        do {
            if try await self.query().master != MatrixCrossSigning.publicKey(of: reset.master) {
                try await self.upload(Self.crossSigning(of: reset, user: self.user))
            }
        } catch let obstacle as Obstacle {
            // Nothing has changed, so nothing is left to continue.
            self.record.reset = nil
            try await self.save()
            self.state.problems.append(obstacle.text)
            return self.state
        }
        return try await self.run()
    }

    private func newReset() -> MatrixIdentityRecord.Reset {
        MatrixIdentityRecord.Reset(
            master: randomBytes(32), selfSigning: randomBytes(32), userSigning: randomBytes(32),
            backupKey: randomBytes(32),
            recoveryKey: self.store.prepareRecoveryKey == nil ? nil : MatrixRecoveryKey().bytes)
    }

    private static func crossSigning(of reset: MatrixIdentityRecord.Reset, user: String) -> MatrixCrossSigning {
        MatrixCrossSigning(
            user: user, master: reset.master, selfSigning: reset.selfSigning, userSigning: reset.userSigning)
    }

    func save() async throws { try await self.store.save(self.record) }

    // MARK: Steps

    private mutating func establish() async throws {
        var keys = try await self.query()
        if let reset = self.record.reset, let master = keys.master,
            master == MatrixCrossSigning.publicKey(of: reset.master)
        {
            self.record.adopt(reset)
            try await self.save()
        }
        if let bytes = self.record.recoveryKey {
            let key = MatrixRecoveryKey(bytes: bytes)
            self.recoveryKey = key
            try await self.store.activateRecoveryKey?(key)
        }
        keys = try await self.ownedKeys(keys)
        self.state.masterKey = keys.master
        try await self.signDevice(keys)
        try await self.keepSecrets(keys)
    }

    /// The server's cross-signing keys, once their private halves are here.
    private mutating func ownedKeys(_ keys: MatrixUserKeys) async throws -> MatrixUserKeys {
        guard keys.master != nil else { return try await self.publish() }
        if self.owns(keys) { return keys }
        try await self.fetchSecrets(keys)
        guard self.owns(keys) else {
            throw Obstacle(text: "The account's secret storage holds other keys than the account has. \(Self.advice)")
        }
        return keys
    }

    private func owns(_ keys: MatrixUserKeys) -> Bool {
        // A server that hides the user-signing key cannot be asked for it.
        guard let selfSigning = keys.selfSigning, self.record.masterKey == keys.master else { return false }
        return MatrixCrossSigning.publicKey(of: self.record.selfSigning) == selfSigning
            && (keys.userSigning == nil
                || MatrixCrossSigning.publicKey(of: self.record.userSigning) == keys.userSigning)
    }

    /// The account has no cross-signing keys: uploads those that are stored, or new ones.
    private mutating func publish() async throws -> MatrixUserKeys {
        if self.record.master == nil, self.record.masterKey != nil {
            // The server forgot them.
            guard try await self.recoverMaster() else {
                throw Obstacle(
                    text: "The server no longer shows the account's cross-signing keys. \(Self.advice)")
            }
        }
        if self.record.crossSigning(user: self.user) == nil {
            let new = MatrixCrossSigning(user: self.user)
            self.record.master = new.seed(.master)
            self.record.selfSigning = new.seed(.selfSigning)
            self.record.userSigning = new.seed(.userSigning)
            self.record.masterKey = new.master.publicKey
            try await self.save()
        }
        guard let own = self.record.crossSigning(user: self.user) else { preconditionFailure("made above") }
        try await self.upload(own)
        let keys = try await self.query()
        guard keys.master == own.master.publicKey, self.owns(keys) else {
            throw Obstacle(text: "The server accepted cross-signing keys but shows others.")
        }
        return keys
    }

    /// Signs this device, and reads the signature back: servers answer 200 and keep none.
    private mutating func signDevice(_ keys: MatrixUserKeys) async throws {
        let own = try self.ownDevice(keys)
        if own.isCrossSigned {
            self.state.isSigned = true
            return
        }
        guard let seed = self.record.selfSigning,
            let signature = MatrixCrossSigning.signature(of: own, by: Ed25519SigningKey(seed: seed))
        else { return }
        let answer = try await self.ask(.uploadSignatures(signature), to: "sign its device")
        guard answer["failures"]?.objectValue?.isEmpty ?? true else {
            throw Obstacle(text: "The server refused the signature of this device.")
        }
        guard try self.ownDevice(try await self.query()).isCrossSigned else {
            throw Obstacle(text: "The server accepted the signature of this device but does not show it.")
        }
        self.state.isSigned = true
    }

    private func ownDevice(_ keys: MatrixUserKeys) throws -> MatrixDeviceKeys {
        guard let own = keys.device(self.device) else {
            throw Obstacle(text: "The server shows no valid keys of this device (\(self.device)).")
        }
        guard own.ed25519 == self.ed25519, own.curve25519 == self.curve25519 else {
            throw Obstacle(
                text: "The server shows other keys of this device (\(self.device)): a new device is needed.")
        }
        return own
    }
}

/// Where ``MatrixIdentitySetup`` keeps what must outlive it.
package struct MatrixIdentityStore: Sendable {
    package var load: @Sendable () async throws -> MatrixIdentityRecord
    /// Returns when the record is stored for good, as a whole.
    package var save: @Sendable (MatrixIdentityRecord) async throws -> Void
    /// Writes a new recovery key beside the file that holds the present one; nil if no file is configured.
    package var prepareRecoveryKey: (@Sendable (MatrixRecoveryKey) async throws -> Void)?
    /// Makes a recovery key the content of its file. May be repeated.
    package var activateRecoveryKey: (@Sendable (MatrixRecoveryKey) async throws -> Void)?
}

/// What is true of the account's identity after ``MatrixIdentitySetup``.
package struct MatrixIdentityState: Sendable, Equatable {
    /// The account's public master key, as the server shows it.
    package var masterKey: String?
    /// The server shows this device with a valid signature of the account's self-signing key.
    package var isSigned = false
    /// The identity's private keys are on the server, and the recovery key opens them.
    package var hasSecretStorage = false
    /// The backup that this host writes and reads.
    package var backup: MatrixKeyBackup?
    /// What is not in order and what people can do about it, one sentence each; empty if all is well.
    package var problems: [String] = []

    package var problem: String? { self.problems.isEmpty ? nil : self.problems.joined(separator: " ") }
}

/// The server could not be asked: try again later.
package struct MatrixIdentityError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String
    /// Milliseconds to wait, if the server named them.
    package let retryAfter: Int64?

    init(_ description: String, retryAfter: Int64? = nil) {
        self.description = description
        self.retryAfter = retryAfter
    }
}
