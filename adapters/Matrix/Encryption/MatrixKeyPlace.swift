/// Where the keys of a connection are: in files of this host, or in the store that the hosts of a cluster share.
package protocol MatrixKeyPlace: Sendable {
    /// For people.
    var name: String { get }
    /// Whether the hosts of a cluster share them.
    var isShared: Bool { get }
    /// Whether there are any.
    func hasKeys() async throws -> Bool
    /// Opens the keys, or begins to keep them there.
    ///
    /// - Throws: ``MatrixKeyStoreError``, or an error of the database.
    func open() async throws -> MatrixKeyStore
}
