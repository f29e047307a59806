internal import EventLoop
internal import JSON

/// The program with the rehearsal model and a repository on the GitHub stand-in, whose calls are counted.
package struct GitHubShop: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// What a command cost.
    package struct Cost: Sendable {
        package let command: String
        /// Requests to the API; those of Git's protocol do not count against its limits.
        package let calls: Int
        /// Those that GitHub answered with 304, which it does not count.
        package let confirmed: Int
    }

    package static let repository = "octo/shop"
    /// The whole flow; the answers are those to the rehearsal model's questions.
    package static let flow = [
        "/specify a shop where people order bread and pay later", "/clarify", "B", "yes", "For two years.", "/plan",
        "/tasks", "/analyze", "/implement T001", "/implement T002",
    ]
    private static let token = "ghp_" + String(repeating: "Zq7", count: 12)

    package let github: LoopbackGitHub
    package let host: HostProcess

    /// Starts both. `settings`: further lines of the configuration.
    package static func started(_ settings: String = "") async throws -> GitHubShop {
        let github = try await LoopbackGitHub.started()
        try await github.addRepository(
            Self.repository, files: ["README.md": "# Shop\n"], people: ["jetbot": .write])
        await github.addToken(Self.token, HubToken("jetbot", .scopes(["repo"])))
        let host = try await HostProcess(
            configuration: """
                gateway: {listen: "127.0.0.1:0"}
                model: {provider: rehearsal}
                github: {api_url: "\(github.url)", web_url: "\(github.url)", token: {env: SHOP_TOKEN}}
                repositories: [{name: shop, github: \(Self.repository)}]
                approvals: {commands: allow}
                \(settings)

                """)
        let shop = GitHubShop(github: github, host: host)
        try await shop.start()
        return shop
    }

    private func start() async throws {
        try await self.host.start(environment: ["SHOP_TOKEN": Self.token])
    }

    package func stop() async {
        _ = await self.host.terminate()
        await self.github.stop()
    }

    // MARK: One thread

    /// The cost of each command of the flow.
    ///
    /// - Parameter isCold: Restarts the host before each one, so that it has nothing in its cache.
    package func costs(isCold: Bool) async throws -> [Cost] {
        var client = try await self.host.signIn()
        let thread = try await client.newThread()
        var costs: [Cost] = []
        for command in Self.flow {
            if isCold {
                await self.host.kill()
                try await self.start()
                guard let address = self.host.address else { throw Failure(description: "the host has no address") }
                client = client.moved(to: address)
            }
            await self.github.forgetCalls()
            let operation = try await client.send(command, to: thread)
            _ = try await client.ended(operation, within: .seconds(120))
            // An answer begins a turn of its own.
            while let next = try await client.get("/api/v1/threads/\(thread)")["active_operation"]?.stringValue {
                _ = try await client.ended(next, within: .seconds(120))
            }
            let ledger = await self.github.ledger
            let confirmed = ledger.calls.count { $0.status == 304 }
            costs.append(Cost(command: command, calls: ledger.callsOfWork, confirmed: confirmed))
        }
        return costs
    }

    // MARK: Many threads

    /// What GitHub saw of many threads that worked at once.
    package struct Crowd: Sendable {
        package let seconds: Double
        package let calls: Int
        package let refusals: Int
        /// Requests at the same time.
        package let peak: Int
        /// Operations that did not complete, as GitHub's limits would cause them.
        package let failed: [String]
        /// The commits that the threads show.
        package let commits: Int
    }

    /// Lets so many threads specify a feature of their own and then plan it, all at once.
    package func crowd(_ count: Int, within limit: Duration) async throws -> Crowd {
        let client = try await self.host.signIn()
        var threads: [String] = []
        for _ in 0..<count { threads.append(try await client.newThread()) }
        await self.github.forgetCalls()
        let started = ContinuousClock.now
        var failed: [String] = []
        var commits = 0
        for step in ["/specify a shop for bread, number", "/plan for number"] {
            var operations: [String] = []
            for (number, thread) in threads.enumerated() {
                operations.append(try await client.send("\(step) \(number)", to: thread))
            }
            // One after another, so that one client asks for one of them at a time.
            for operation in operations {
                let end = try await client.ended(operation, within: limit)
                commits += end["commits"]?.arrayValue?.count ?? 0
                if end["state"]?.stringValue != "complete" { failed.append(end.text) }
            }
        }
        let ledger = await self.github.ledger
        return Crowd(
            seconds: (ContinuousClock.now - started) / .seconds(1), calls: ledger.callsOfWork,
            refusals: ledger.statuses.reduce(0) { $0 + ([403, 429].contains($1.key) ? $1.value : 0) }
                + ledger.limited.values.reduce(0, +),
            peak: ledger.peak, failed: failed, commits: commits)
    }
}
