package import Lifecycle
internal import Primitives

/// What the files of a connection say, without its server.
package struct StoredMatrixKeys: MatrixKeyAdministration {
    private let settings: MatrixSettings
    private let directory: DataDirectory

    package init(_ settings: MatrixSettings, in directory: DataDirectory) {
        self.settings = settings
        self.directory = directory
    }

    package func status() async -> MatrixKeyStatus {
        let path = self.directory.path(of: "matrix-\(self.settings.id).keys")
        return MatrixKeyStatus(
            settings: self.settings.encryption, recoveryKey: self.recoveryKey, database: path,
            hasDatabase: !PrivateFile.Stamp(of: path).isAbsent)
    }

    package func reset() async throws -> String {
        throw HostError("the identity of \(self.settings.user) cannot be reset by this release.")
    }

    private var recoveryKey: MatrixKeyStatus.RecoveryKey {
        guard let path = self.settings.encryption.recoveryKeyFile else { return .notConfigured }
        return MatrixRecoveryKeyFile(path: path).exists ? .present(path: path) : .missing(path: path)
    }
}
