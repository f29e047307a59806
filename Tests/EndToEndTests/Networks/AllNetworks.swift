import TestSupport

/// One real host on all networks at once.
struct AllNetworks {
    let host: HostProcess
    let networks: [any ServedNetwork]
    let irc: ServedIRC
    let matrix: ServedMatrix
    let slack: ServedSlack
    let telegram: ServedTelegram
    let web: ServedWeb

    /// Starts the networks; the host starts later.
    init(conversations: Int, model: LoopbackModelServer) async throws {
        try await self.init(conversations: conversations, configuration: HostConfiguration.web(model))
    }

    /// - Parameter configuration: everything but the people and the networks.
    init(conversations: Int, configuration: String, directory: TemporaryDirectory? = nil) async throws {
        self.irc = try await ServedIRC(conversations: conversations)
        self.matrix = try await ServedMatrix(conversations: conversations)
        self.slack = try await ServedSlack()
        self.telegram = try await ServedTelegram(conversations: conversations)
        self.web = ServedWeb(conversations: conversations)
        self.networks = [self.irc, self.matrix, self.slack, self.telegram, self.web]
        let owners = self.networks.flatMap(\.owners).map { "\"\($0)\"" }.joined(separator: ", ")
        let entries = self.networks.map(\.entry).filter { !$0.isEmpty }.joined(separator: "\n")
        self.host = try await HostProcess(
            configuration: configuration + "\naccess: {owners: [\(owners)]}\nadapters:\n\(entries)\n",
            directory: directory)
    }

    var environment: [String: String] {
        self.networks.reduce(into: [:]) { all, network in all.merge(network.environment) { $1 } }
    }

    /// Starts the host and brings people and bot together.
    func start() async throws {
        try await self.host.start(environment: self.environment)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for network in self.networks { group.addTask { try await network.meet(self.host) } }
            try await group.waitForAll()
        }
    }

    /// Shuts down the host and then the networks; returns the host's status.
    func stop() async -> String {
        let status = await self.host.terminate()
        for network in self.networks { await network.stop() }
        return status.map { "\($0)" } ?? "none"
    }
}
