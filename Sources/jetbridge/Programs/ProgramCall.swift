internal import Chat
internal import Gateway
internal import Host
internal import Primitives
internal import Processes

/// A command line that runs a program on the path: `jetbridge [--config FILE] [--data-dir DIR] NAME …`.
struct ProgramCall: Sendable {
    let program: ExternalProgram
    /// The program's own.
    let words: [String]
    /// Where the host's configuration is.
    private(set) var arguments = Arguments()

    static let token = "JETBRIDGE_TOKEN"
    static let url = "JETBRIDGE_URL"

    /// Nil for a command of our own, and if no program has the name.
    init?(_ words: [String], table: CommandTable, surroundings: Surroundings) {
        var rest = words[...]
        while let word = rest.first, word.hasPrefix("--") {
            let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1).map(String.init)
            guard let name = parts.first, ["config", "data-dir"].contains(name) else { return nil }
            rest = rest.dropFirst()
            guard let value = parts.count == 2 ? parts[1] : rest.popFirst() else { return nil }
            self.arguments.values[name] = value
        }
        guard let name = rest.popFirst(), !table.words(after: []).contains(name),
            let program = ExternalProgram.find(name, on: surroundings.variable("PATH"))
        else { return nil }
        self.program = program
        self.words = Array(rest)
    }

    /// Runs the program in this one's place, with a token of the scopes that its manifest names. Returns how it ended.
    func run(_ context: CommandContext) async throws -> ProcessStatus {
        let manifest = await ProgramManifests(context.surroundings).manifests(of: [self.program])[0]
        let scopes = manifest?.scopes ?? []
        let known = Scope.allCases.map(\.rawValue)
        if let unknown = scopes.first(where: { !known.contains($0) }) {
            throw CommandFailure(
                "\(self.program.path) was not run: its manifest asks for the scope '\(VisibleText.strictLine(unknown))', which "
                    + "does not exist. The scopes are \(known.joined(separator: ", ")).")
        }
        let configuration = try context.loadConfiguration()
        var plan = ProcessPlan(self.program.path, self.words, environment: context.surroundings.environment)
        plan.environment[Self.token] = nil
        let address = try ServingHost.address(configuration)
        plan.environment[Self.url] = address.map { "http://\(ServingHost.reachable($0))" } ?? configuration.gateway.url
        guard !scopes.isEmpty else { return try await ForegroundProgram.run(plan) }
        return try await context.withStore(configuration) { store, _ in
            let lease = try await ProgramLease(
                store, name: "jetbridge \(self.program.name)", scopes: scopes,
                identity: .user(ofMachine: context.user))
            var plan = plan
            plan.environment[Self.token] = lease.token
            return try await Self.run(plan, with: lease)
        }
    }

    private static func run(_ plan: ProcessPlan, with lease: ProgramLease) async throws -> ProcessStatus {
        let result = await withTaskGroup(of: Void.self) { group in
            group.addTask(name: "token") { await lease.keep() }
            let result: Result<ProcessStatus, any Error>
            do { result = .success(try await ForegroundProgram.run(plan)) } catch { result = .failure(error) }
            group.cancelAll()
            return result
        }
        // Otherwise it ends in a moment.
        try? await lease.end()
        return try result.get()
    }
}
