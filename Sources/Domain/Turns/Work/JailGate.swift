package import Agent
package import Audit
internal import Chat
package import EventLoop
package import Jail
package import Logging
package import Work

/// What the jails of commands may reach: addresses that rules allow, and others by the policy. Every request is recorded or
/// counted.
package struct JailGate: Sendable {
    private let rules: [NetworkRule]
    private let reach: JailReach
    private let current: CurrentAgentSettings
    private let running: RunningJobs
    private let records: NetworkRecords

    /// - Parameter allowed: Entries as people write them. Throws for one that makes no sense.
    package init(
        allowing allowed: [String], reach: JailReach = JailReach(), _ current: CurrentAgentSettings,
        running: RunningJobs, audit: any AuditRecorder, logger: Logger
    ) throws(JailFailure) {
        var rules: [NetworkRule] = []
        for entry in allowed { rules.append(try NetworkRule(entry)) }
        self.rules = rules
        self.reach = reach
        self.current = current
        self.running = running
        self.records = NetworkRecords(audit: audit, logger: logger)
    }

    /// The jails' only way out.
    package var network: JailSetup.Network {
        JailSetup.Network(
            port: JailNetwork.port, variables: JailNetwork.environment, direct: DirectAddresses(self.rules)
        ) { session, listener, direct async throws(JailFailure) in
            let network = JailNetwork(
                listener: listener, direct: direct, rules: self.rules, resolver: self.reach.resolver,
                policy: self.reach.policy,
                audit: { request in await self.records.record(request, of: session) },
                decide: self.decision(for: session))
            try await network.start()
            return {
                await network.end()
                await self.records.flush(session)
            }
        }
    }

    /// What happens to an address that no rule allows.
    private func decision(for session: String) -> (@Sendable (NetworkAddress) async -> Bool)? {
        if self.verdict == .deny { return nil }
        return { address in
            switch self.verdict {
            case .deny: false
            case .allow: true
            case .ask: await self.running.mayReach("\(address)", from: session)
            }
        }
    }

    /// A jail does not know for whom it runs a command, so the policy is asked as for a member.
    private var verdict: PolicyDecision {
        let question = PolicyQuestion(role: .member, persona: nil, tool: ToolSelector.jailNetwork, kind: .fetch)
        return self.current.settings.policy.verdict(on: question).decision
    }
}

/// How jails' names are resolved, and which addresses they lead to.
package struct JailReach: Sendable {
    /// Nil for the system's.
    let resolver: (any NetworkResolver)?
    let policy: AddressPolicy

    package init(resolver: (any NetworkResolver)? = nil, policy: AddressPolicy = AddressPolicy()) {
        self.resolver = resolver
        self.policy = policy
    }
}
