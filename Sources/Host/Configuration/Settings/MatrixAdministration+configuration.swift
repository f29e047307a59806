internal import Cluster
internal import Database
internal import Lifecycle
package import Matrix
package import Primitives
internal import Store

extension MatrixAdministration {
    /// Finds the connection.
    ///
    /// - Parameter adapter: `home` or `matrix:home`; nil if there is only one.
    package init(_ configuration: Configuration, adapter: String?) throws(HostError) {
        let settings = try Self.settings(adapter, among: configuration.adapters.matrix)
        let directory = try DataDirectory(path: configuration.dataDirectory)
        let shared: NetworkSetup.SharedMemory?
        do {
            shared = try NetworkSetup.SharedMemory(configuration)
        } catch {
            throw HostError("\(error)")
        }
        let setup = NetworkSetup(configuration: configuration, directory: directory, shared: shared, access: nil)
        self.init(
            settings, in: directory, keys: setup.matrixKeys(of: settings),
            claim: { if let store = shared?.store { try await Self.claim(store) } })
    }

    /// Keeps the hosts of a cluster away until the program ends.
    private static func claim(_ store: SessionStore) async throws {
        let live = try await HostDirectory(store.database).hosts().filter { $0.state != .gone }.map(\.name)
        guard live.isEmpty else {
            throw HostError(
                "\(live.joined(separator: ", ")) of the cluster run. Stop all hosts, run 'jetbridge matrix reset' again, then start "
                    + "them.")
        }
        try await StoreClaim(store)?.take()
    }

    private static func settings(
        _ adapter: String?, among all: [MatrixSettings]
    ) throws(HostError) -> MatrixSettings {
        let ids = all.map(\.id).joined(separator: ", ")
        guard let adapter else {
            if all.count == 1 { return all[0] }
            throw HostError(
                all.isEmpty
                    ? "no Matrix connection is configured. Add one to adapters.matrix (docs/matrix.md)."
                    : "there are several Matrix connections. Name one with --adapter: \(ids).")
        }
        let prefix = "matrix:"
        let id = adapter.hasPrefix(prefix) ? String(adapter.dropFirst(prefix.count)) : adapter
        guard let found = all.first(where: { $0.id == id }) else {
            throw HostError(
                "there is no Matrix connection '\(adapter)'. "
                    + (all.isEmpty ? "None is configured (docs/matrix.md)." : "There is: \(ids)."))
        }
        return found
    }
}

extension NetworkSetup.SharedMemory {
    /// For commands and checks, whose process opens the store for itself; nil for a host that is alone.
    ///
    /// - Parameter held: Whose rows may be written.
    init?(_ configuration: Configuration, held: HeldPlaces = HeldPlaces()) throws(DatabaseError) {
        guard let cluster = configuration.cluster else { return nil }
        self.init(store: SessionStore(database: try Stores.open(configuration), held: held), key: cluster.key)
    }
}
