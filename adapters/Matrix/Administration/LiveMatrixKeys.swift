internal import Database
internal import JSON
internal import Lifecycle
internal import Logging
internal import Olm
internal import Primitives

/// The encryption keys of a connection: what its files and its server say.
package struct LiveMatrixKeys: Sendable {
    private let adapter: MatrixAdapter
    private let keys: any MatrixKeyPlace

    private var settings: MatrixSettings { self.adapter.settings }

    /// - Parameter adapter: one that does not run, with the memory of the connection.
    package init(_ adapter: MatrixAdapter, keys: any MatrixKeyPlace) {
        self.adapter = adapter
        self.keys = keys
    }

    // MARK: Status

    /// What is true now. Asks the server as the bot's device, also while a host serves, and changes nothing; what it does
    /// not answer stays unknown.
    package func status() async -> MatrixKeyStatus {
        var status = MatrixKeyStatus(
            settings: self.settings.encryption, recoveryKey: self.recoveryKeyFile, database: self.keys.name,
            hasDatabase: true)
        status.isShared = self.keys.isShared
        guard self.settings.encryption.isEnabled else { return status }
        do {
            status.hasDatabase = try await self.keys.hasKeys()
            guard status.hasDatabase else { return status }
            let store = try await self.keys.open()
            do { try await self.read(store, &status) } catch { status.problem = "\(error)" }
            await store.close()
        } catch {
            status.problem = "\(error)"
        }
        return status
    }

    private var recoveryKeyFile: MatrixKeyStatus.RecoveryKey {
        guard let path = self.settings.encryption.recoveryKeyFile else { return .notConfigured }
        guard let text = PrivateFile.text(of: path) else { return .missing(path: path) }
        return MatrixRecoveryKey(text) == nil ? .malformed(path: path) : .present(path: path)
    }

    private func read(_ store: MatrixKeyStore, _ status: inout MatrixKeyStatus) async throws {
        let key = store.pickleKey
        let (known, waiting, backup) = try await store.read { [status] rows in
            var known = status
            if let row = try rows.first("SELECT name, pickle FROM {device}") {
                known.device = try row.text("name")
                known.fingerprint = try? OlmAccount(pickle: try row.bytes("pickle"), key: key).ed25519
            }
            func count(_ sql: String) throws -> Int { try rows.first(sql)?.int("count") ?? 0 }
            known.undecryptable = try count("SELECT count(*) AS count FROM {late}")
            let waiting = try count("SELECT count(*) AS count FROM {room_keys} WHERE is_backed_up = 0")
            let backup = try rows.first("SELECT value FROM {facts} WHERE name = 'backup'")?.text("value")
            let changed = #"""
                SELECT "user" FROM {users} WHERE coalesce(master, '') <> coalesce(verified, pinned, master, '')
                ORDER BY "user"
                """#
            known.changedPeople = try rows.query(changed).map { row throws(DatabaseError) in try row.text("user") }
            return (known, waiting, backup)
        }
        status = known
        guard let device = status.device, let call = await self.call() else {
            status.problem = "The server could not be asked: the host has not signed in yet; start it once"
            return
        }
        status.clockAhead = await self.adapter.transport.clockAhead()
        let answer = try await Self.ask(.queryKeys(of: [self.settings.user]), call)
        let shown = MatrixUserKeys(user: self.settings.user, answer: answer, isOwn: true)
        status.isSigned = shown.device(device).map { $0.isCrossSigned && $0.ed25519 == known.fingerprint } ?? false
        status.oneTimeKeys = MatrixSyncKeys.oneTimeKeys(
            try await Self.ask(.uploadKeys(), call)["one_time_key_counts"])
        let version = try await Self.find(.backupVersion, call)?["version"]?.stringValue
        status.backup =
            version.map { $0 == backup ? .own(version: $0, waiting: waiting) : .foreign(version: $0) }
            ?? MatrixKeyStatus.Backup.none
        if case .present(let path) = status.recoveryKey, try await !self.opensStorage(path, call) {
            status.recoveryKey = .wrong(path: path)
        }
    }

    /// Whether the recovery key opens the account's secret storage, or there is none yet.
    private func opensStorage(_ path: String, _ call: MatrixEncryption.Call) async throws -> Bool {
        guard let key = PrivateFile.text(of: path).flatMap({ MatrixRecoveryKey($0) }) else { return false }
        let user = self.settings.user
        guard
            let id = try await Self.find(.accountData(MatrixSecretStorage.defaultKey, of: user), call)?["key"]?
                .stringValue,
            let description = try await Self.find(.accountData(MatrixSecretStorage.keyName(id), of: user), call)
        else { return true }
        return MatrixSecretStorage(keyID: id, key: key).matches(description)
    }

    // MARK: Reset

    /// Gives the account a new identity and a new backup, and signs the device with it. No host serves meanwhile. Returns
    /// what is true then, in sentences for people.
    package func reset() async throws -> String {
        guard let call = await self.call() else {
            throw HostError(
                "\(self.settings.user) has not signed in yet. Start the host once, then stop it and try again.")
        }
        guard let device = try await Self.ask(.whoAmI, call)["device_id"]?.stringValue else {
            throw HostError("the homeserver did not say to which device the sign-in of \(self.settings.user) belongs.")
        }
        let encryption = MatrixEncryption(
            user: self.settings.user, settings: self.settings.encryption, store: try await self.keys.open(), call: call,
            logger: Logger(label: "matrix"))
        do {
            let text = try await self.reset(encryption, device)
            await encryption.close()
            return text
        } catch {
            await encryption.close()
            throw HostError("the identity of \(self.settings.user) could not be reset: \(error).")
        }
    }

    private func reset(_ encryption: MatrixEncryption, _ device: String) async throws -> String {
        if case .needsNewDevice(let reason) = try await encryption.open(device: device) {
            throw HostError("\(reason); start the host, which makes a new device, then stop it and try again")
        }
        try await encryption.publish()
        let password: Secret? = if case .password(let password) = self.settings.credential { password } else { nil }
        try await encryption.resetIdentity(password: password)
        try await encryption.backUp()
        if let trouble = await encryption.trouble { return "The identity is new, but: \(trouble)." }
        return "The account has a new identity, which has signed the device \(device). Everybody verifies the bot "
            + "again."
    }

    // MARK: The server

    private func call() async -> MatrixEncryption.Call? {
        let token: Secret? =
            switch self.settings.credential {
            case .accessToken(let token): token
            case .password: await self.adapter.loadedMemory()?.device?.token
            }
        guard let token, (try? await self.adapter.discover()) != nil else { return nil }
        let transport = self.adapter.transport
        return { request in try await transport.send(request, token: token) }
    }

    private static func ask(_ request: MatrixRequest, _ call: MatrixEncryption.Call) async throws -> JSON {
        try await call(request).json("The homeserver answers ")
    }

    private static func find(_ request: MatrixRequest, _ call: MatrixEncryption.Call) async throws -> JSON? {
        do {
            return try await Self.ask(request, call)
        } catch let error as MatrixCallError where error.refusal?.status == 404 {
            return nil
        }
    }
}
