package import Chat

/// Stores what bundles there are, where every host finds it. The store is that of the sessions, which this target does not
/// know.
package protocol BundleLog: Sendable {
    /// A session's bundles and beginnings of epochs, in the order of epochs and numbers.
    func bundles(of session: String) async throws -> [WorkspaceBundle]

    /// Begins a session's next epoch, and returns it.
    ///
    /// - Parameters:
    ///   - isFull: Whether the workspace has nothing of the epochs before.
    ///   - repository: The configured name of its repository.
    func beginEpoch(of session: String, isFull: Bool, repository: String?) async throws -> Int

    /// Adds a bundle; false if the session is deleted, or another epoch has begun.
    func add(_ bundle: WorkspaceBundle) async throws -> Bool

    /// Forgets bundles.
    func remove(_ bundles: [WorkspaceBundle]) async throws
}
