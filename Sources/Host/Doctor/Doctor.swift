internal import Agent
internal import Audit
internal import Backup
internal import Database
internal import Delivery
internal import Git
internal import Lifecycle
internal import Models
internal import Objects
internal import Primitives
internal import Reading
internal import Repositories
internal import Store
internal import Threads
internal import Work

/// Checks everything that a host needs by opening it and connecting to it.
package struct Doctor: Sendable {
    let configuration: Configuration
    /// The time limit of each connection.
    private let patience: Duration

    package init(_ configuration: Configuration, patience: Duration = .seconds(30)) {
        self.configuration = configuration
        self.patience = patience
    }

    /// Reports each finding as soon as it is known.
    package func examine(report: @Sendable (Finding) async throws -> Void) async throws {
        let directory: DataDirectory
        do {
            directory = try DataDirectory(path: self.configuration.dataDirectory)
            let host = directory.servingHost.map { "; the host with pid \($0) is serving it" } ?? ""
            let finding = directory.restriction.map { Finding("data", .warning, $0 + host) }
            try await report(finding ?? Finding("data", .ok, "\(directory.path) is usable\(host)"))
        } catch let error as HostError {
            try await report(Finding("data", .failed, error.message))
            return
        }
        try await report(await self.store(in: directory))
        for finding in try await SignInFindings.examine(self.configuration) { try await report(finding) }
        let webSignIn = WebSignInFindings(
            configuration: self.configuration, directory: directory, patience: self.patience)
        for finding in try await webSignIn.findings() { try await report(finding) }
        for finding in await self.models() { try await report(finding) }
        if let line = self.configuration.dataFinding { try await report(Finding("classes", .warning, line)) }
        let gitHub = try GitHubHost(self.configuration)
        for finding in await self.repositories(gitHub) { try await report(finding) }
        let servers = RepositoryFindings(
            configuration: self.configuration, gitHub: gitHub, patience: self.patience)
        for finding in try await servers.findings() { try await report(finding) }
        try await report(await JailProbing.finding(self.configuration, in: directory))
        if let finding = await JailProbing.servingFinding(in: directory, patience: self.patience) {
            try await report(finding)
        }
        try await report(Self.search)
        try await report(ReadingFindings.finding(ReadingProgram.allCases.flatMap(\.missing)))
        for finding in [await self.objects(), await self.archive(), await self.backups()].compactMap({ $0 }) {
            try await report(finding)
        }
        for finding in await ClusterFindings(configuration: self.configuration, directory: directory).findings() {
            try await report(finding)
        }
        for finding in await HookFindings.examine(self.configuration) { try await report(finding) }
        for finding in [
            await TelemetryFindings.finding(self.configuration), await WebSearchFindings.finding(self.configuration),
            self.access(),
        ].compactMap({ $0 }) {
            try await report(finding)
        }
        let networks = NetworkFindings(
            configuration: self.configuration, directory: directory, patience: self.patience)
        try await networks.examine(report: report)
    }

    /// What the host that serves the data directory says about itself.
    package func examineServing() async throws -> Finding {
        let directory = try DataDirectory(path: self.configuration.dataDirectory)
        guard let address = ServingHost.address(in: directory) else {
            return Finding("host", .failed, "no host serves \(directory.path)")
        }
        return await ServingHost(address: address).finding()
    }

    /// Whether the program of the model's searches is there.
    private static var search: Finding {
        Ripgrep.isInstalled
            ? Finding("search", .ok, "ripgrep is installed")
            : Finding("search", .warning, "the model cannot search files: \(Ripgrep.remedy)")
    }

    /// Whether the store opens, and its audit.
    private func store(in directory: DataDirectory) async -> Finding {
        do {
            let database = try Stores.open(self.configuration)
            let (pending, refused) = try await SessionStore(database: database).read { ledger in
                try (ledger.outboxPending(), ledger.outboxRefused())
            }
            try await AuditLog.check(database, keyIn: directory.path)
            let missing = try await MissingData.lines(
                in: self.configuration.backupSource, objectsAreShared: self.configuration.objects != nil, database)
            await database.close()
            if let line = missing.first { return Finding("store", .warning, line) }
            return Finding(
                "store", .ok,
                "\(self.configuration.store.name) opens; queued outgoing messages: \(pending)"
                    + (refused > 0 ? ", of which \(refused) wait for rooms that do not accept them" : ""))
        } catch {
            return Finding("store", .failed, "\(error)")
        }
    }

    /// One finding for each provider.
    private func models() async -> [Finding] {
        do {
            return try await ModelProvider.asking(self.configuration) { client in
                guard let router = client as? ModelRouter else {
                    let only = ModelRouter.Source(id: nil, client, catalog: ModelCatalog(client))
                    return [await Self.finding(only, names: client.defaultModel)]
                }
                // A name without a prefix is of the provider that lists it.
                let listed = (try? await router.models()) ?? []
                let standard = router.route(router.defaultModel)
                var findings: [Finding] = []
                if standard == nil {
                    findings.append(
                        Finding(
                            "model", .warning,
                            "no provider, or more than one, lists the default model "
                                + "'\(router.defaultModel)': write it as ID/NAME"))
                }
                for source in router.sources {
                    let name = standard?.source.id == source.id ? standard?.name : nil
                    findings.append(await Self.finding(source, names: name))
                }
                for model in self.configuration.model.fallbacks
                where !listed.contains(where: { $0.id == router.fullName(of: model) }) {
                    findings.append(Finding("model", .warning, "no provider lists the fallback '\(model)'"))
                }
                return findings
            }
        } catch {
            return [Finding("model", .failed, "\(error)")]
        }
    }

    /// Whether a provider answers.
    ///
    /// - Parameter name: The default model, if this provider serves it.
    private static func finding(_ source: ModelRouter.Source, names name: String?) async -> Finding {
        let subject = source.id.map { "model \($0)" } ?? "model"
        let provider = source.client.provider
        do {
            try await source.client.check()
            let models = try await source.client.models()
            guard let name else {
                return Finding(subject, .ok, "\(provider) answers and lists \(models.count.counted("model"))")
            }
            guard models.contains(where: { $0.id == name }) else {
                let near = models.prefix(3).map { source.fullName(of: $0.id) }.joined(separator: ", ")
                return Finding(
                    subject, .warning,
                    "\(provider) answers but does not list the model '\(name)'; set model.name to one of: \(near)")
            }
            return Finding(subject, .ok, "\(provider) answers and lists the model '\(name)'")
        } catch {
            return Finding(subject, .failed, "\(error)")
        }
    }

    private func repositories(_ gitHub: GitHubHost) async -> [Finding] {
        let catalog = await RepositorySetup.catalog(
            for: self.configuration, upstreams: gitHub.upstreams())
        var findings: [Finding] = []
        for name in catalog.names {
            do {
                let branch = try await catalog.repository(name).checkReady()
                findings.append(
                    Finding("repository \(name)", .ok, "ready for commits; new branches start from \(branch.name)"))
            } catch {
                findings.append(Finding("repository \(name)", .failed, "\(error)"))
            }
        }
        return findings
    }

    /// Nil if no archive is configured.
    private func archive() async -> Finding? {
        guard let archive = self.configuration.archiving, self.configuration.archive != nil else { return nil }
        return await self.finding("archive", "check archive.s3.endpoint") { try await archive.check() }
    }

    /// Whether the backup of the last day is there; nil if none are made.
    func backups() async -> Finding? {
        guard let shelf = self.configuration.backupShelf else { return nil }
        return await self.finding("backups", "check backups.to") {
            if let failure = BackupSchedule.failure(in: self.configuration.dataDirectory) { throw HostError(failure) }
            let now = WallClock.now()
            let future = try await shelf.futureNames(at: now)
            guard future.isEmpty else {
                throw HostError(
                    "\(shelf.name) has backups with a time in the future, which are not counted: see whether the clock is "
                        + "right; if it is, rename or delete \(future.prefix(10).joined(separator: ", "))")
            }
            guard let newest = try await shelf.newest(at: now) else {
                return "none in \(shelf.name) yet; the first one is made when the host serves"
            }
            let time = CivilTime(milliseconds: newest).rfc3339Seconds
            guard now - newest < 26 * 3_600_000 else {
                throw HostError("the newest in \(shelf.name) is of \(time): is the host serving? Its log says more")
            }
            return "the newest in \(shelf.name) is of \(time)"
        }
    }

    /// Nil if hosts share no objects.
    private func objects() async -> Finding? {
        guard let objects = self.configuration.sharedObjects else { return nil }
        return await self.finding("objects", "check objects.s3.endpoint") {
            try await objects.probe()
            return "files, snapshots of workspaces and archives are kept in \(objects.name)"
        }
    }

    private func finding(
        _ subject: String, _ remedy: String, _ check: @escaping @Sendable () async throws -> String
    ) async -> Finding {
        do {
            let detail = try await withDeadline(self.patience) { () async throws(any Error) in try await check() }
            guard let detail else { return Finding(subject, .failed, "it did not answer in time; \(remedy)") }
            return Finding(subject, .ok, detail)
        } catch {
            return Finding(subject, .failed, "\(error)")
        }
    }

    /// Nil if somebody is an owner, or the web chat is all there is.
    private func access() -> Finding? {
        let adapters = self.configuration.adapters
        let hasNetwork =
            !adapters.irc.isEmpty || !adapters.matrix.isEmpty || !adapters.slack.isEmpty || !adapters.telegram.isEmpty
        if !self.configuration.access.owners.isEmpty || !hasNetwork { return nil }
        return Finding(
            "access", .warning,
            "no network has an owner yet; run 'jetbridge pair --role owner' and send the code in a direct message")
    }
}
