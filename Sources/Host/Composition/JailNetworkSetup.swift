internal import Agent
internal import Audit
internal import Chat
internal import JSON
internal import Jail
internal import Logging
internal import Primitives
internal import Work

/// The jails' way to the network, as configured.
enum JailNetworkSetup {
    /// Nil without an allow list: then there is no network at all.
    static func network(
        _ configuration: Configuration, agent: CurrentAgentSettings, reach: JailReach, audit: AuditLog,
        workbench: @escaping @Sendable () -> Workbench?, logger: Logger
    ) throws(JailFailure) -> JailSetup.Network? {
        guard configuration.jail.network.mode == .allowlist else { return nil }
        var rules: [NetworkRule] = []
        for entry in configuration.jail.network.allow { rules.append(try NetworkRule(entry)) }
        let allowed = rules
        return JailSetup.Network(port: JailNetwork.port, variables: JailNetwork.environment) {
            session, listener async throws(JailFailure) in
            let network = JailNetwork(
                listener: listener, rules: allowed, resolver: reach.resolver, policy: reach.policy,
                audit: { request in await Self.record(request, of: session, in: audit, logger) },
                decide: Self.decision(agent, session, workbench))
            try await network.start()
            return { await network.end() }
        }
    }

    /// What happens to an address that no entry allows.
    private static func decision(
        _ agent: CurrentAgentSettings, _ session: String, _ workbench: @escaping @Sendable () -> Workbench?
    ) -> (@Sendable (NetworkAddress) async -> Bool)? {
        if Self.verdict(agent) == .deny { return nil }
        return { address in
            switch Self.verdict(agent) {
            case .deny: false
            case .allow: true
            case .ask: await workbench()?.mayReach("\(address)", from: session) ?? false
            }
        }
    }

    /// A jail does not know for whom it runs a command, so the policy is asked as for a member.
    private static func verdict(_ agent: CurrentAgentSettings) -> PolicyDecision {
        let question = PolicyQuestion(role: .member, persona: nil, tool: ToolSelector.jailNetwork, kind: .fetch)
        return agent.settings.policy.verdict(on: question).decision
    }

    private static func record(
        _ request: NetworkRequest, of session: String, in audit: AuditLog, _ logger: Logger
    ) async {
        do {
            try await audit.record(
                AuditEntry(
                    kind: .network, session: session, turn: nil, actor: "jail",
                    details: [
                        "method": .string(request.method), "host": .string(request.host),
                        "port": .number(Double(request.port)), "verdict": .string("\(request.verdict)"),
                        "reason": .string(request.reason), "sent": .number(Double(request.sent)),
                        "received": .number(Double(request.received)),
                    ]), at: WallClock.now())
        } catch {
            logger.error("a network request could not be recorded", ["error": .string("\(error)")])
        }
    }
}

/// How jails' names are resolved, and which addresses they lead to.
struct JailReach: Sendable {
    /// Nil for the system's.
    var resolver: (any NetworkResolver)?
    var policy = AddressPolicy()
}
