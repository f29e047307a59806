internal import Agent
internal import Chat
package import Copilot
internal import Crypto
internal import EventLoop
package import HTTP
package import HTTPClient
internal import JSON
package import Jail
internal import Logging
package import Models
internal import Primitives
package import Work

/// Starts the CLI as an agent: one process for a turn, in a jail of its own on the thread's workspace.
package final class CopilotCLIAgents: Sendable {
    /// What the CLI and its tools need besides what the jail of commands may use: 272 MB were measured for the CLI after
    /// some turns; it has about 30 threads, which count as processes.
    private static let room = (memory: 640 << 20, processes: 96, seconds: 3_600)

    let settings: CopilotCLISettings
    let timeout: Duration
    private let jails: SessionJails
    /// GitHub's API.
    private let api: HTTPURL
    private let transport: HTTPClient
    /// Unpacks the program, which the jail cannot.
    private let unpack: @Sendable () async throws -> Void
    /// When the program that is known to be unpacked was installed.
    private let unpacked = Protected<Int?>(nil)
    /// For the processes that work at once.
    private let slots: Slots
    private let logger = Logger(label: "copilot-cli")

    /// Nil where the CLI only talks: with another provider, or without a jail.
    ///
    /// - Parameter api: GitHub's API.
    package init?(
        _ settings: CopilotCLISettings, api: HTTPURL, transport: HTTPClientSettings, model: any ModelClient,
        jails: SessionJails?
    ) {
        guard let client = model as? CopilotCLIClient, let jails else { return nil }
        self.settings = settings
        self.timeout = settings.idleTimeout
        self.jails = jails
        self.api = api
        self.transport = HTTPClient(transport)
        self.unpack = { try await client.check() }
        self.slots = Slots(max(1, settings.processes))
    }

    /// Runs `body` with a running CLI, and ends it with everything that it has started.
    ///
    /// - Parameter check: Called when there is room for it, which may be long after the call.
    func withProgram(
        _ folders: CopilotCLIFolders, session: String, isNew: Bool, check: () async throws -> Void,
        _ body: (CopilotCLIServer, CopilotCLIRequest.Model) async throws -> Void
    ) async throws {
        try await self.slots.take()
        do {
            try await check()
            let (network, provider, variables) = try await self.way()
            let program = try await self.start(folders, session, network, variables, isNew: isNew)
            let server = await CopilotCLIServer(on: program, logger: self.logger.with(["thread": .string(session)]))
            do {
                try await server.start(within: self.settings.startTimeout)
                try await body(server, provider)
                await server.end(patience: .seconds(1))
            } catch {
                await server.end(patience: .zero)
                throw error
            }
        } catch {
            await self.slots.give()
            throw error
        }
        await self.slots.give()
    }

    /// The cache is unpacked by the first process outside of a jail, and again after another version was installed.
    /// Throws ``JailFailure`` or what the program's start throws.
    func prepare() async throws {
        let installed = try await CopilotCLIFolders.installed(self.settings)
        guard self.unpacked.withLock({ $0 != installed }) else { return }
        if await !CopilotCLIFolders.isUnpacked(self.settings.cacheDirectory, since: installed) {
            try await self.unpack()
            await CopilotCLIFolders.markUnpacked(self.settings.cacheDirectory)
        }
        self.unpacked.withLock { $0 = installed }
    }

    private func start(
        _ folders: CopilotCLIFolders, _ session: String, _ network: JailSetup.Network, _ variables: [String: String],
        isNew: Bool
    ) async throws -> JailedProgram {
        let common = self.jails.setup
        var setup = common
        setup.limits.memory += Self.room.memory
        setup.limits.processes += Self.room.processes
        setup.limits.processorSeconds = max(common.limits.processorSeconds, Self.room.seconds)
        (setup.network, setup.logger) = (network, self.logger)
        let place = try await self.jails.lend(session) { workspace in
            try await folders.prepare(isNew: isNew, quota: (workspace.limits ?? common.limits).disk)
            return try await folders.binds(for: workspace.identity)
        }
        return try await JailedProgram.start(
            folders.arguments, variables: CopilotCLIFolders.variables(network.variables.merging(variables) { $1 }),
            session: session, setup, place)
    }

    // MARK: The way to the model

    private func way() async throws -> (JailSetup.Network, CopilotCLIRequest.Model, [String: String]) {
        if let endpoint = self.settings.endpoint {
            let forwarder = ModelForwarder(to: endpoint.baseURL, key: endpoint.apiKey, client: self.transport)
            let variables = [
                // Calls nothing but the endpoint: no GitHub, no telemetry, no update.
                "COPILOT_OFFLINE": "true", "COPILOT_PROVIDER_BASE_URL": forwarder.inside,
                "COPILOT_MODEL": self.settings.defaultModel,
            ]
            // The forwarder adds the key; the CLI wants to have one all the same.
            let inside = CopilotCLIEndpoint(baseURL: try HTTPURL(forwarder.inside), apiKey: Secret("jetbridge"))
            return (forwarder.network, .endpoint(inside), variables)
        }
        guard let token = try await self.settings.token(), !token.isEmpty else {
            throw TurnFailure(CopilotCLIFailure.notSignedIn.message)
        }
        Redaction.register(token)
        let names = ["COPILOT_GH_HOST", "GH_HOST", "COPILOT_API_URL", "COPILOT_DEBUG_GITHUB_API_URL"]
        return (
            try await self.gitHub(token), .account(token),
            self.settings.environment.filter { names.contains($0.key) }
        )
    }

    /// GitHub's API and the account's Copilot API, and nothing else.
    private func gitHub(_ token: Secret) async throws -> JailSetup.Network {
        var places = [("copilot.api_url", self.api)]
        if let own = self.settings.environment["COPILOT_API_URL"].flatMap({ try? HTTPURL($0) }) {
            places.append(("COPILOT_API_URL", own))
        } else if let account = await self.accountAPI(self.api, token) {
            places.append(("the account's API", account))
        } else {
            places.append(("the Copilot API", try HTTPURL("https://api.githubcopilot.com")))
        }
        if let refusal = Self.refusal(of: places) { throw TurnFailure(refusal) }
        var rules: [NetworkRule] = []
        for (_, url) in places { rules.append(try NetworkRule("\(url.host):\(url.effectivePort)")) }
        let allowed = rules
        let logger = self.logger
        return JailSetup.Network(port: JailNetwork.port, variables: JailNetwork.environment) {
            session, listener async throws(JailFailure) in
            let network = JailNetwork(
                listener: listener, rules: allowed,
                audit: { request in
                    guard request.verdict != .allowed else { return }
                    logger.info(
                        "network request refused",
                        ["session": .string(session), "host": .string(request.host), "reason": .string(request.reason)])
                })
            try await network.start()
            return { await network.end() }
        }
    }

    /// Why the CLI cannot work with these addresses; nil if it can. A jail reaches no address of this machine, and without
    /// this the CLI only says that fetching failed.
    static func refusal(of places: [(name: String, url: HTTPURL)]) -> String? {
        guard let (name, url) = places.first(where: { $0.url.isLoopback }) else { return nil }
        return "The Copilot CLI cannot work on files here: its jail reaches no address of this machine, and \(name) is "
            + "\(url). Use model.base_url for an endpoint on this machine, or a persona without tools (`persona chat`)."
    }

    /// `endpoints.api` of the account; nil if GitHub does not say, as with installation tokens.
    private func accountAPI(_ api: HTTPURL, _ token: Secret) async -> HTTPURL? {
        var request = HTTPClientRequest(
            .get, api.adding(path: "copilot_internal/user"),
            headers: ["Authorization": "token \(token.reveal())", "Accept": "application/json"])
        request.totalTimeout = .seconds(20)
        guard let response = try? await self.transport.execute(request), response.status.isSuccess,
            let body = try? await response.body.collect(upTo: 1 << 20), let json = try? JSON.parse(body)
        else { return nil }
        return json["endpoints"]?["api"]?.stringValue.flatMap { try? HTTPURL($0) }
    }
}

extension JailedProgram: CopilotCLITransport {
    package func run(_ take: @escaping @Net ([UInt8]) async -> Void) async {
        while let bytes = await self.read() { await take(bytes) }
    }

    package func failure(isStarting: Bool) -> ModelError {
        CopilotCLIFailure.ended(
            self.reason, errors: self.errorOutput.split(separator: "\n").map(String.init), isStarting: isStarting,
            isJailed: true)
    }

    package var ending: String { self.reason ?? "ended" }
}
