internal import Agent
internal import Chat
package import Cluster
internal import Delivery
internal import Documents
internal import EventLoop
internal import Extensions
package import Gateway
internal import Glibc
internal import HTTP
internal import Jail
internal import Models
internal import Posts
internal import Primitives
internal import Push
internal import Repositories
internal import Schemas
internal import Sessions
internal import SignIn
internal import Store
internal import Tasks
internal import Threads
internal import Work

/// Sets up the gateway as configured.
enum GatewaySetup {
    /// Where the gateway will listen; decided before it does, because links and the origin check need it.
    struct Listening: Sendable {
        let host: String
        let port: UInt16

        var authority: String { "\(self.host.contains(":") ? "[\(self.host)]" : self.host):\(self.port)" }
        var url: String { "http://\(self.authority)" }
    }

    /// Picks a free port if the configured port is 0.
    static func listening(_ listen: HostPort) throws(HostError) -> Listening {
        let host = listen.host == "localhost" ? "127.0.0.1" : listen.host
        guard let wanted = SocketAddress(host: host, port: UInt16(listen.port)) else {
            throw HostError(
                "gateway.listen: '\(host)' is not a numeric address. Write an address such as 127.0.0.1:8787.")
        }
        do throws(SystemError) {
            return Listening(host: host, port: try Socket.freeAddress(wanted).port)
        } catch {
            throw HostError(
                "the gateway cannot listen on \(listen): \(error). "
                    + "Stop the program that uses the address, or choose another address with --listen.")
        }
    }

    static func gateway(
        _ listening: Listening, _ configuration: Configuration, bridge: Bridge, web: WebAdapter,
        repositories: RepositoryCatalog, model: any ModelClient, workspaces: Workspaces,
        jail: @escaping @Sendable () -> JailStatus?,
        mount: GatewayMount?, hooks: [GatewayHook], cluster: ClusterSetup?, signIn: [any SignInProvider],
        tokens: (any SignInTokens)?, tasks: TaskDesk, extensions: ExtensionDesk,
        pushKey: PushKey
    ) throws -> Gateway {
        let (store, publicURL) = (bridge.store, bridge.environment.settings.publicURL)
        var settings = GatewaySettings(address: listening.host, port: listening.port, publicURL: publicURL)
        settings.version = Release.version
        settings.corsOrigins = configuration.gateway.cors
        let desk = DocumentDesk(catalog: repositories, now: { WallClock.now() / 1_000 })
        let pages = bridge.environment.settings.pages
        settings.documents = desk
        settings.openDocuments = OpenDocuments(
            desk: desk, store: store, logger: bridge.environment.logger, now: WallClock.now,
            link: { pages.commit($0.sha, of: $0.repository, on: $0.branch) },
            report: { try? await bridge.posts.post($0, in: $1) })
        settings.webhooks = configuration.hooks
        settings.pushKey = pushKey
        settings.extensionSignIns = ExtensionSetup.signIns(extensions)
        if let cluster {
            settings.hostAddresses = {
                let urls = try await cluster.cluster.hosts().map { try HTTPURL($0.address) }
                return Set(urls.compactMap { IPAddress($0.host) })
            }
        }
        (settings.signIn, settings.signInTokens, settings.tasks) = (signIn, tokens, tasks)
        settings.steps = { turn, position in try await StoredSteps(store: store).page(of: turn, after: position) }
        let started = WallClock.now()
        settings.hosts = {
            if let cluster { return try await cluster.cluster.hosts().map(API.Host.init) }
            let threads = try await store.read { ledger in try ledger.webThreads() }
            let networks = bridge.adapters.all.map(\.id.rawValue).filter { $0 != Place.webAdapter.rawValue }
            return [
                API.Host(
                    name: Configuration.Cluster.machine, version: Release.version, state: .live,
                    since: Timestamp(milliseconds: started), threads: threads, adapters: networks.sorted())
            ]
        }
        let archiver = SessionArchiver(configuration, store: store, workspaces: workspaces, isServing: { true })
        if let archiver {
            settings.archive = { id in
                guard let session = try await store.read({ ledger in try ledger.session(id: id) }) else { return }
                _ = try await archiver.write(session)
            }
        }
        return try Gateway(
            settings: settings, bridge: bridge, web: web, viewer: RepositoryViewer(catalog: repositories),
            features: FeatureViewer(catalog: repositories, pages: bridge.environment.settings.pages),
            readiness: .checking(
                store, model, in: configuration.dataDirectory, jail: jail, objects: bridge.environment.settings.objects,
                cluster: cluster),
            peers: cluster?.peers, mount: mount, hooks: hooks)
    }
}

extension API.Host {
    package init(_ host: HostRecord) {
        self.init(
            name: host.name, version: host.version, state: State(rawValue: host.state.rawValue) ?? .gone,
            since: Timestamp(milliseconds: host.since), threads: host.threads, adapters: host.adapters)
    }
}
