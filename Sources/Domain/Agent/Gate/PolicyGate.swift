package import Audit
package import Chat
internal import JSON
internal import Primitives
internal import Work

/// The gate of one turn: the policy decides, people are asked where it says so, and every decision is recorded.
package struct PolicyGate: ToolGate {
    /// Asks for several approvals at once; one outcome for each, in their order.
    package typealias Asking = @Sendable ([ApprovalRequest]) async throws -> [ApprovalOutcome]

    private let settings: CurrentAgentSettings
    private let request: TurnRequest
    private let persona: Persona
    private let repository: String?
    private let taint: TurnTaint
    private let audit: any AuditRecorder
    private let ask: Asking
    /// Tests are run after each change: who approved a command has approved it for the turn. By text and directory.
    private let approvedCommands = Protected<[[String]: ApprovalOutcome]>([:])

    /// - Parameters:
    ///   - repository: The configured name of the repository that the turn works in.
    ///   - thread: Where people are asked.
    package init(
        settings: CurrentAgentSettings, request: TurnRequest, persona: Persona, repository: String?,
        taint: TurnTaint = TurnTaint(), audit: any AuditRecorder, thread: any TurnThread
    ) {
        self.settings = settings
        self.request = request
        self.persona = persona
        self.repository = repository
        self.taint = taint
        self.audit = audit
        self.ask = { try await thread.approvals(of: $0) }
    }

    package func decide(_ intents: [ToolIntent]) async throws -> [GateDecision] {
        try Task.checkCancellation()
        var verdicts: [PolicyVerdict] = []
        for intent in intents { verdicts.append(await self.verdict(on: intent)) }
        var outcomes: [Int: ApprovalOutcome] = [:]
        for index in intents.indices where verdicts[index].decision == .ask && intents[index].call.tool.kind == .execute
        {
            outcomes[index] = self.approvedCommands.withLock { $0[Self.command(intents[index])] }
        }
        let asked = intents.indices.filter { verdicts[$0].decision == .ask && outcomes[$0] == nil }
        do {
            let answers = asked.isEmpty ? [] : try await self.ask(asked.map { Self.request(for: intents[$0]) })
            // An answer that came after the stop does not count.
            try Task.checkCancellation()
            for (index, answer) in zip(asked, answers) {
                outcomes[index] = answer
                guard case .approved = answer, intents[index].call.tool.kind == .execute else { continue }
                self.approvedCommands.withLock { $0[Self.command(intents[index])] = answer }
            }
        } catch {
            let word = error is CancellationError ? "stopped" : "failed"
            for index in intents.indices { await self.recordUndecided(intents[index], verdicts[index], word) }
            throw error
        }
        var decisions: [GateDecision] = []
        for (index, intent) in intents.enumerated() {
            decisions.append(await self.conclude(intent, verdicts[index], outcomes[index]))
        }
        return decisions
    }

    private static func command(_ intent: ToolIntent) -> [String] { [intent.subject, intent.directory] }

    // MARK: The policy

    package func mayAsk(about intents: [ToolIntent]) async -> Bool {
        for intent in intents where await self.verdict(on: intent).decision == .ask { return true }
        return false
    }

    private func verdict(on intent: ToolIntent) async -> PolicyVerdict {
        let tool = intent.call.tool
        guard self.persona.mayUse(tool) else { return PolicyVerdict(.deny, rule: Self.noTool) }
        let verdict = self.settings.settings.policy.verdict(
            on: PolicyQuestion(
                role: self.request.role, persona: self.persona.name, tool: tool.name, kind: tool.kind,
                repository: self.repository, command: tool.kind == .execute ? intent.subject : nil,
                entry: tool.origin?.decision))
        // A text that nobody here vouches for must not be what makes data leave, or what makes a commit.
        guard verdict.decision == .allow, Self.minds(tool), await self.taint.isForeign(besides: tool.origin?.server)
        else { return verdict }
        return PolicyVerdict(.ask, rule: Self.tainted)
    }

    /// Whether foreign text makes it ask about such a call.
    private static func minds(_ tool: ToolDefinition) -> Bool {
        tool.kind == .fetch || tool.kind == .commit || tool.origin?.reachesNetwork == true
    }

    /// The names of what decides besides the policy's rules.
    package static let noTool = "persona"
    package static let tainted = "foreign text"

    private static func request(for intent: ToolIntent) -> ApprovalRequest {
        let action: ApprovalRequest.Action =
            switch intent.call.tool.kind {
            case .edit, .commit: .change
            case .fetch: .reach
            case .execute, .read, .ask, .plan: .run
            case .extension: .call
            }
        return ApprovalRequest(
            action: action, subject: intent.subject, directory: intent.directory, tool: intent.call.tool.name,
            approver: .requester, scope: .call(intent.call.id), effect: intent.effect, preview: intent.preview)
    }

    // MARK: The outcome

    private func conclude(
        _ intent: ToolIntent, _ verdict: PolicyVerdict, _ outcome: ApprovalOutcome?
    ) async -> GateDecision {
        let decision = self.decision(on: intent, verdict, outcome)
        do {
            try await self.audit.record(self.entry(intent, verdict, Self.details(of: decision)))
        } catch {
            // What is not recorded does not happen.
            return .denied(reason: GateTexts.notRecorded("\(error)"))
        }
        if decision.mayRun {
            if intent.call.tool.kind == .fetch { self.taint.add(.web) }
            if let server = intent.call.tool.origin?.server { self.taint.add(.server(server)) }
        }
        return decision
    }

    private func decision(
        on intent: ToolIntent, _ verdict: PolicyVerdict, _ outcome: ApprovalOutcome?
    ) -> GateDecision {
        switch verdict.decision {
        case .allow: return .allowed(rule: verdict.rule)
        case .deny where verdict.rule == Self.noTool:
            return .denied(reason: GateTexts.noTool(intent.call.tool.name, self.persona.name))
        case .deny: return .denied(reason: GateTexts.denied(by: verdict.rule))
        case .ask: break
        }
        switch outcome {
        case .approved(let ask, let by): return .approved(by: by, ask: ask)
        case .denied(let by, let reason): return .denied(reason: GateTexts.denied(by: by, reason: reason))
        case .expired, nil: return .expired
        }
    }

    private static func details(of decision: GateDecision) -> [(String, JSON)] {
        switch decision {
        case .allowed: [("outcome", "allowed")]
        case .approved(let by, let ask):
            [("outcome", "approved"), ("by", .string(by)), ("ask", ask.map { .string($0) } ?? .null)]
        case .denied(let reason): [("outcome", "denied"), ("reason", .string(reason))]
        case .expired: [("outcome", "expired")]
        }
    }

    private func recordUndecided(_ intent: ToolIntent, _ verdict: PolicyVerdict, _ outcome: String) async {
        let (audit, entry) = (self.audit, self.entry(intent, verdict, [("outcome", .string(outcome))]))
        // Unstructured: the turn has been cancelled, and the entry is written all the same.
        await Task { try? await audit.record(entry) }.value
    }

    package func refused(_ call: String, tool: String, _ result: ToolResult) async {
        let members: [(String, JSON)] = [
            ("call", .string(call)), ("tool", .string(tool.titled())), ("persona", .string(self.persona.name)),
            ("outcome", "refused"), ("reason", .string(result.text.titled(Self.reasonLimit))),
        ]
        // Nothing has happened, so a full disk changes nothing.
        try? await self.audit.record(self.entry(members))
    }

    /// Characters of a reason in the audit.
    private static let reasonLimit = 300

    private func entry(_ intent: ToolIntent, _ verdict: PolicyVerdict, _ more: [(String, JSON)]) -> AuditEntry {
        let members: [(String, JSON)] =
            [
                ("call", .string(intent.call.id)), ("tool", .string(intent.call.tool.name)),
                ("title", .string(intent.title)), ("directory", .string(intent.directory)),
                ("digest", .string(intent.digest(session: self.request.session, requester: self.request.sender.id))),
                ("persona", .string(self.persona.name)), ("decision", .string(verdict.decision.rawValue)),
                ("rule", .string(verdict.rule)),
            ] + more
        return self.entry(members)
    }

    private func entry(_ members: [(String, JSON)]) -> AuditEntry {
        AuditEntry(.decision, of: self.request, .object(JSONObject(members: members)))
    }
}

/// What the gate says to the model.
private enum GateTexts {
    static func noTool(_ tool: String, _ persona: String) -> String {
        "The persona '\(persona)' has no tool '\(tool)'. Nothing was done."
    }

    static func denied(by rule: String) -> String {
        "The policy denies this (rule '\(rule)'). Nothing was done. Do without it, or say what you need it for."
    }

    static func denied(by person: String, reason: String?) -> String {
        "\(person) denied this\(reason.map { ": \($0)" } ?? ""). Nothing was done."
    }

    static func notRecorded(_ error: String) -> String {
        "Nothing was done, because the decision cannot be recorded (\(error)). An owner has to free space on the host's "
            + "disk."
    }
}
