package import Chat
package import Lifecycle
package import Primitives

/// What `jetbridge matrix` does to one connection.
package struct MatrixAdministration: Sendable {
    private let settings: MatrixSettings
    private let directory: DataDirectory
    private let keys: LiveMatrixKeys
    private let claim: @Sendable () async throws -> Void

    /// - Parameters:
    ///   - directory: The host's, which its owner alone may use.
    ///   - claim: Makes sure that no host begins to serve until this process ends, also none of a cluster; throws a
    ///     `HostError` if one does.
    package init(
        _ settings: MatrixSettings, in directory: DataDirectory, keys: LiveMatrixKeys,
        claim: @escaping @Sendable () async throws -> Void = {}
    ) {
        self.settings = settings
        self.directory = directory
        self.keys = keys
        self.claim = claim
    }

    /// `matrix:home`
    package var adapter: String { "matrix:\(self.settings.id)" }

    /// One line for each fact, with what to do.
    package func status() async -> [AdapterFinding] { MatrixKeyFindings.findings(of: await self.keys.status()) }

    /// Makes a new identity. Refused while a host serves, because it has the keys in use.
    package func reset() async throws -> String {
        try self.checkEnabled()
        if let pid = self.directory.servingHost {
            throw HostError(
                "the host with pid \(pid) serves \(self.adapter). Stop it, run 'jetbridge matrix reset' again, then start "
                    + "it.")
        }
        let lock = try self.directory.lock()
        try await self.claim()
        let text = try await self.keys.reset()
        _ = consume lock
        return text
    }

    /// The file with the recovery key, and whether it was made now: an existing one is left as it is.
    package func makeRecoveryKey() throws(HostError) -> (path: String, isNew: Bool) {
        try self.checkEnabled()
        guard let path = self.settings.encryption.recoveryKeyFile else {
            throw HostError(
                "\(self.adapter) has no place for a recovery key. Add one to its configuration, outside the data directory: "
                    + "encryption: {recovery_key: {file: /etc/jetbridge/matrix.recovery}}.")
        }
        let file = MatrixRecoveryKeyFile(path: path)
        return (path, try file.create(MatrixRecoveryKey().reveal(), forOwnerOf: self.directory.path))
    }

    private func checkEnabled() throws(HostError) {
        guard !self.settings.encryption.isEnabled else { return }
        throw HostError("encryption is off for \(self.adapter). Remove 'enabled: false' from its 'encryption'.")
    }
}
