/// Where ``MatrixIdentitySetup`` keeps what must outlive it.
package struct MatrixIdentityStore: Sendable {
    package var load: @Sendable () async throws -> MatrixIdentityRecord
    /// Returns when the record is stored for good, as a whole.
    package var save: @Sendable (MatrixIdentityRecord) async throws -> Void
    /// Writes a new recovery key beside the file that holds the present one; nil if no file is configured.
    package var prepareRecoveryKey: (@Sendable (MatrixRecoveryKey) async throws -> Void)?
    /// Makes a recovery key the content of its file. May be repeated.
    package var activateRecoveryKey: (@Sendable (MatrixRecoveryKey) async throws -> Void)?

    package init(
        load: @escaping @Sendable () async throws -> MatrixIdentityRecord,
        save: @escaping @Sendable (MatrixIdentityRecord) async throws -> Void,
        prepareRecoveryKey: (@Sendable (MatrixRecoveryKey) async throws -> Void)? = nil,
        activateRecoveryKey: (@Sendable (MatrixRecoveryKey) async throws -> Void)? = nil
    ) {
        self.load = load
        self.save = save
        self.prepareRecoveryKey = prepareRecoveryKey
        self.activateRecoveryKey = activateRecoveryKey
    }
}
