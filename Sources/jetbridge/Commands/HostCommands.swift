internal import Cluster
internal import Gateway
internal import Host
internal import JSON
internal import Primitives
internal import Schemas
internal import Store

struct HostsCommand: Command {
    let syntax = CommandSyntax(
        "hosts", summary: "List the hosts of a cluster and what each serves",
        discussion: """
            Columns: name, version, state (live, draining, drained, gone), since when, threads of the web chat, networks. \
            Works on any of the hosts; see docs/cluster.md.
            """,
        examples: ["jetbridge hosts", "jetbridge hosts --json"])

    func run(_ context: CommandContext) async throws {
        let hosts = try await context.withHosts { try await $0.hosts() }
        guard !context.isJSON else { return try context.print(["items": try JSON(encoding: hosts.map(API.Host.init))]) }
        let rows = hosts.map { host in
            [
                host.name, host.version, host.state.rawValue, CivilTime(milliseconds: host.since).rfc3339Seconds,
                host.threads.counted("thread"), host.adapters.joined(separator: " "),
            ].map { VisibleText.strictLine($0) }
        }
        for line in TextTable.lines(rows) { try context.print(line) }
    }
}

struct HostsDrainCommand: Command {
    let syntax = CommandSyntax(
        "hosts", "drain", summary: "Let a host hand its threads and connections over to the others",
        discussion: """
            What runs there comes to its end; what waits goes on elsewhere. Returns when the host serves nothing any more \
            and may be stopped. It serves again after its next start.
            """,
        positionals: [PositionalSyntax("name", .text("NAME"), help: "The host, as 'hosts' lists it.")],
        examples: ["jetbridge hosts drain host-a"])

    func run(_ context: CommandContext) async throws {
        let name = context.arguments.word("name") ?? ""
        let result = try await context.withHosts { try await $0.drain(name) }
        switch result {
        case .drained:
            guard !context.isJSON else { return try context.print(["name": .string(name), "state": "drained"]) }
            try context.print(VisibleText.strictLine("\(name) serves nothing any more."))
        case .unknown: throw CommandFailure("no host '\(VisibleText.strictLine(name))' runs; see 'jetbridge hosts'")
        case .refused: throw CommandFailure("\(name) goes on: no other host is live that could take what it serves")
        case .gone: throw CommandFailure("\(name) has ended meanwhile: the other hosts take what it served")
        }
    }
}

extension CommandContext {
    /// The hosts that share the store.
    fileprivate func withHosts<Result>(_ body: (HostDirectory) async throws -> Result) async throws -> Result {
        try await self.withStore { store, configuration in
            guard configuration.cluster != nil else {
                throw CommandFailure(
                    "this host is alone: the configuration has no section 'cluster'; see docs/cluster.md")
            }
            return try await body(HostDirectory(store.database))
        }
    }
}
