internal import Agent
internal import Chat
package import Extensions
internal import HTTPClient
internal import Jail
internal import Lifecycle
internal import Logging
internal import Models
internal import Primitives
internal import Sessions
package import Store
internal import Work

/// Sets up extensions as configured.
package enum ExtensionSetup {
    private static let logger = Logger(label: "extensions")

    static func desk(
        _ configuration: Configuration, _ store: SessionStore, jails: @escaping @Sendable () async -> JailMeans
    ) -> ExtensionDesk {
        ExtensionDesk(
            configuration.extensions, store: store, ownTools: ToolCatalog.all.map(\.name), now: WallClock.now,
            logger: self.logger, make: self.servers(jails: jails))
    }

    /// What speaks with servers. It runs nothing yet.
    private static func servers(jails: @escaping @Sendable () async -> JailMeans) -> ExtensionDesk.Making {
        var settings = HTTPClientSettings()
        settings.userAgent = Release.userAgent
        // An event stream may be silent for as long as a call takes.
        settings.idleTimeout = nil
        let http = HTTPClient(settings)
        return { ExtensionServer(settings: $0, jails: jails, http: http, logger: self.logger) }
    }

    /// Where the workspace of a session is for a server that sees its files; nil without jails.
    static func places(_ commands: WorkbenchSetup) -> @Sendable (SessionPlace) async throws -> JailPlace? {
        { [shells = commands.shells, workspaces = commands.workspaces] place in
            // It is opened, and its files are there.
            _ = try await workspaces.workspace(of: place)
            return try await shells.found().jails?.visit(place.session)
        }
    }

    /// For a command, beside a host that may serve.
    package static func desk(of configuration: Configuration, in store: SessionStore) throws -> ExtensionDesk {
        let directory = try DataDirectory(path: configuration.dataDirectory)
        // Tried once, when the first program starts.
        let means = Protected<Task<JailMeans, Never>?>(nil)
        return self.desk(configuration, store) {
            let task = means.withLock { means in
                if let task = means { return task }
                // Unstructured: several programs wait for the same trial.
                let task = Task {
                    await JailProbing.probe(configuration, in: directory, programs: "\(directory.path)/jail")
                }
                means = task
                return task
            }
            return await task.value
        }
    }

    /// All extensions, for a command.
    package static func report(_ desk: ExtensionDesk) async throws -> [ExtensionReport] {
        try await desk.report(ours: ToolCatalog.all.count) { TokenEstimator.tokens(in: $0) }
    }

    static func watch(_ desk: ExtensionDesk, _ bridge: Bridge) -> ExtensionWatch {
        ExtensionWatch(desk) { await bridge.askAboutExtensions(desk) }
    }
}
