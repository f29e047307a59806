internal import Audit
internal import Chat
internal import Models
internal import Primitives
internal import Sessions

/// Sets up the bridge as configured.
enum BridgeSetup {
    /// How long running answers may continue after a stop.
    static let drainTimeout: Duration = .seconds(20)

    static func settings(_ configuration: Configuration, publicURL: String) -> BridgeSettings {
        let names = configuration.repositories.map(\.name)
        let first = configuration.defaultRepository
        var settings = BridgeSettings(
            publicURL: publicURL, turnTimeout: configuration.model.turnTimeout,
            approvalTimeout: configuration.approvals.timeout,
            turnsPerHost: configuration.limits.turns, turnsPerPerson: configuration.limits.turnsPerPerson,
            queueLimit: configuration.limits.waitingPerThread, drainTimeout: Self.drainTimeout,
            repositories: first.map { first in [first] + names.filter { $0 != first } } ?? names,
            filesDirectory: Self.filesDirectory(configuration), retention: configuration.retention)
        settings.pages = RepositorySetup.pages(of: configuration, viewer: publicURL)
        return settings
    }

    /// Where received files are kept.
    static func filesDirectory(_ configuration: Configuration) -> String { "\(configuration.dataDirectory)/files" }

    static func policy(_ access: Configuration.Access) -> AccessPolicy {
        AccessPolicy(
            owners: access.owners, members: access.members, guests: access.guests, isPairingAllowed: access.pairing)
    }

    static func models(_ client: any ModelClient, _ catalog: ModelCatalog) -> ModelDirectory {
        ModelDirectory(
            defaultModel: client.defaultModel, provider: client.provider,
            quota: { try await client.quota().map { Self.allowances($0) } },
            list: {
                try await catalog.models().map { model in
                    ModelChoice(
                        id: model.id, detail: model.detail, name: model.name, inputLimit: model.inputLimit,
                        outputLimit: model.outputLimit, tokenizer: model.tokenizer, version: model.version,
                        vendor: model.vendor, multiplier: model.multiplier, isPreview: model.isPreview)
                }
            })
    }

    private static func allowances(_ quota: ModelQuota) -> ModelAllowances {
        ModelAllowances(
            plan: quota.plan, resetDate: quota.resetDate,
            items: quota.allowances.map { allowance in
                ModelAllowances.Item(
                    id: allowance.id, name: allowance.name, entitlement: allowance.entitlement,
                    remaining: allowance.remaining, percentRemaining: allowance.percentRemaining,
                    isUnlimited: allowance.isUnlimited)
            }, lines: quota.lines)
    }

    static func registerGauges(of bridge: Bridge, in metrics: Metrics) {
        for adapter in bridge.adapters.all {
            metrics.gauge(.adapterUp, ["adapter": adapter.id.rawValue]) { adapter.status.state == .up ? 1 : 0 }
        }
    }
}

/// Appends decisions of people to the audit, in the transaction that makes them.
enum DecisionAudit {
    static func appending(to chain: AuditChain) -> @Sendable (Ledger, AuditEntry) throws -> Void {
        { ledger, entry in _ = try chain.append(entry, at: WallClock.now(), in: ledger.connection) }
    }
}
