internal import Agent
internal import Audit
internal import Chat
package import Extensions
internal import Gateway
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

    /// What the host's accounts at servers need.
    struct Accounts: Sendable {
        /// The base of the gateway's addresses.
        let publicURL: String
        let key: [UInt8]

        init(_ publicURL: String, _ audit: AuditLog) {
            self.publicURL = publicURL
            self.key = audit.key(for: "extension sign-ins")
        }
    }

    /// - Parameter accounts: Nil for a desk that calls no server.
    static func desk(
        _ configuration: Configuration, _ store: SessionStore, _ accounts: Accounts?,
        jails: @escaping @Sendable () async -> JailMeans
    ) -> ExtensionDesk {
        let needs = ExtensionSignInNeeds()
        return ExtensionDesk(
            configuration.extensions, store: store, ownTools: ToolCatalog.all.map(\.name), needs: needs,
            now: WallClock.now, logger: self.logger,
            make: self.servers(jails: jails) { settings in
                accounts.flatMap { self.signIn(settings, $0, store, needs) }
            })
    }

    private static func signIn(
        _ settings: ExtensionSettings, _ accounts: Accounts, _ store: SessionStore, _ needs: ExtensionSignInNeeds
    ) -> ExtensionSignIn? {
        guard case .remote(let address, _) = settings.way, settings.maySignIn else { return nil }
        return ExtensionSignIn(
            settings.name, at: address, settings.oauth ?? OAuthSettings(), publicURL: accounts.publicURL, store: store,
            key: accounts.key, userAgent: Release.userAgent, logger: self.logger
        ) { needs.note(settings.name) }
    }

    /// For the addresses at which sign-ins end.
    static func signIns(_ desk: ExtensionDesk) -> ExtensionSignIns {
        ExtensionSignIns { name, answer in
            await desk.finishSignIn(at: name, answer).map { .init(isDone: $0.isDone, text: $0.text) }
        } document: { name in
            desk.signIn(at: name)?.clientDocument()
        }
    }

    /// What speaks with servers. It runs nothing yet.
    private static func servers(
        jails: @escaping @Sendable () async -> JailMeans,
        signIn: @escaping @Sendable (ExtensionSettings) -> ExtensionSignIn?
    ) -> ExtensionDesk.Making {
        var settings = HTTPClientSettings()
        settings.userAgent = Release.userAgent
        // An event stream may be silent for as long as a call takes.
        settings.idleTimeout = nil
        let http = HTTPClient(settings)
        return {
            ExtensionServer(settings: $0, jails: jails, http: http, signIn: signIn($0), logger: self.logger)
        }
    }

    /// Where the workspace of a session is for a server that sees its files; nil without jails.
    static func places(_ commands: WorkbenchSetup) -> @Sendable (SessionPlace) async throws -> JailPlace? {
        { [shells = commands.shells, workspaces = commands.workspaces] place in
            // It is opened, and its files are there.
            _ = try await workspaces.workspace(of: place)
            return try await shells.found().jails?.visit(place.session)
        }
    }

    /// For a command that calls servers, beside a host that may serve: it ends sign-ins.
    package static func callingDesk(of configuration: Configuration, in store: SessionStore) async throws
        -> ExtensionDesk
    {
        guard configuration.extensions.contains(where: \.maySignIn) else {
            return try self.desk(of: configuration, in: store)
        }
        let audit = try await AuditLog.open(store.database, keyIn: configuration.dataDirectory)
        return try self.desk(of: configuration, in: store, Accounts(try ServingHost.pageURL(configuration), audit))
    }

    /// For a command that calls no server.
    package static func desk(of configuration: Configuration, in store: SessionStore) throws -> ExtensionDesk {
        try self.desk(of: configuration, in: store, nil)
    }

    private static func desk(
        of configuration: Configuration, in store: SessionStore, _ accounts: Accounts?
    ) throws -> ExtensionDesk {
        let directory = try DataDirectory(path: configuration.dataDirectory)
        // Tried once, when the first program starts.
        let means = Protected<Task<JailMeans, Never>?>(nil)
        return self.desk(configuration, store, accounts) {
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
        ExtensionWatch(desk) {
            await bridge.askAboutExtensions(desk)
            await bridge.ask(toOpen: desk.takeSignInPages())
        }
    }
}
