internal import Lifecycle
package import Matrix
package import Primitives

extension MatrixAdministration {
    /// Finds the connection.
    ///
    /// - Parameter adapter: `home` or `matrix:home`; nil if there is only one.
    package init(_ configuration: Configuration, adapter: String?) throws(HostError) {
        let settings = try Self.settings(adapter, among: configuration.adapters.matrix)
        let directory = try DataDirectory(path: configuration.dataDirectory)
        self.init(
            settings, in: directory,
            keys: NetworkSetup(configuration, for: .checking(directory)).matrixKeys(of: settings))
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
