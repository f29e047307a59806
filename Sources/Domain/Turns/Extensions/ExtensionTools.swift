internal import Agent
internal import Chat
internal import Extensions
internal import JSON
internal import Logging
internal import Models
internal import Primitives

/// What one turn is offered of extensions, and how their calls are carried out; everything else is the turn's own.
struct ExtensionTools: ToolExecutor {
    let own: any ToolExecutor
    let offer: ExtensionTurnOffer
    let desk: ExtensionDesk
    let asking: ExtensionAskingInTurn

    // MARK: Before the decision

    func prepare(_ call: CheckedCall) async throws -> PreparedCall {
        guard let origin = call.tool.origin else { return try await self.own.prepare(call) }
        guard call.tool.kind == .extension else { return .intent(Self.intent(call, origin, digest: nil)) }
        return try await self.settling {
            guard let offered = try await self.desk.offered(origin.server), self.offer.isOffered(call.tool, in: offered)
            else {
                return .failed(
                    ToolResult(
                        .failed,
                        text: "\(call.tool.name) is not offered any more: its list has changed, and an owner has to "
                            + "approve it. Nothing was done.",
                        summary: "\(call.tool.name): not offered"))
            }
            return .intent(Self.intent(call, origin, digest: offered.list.digest))
        } failure: {
            .failed(ToolResult(.failed, text: "\($0)", summary: "\(call.tool.name): failed"))
        }
    }

    private static func intent(_ call: CheckedCall, _ origin: ToolDefinition.Origin, digest: String?) -> ToolIntent {
        // The names as the server has them, and each argument exactly.
        let lines: [String] =
            switch call.arguments {
            case .object(let members): members.map { "\(JSON.string($0.key).text): \($0.value.text)" }
            default: [call.arguments.text]
            }
        let name = "\(call.tool.name) (\(origin.tool) of \(origin.server))"
        return ToolIntent(
            call: call, subject: ([name] + lines).joined(separator: "\n"), directory: "",
            title: "\(call.tool.name) \(call.arguments.text.titled(60))",
            preconditions: digest.map {
                [ToolIntent.Precondition(path: "extension \(origin.server)", digest: $0)]
            } ?? [])
    }

    // MARK: After it

    func perform(_ intent: ToolIntent, approval: GateDecision) async throws -> ToolResult {
        try await self.perform(intent, approval: approval) { _ in }
    }

    func perform(
        _ intent: ToolIntent, approval: GateDecision, progress: @escaping @Sendable (String) -> Void
    ) async throws -> ToolResult {
        guard let origin = intent.call.tool.origin else {
            return try await self.own.perform(intent, approval: approval, progress: progress)
        }
        let name = intent.call.tool.name
        guard approval.mayRun else {
            return ToolResult(.denied, text: "The call was not made: nobody allowed it.", summary: intent.title)
        }
        return try await self.settling {
            switch self.offer.catalog.target(of: name, intent.call.arguments) {
            case .found(let text):
                return ToolResult(
                    .done, text: DataBlock.of(text, from: "tools of \(origin.server)"), summary: name, isMarked: true)
            case .wrong(let text): return ToolResult(.failed, text: text, summary: "\(name): wrong call")
            case nil:
                return ToolResult(.failed, text: "\(name) is not offered. Nothing was done.", summary: name)
            case let target?:
                let server = try await self.desk.ready(
                    origin.server, digest: intent.preconditions.first?.digest ?? ""
                ) { self.offer.isOffered(intent.call.tool, in: $0) }
                let result = try await Self.call(server, target, for: self.asking.caller(of: intent, progress))
                return await self.result(of: intent, result, origin)
            }
        } failure: { error in
            let text = Redaction.redact(VisibleText.of("\(error)".beginning(bytes: 4_096)))
            let ended = (error as? ExtensionFailure)?.kind == .lost ? "broke off, it may have run" : "failed"
            return ToolResult(.failed, text: text, summary: "\(name): \(ended)")
        }
    }

    private static func call(
        _ server: any ExtensionCalling, _ target: ExtensionCatalog.Target, for caller: ExtensionCaller
    ) async throws -> ExtensionResult {
        switch target {
        case .tool(let tool, let arguments):
            return try await server.call(tool.rawName ?? "", arguments, for: caller)
        case .read(_, let uri): return try await server.read(uri, for: caller)
        case .resources:
            let lines = try await server.resources(for: caller).map { resource in
                let type = resource.type.map { ", \($0)" } ?? ""
                return "\(resource.uri)\(resource.isTemplate ? " (template)" : ""): \(resource.name)\(type)"
            }
            return ExtensionResult([.text(lines.isEmpty ? "Nothing can be read." : lines.joined(separator: "\n"))])
        case .found, .wrong: return ExtensionResult([])
        }
    }

    private func result(
        of intent: ToolIntent, _ result: ExtensionResult, _ origin: ToolDefinition.Origin
    ) async -> ToolResult {
        let read = ExtensionResultText(result, cut: Self.cut)
        for file in read.files { await self.asking.show(file) }
        let text = DataBlock.of(Redaction.redact(read.text), from: "extension \(origin.server)")
        return ToolResult(
            result.isError ? .failed : .done, text: result.isError ? "The tool reports an error.\n\(text)" : text,
            summary: "\(intent.title)\(result.isError ? ": failed" : "")", isMarked: true)
    }

    static func cut(_ text: String) -> String {
        var cut = OutputCut()
        cut.append(text)
        return cut.text(advice: "Ask for less of it")
    }

    func commits(madeBy call: String) async throws -> ToolIntent? { try await self.own.commits(madeBy: call) }

    func forgetReads() async { await self.own.forgetReads() }
}
