internal import Agent
internal import Extensions
internal import JSON
internal import Models
internal import Primitives

/// The tools of extensions that one turn offers: those of the approved lists as they were when it began. Pure.
struct ExtensionTurnOffer: Sendable {
    let catalog: ExtensionCatalog
    /// In the catalogue's order.
    let tools: [ToolDefinition]
    private let hidden: [ToolDefinition]
    private let offered: [String: ExtensionDesk.Offered]

    /// - Parameter ours: How many tools of our own the turn offers.
    init(_ offered: [ExtensionDesk.Offered], ours: Int) {
        let byName = Dictionary(offered.map { ($0.settings.name, $0) }) { first, _ in first }
        let catalog = ExtensionCatalog(offered.map(\.approved), ours: ours) { TokenEstimator.tokens(in: $0) }
        self.offered = byName
        self.catalog = catalog
        self.tools = catalog.offers.compactMap { Self.definition($0, byName) }
        self.hidden = catalog.hidden.sorted { $0.key < $1.key }.flatMap(\.value).compactMap {
            Self.definition($0, byName)
        }
    }

    private static func definition(_ offer: ToolOffer, _ offered: [String: ExtensionDesk.Offered]) -> ToolDefinition? {
        guard let server = offered[offer.server] else { return nil }
        let decision: PolicyDecision
        switch offer.kind {
        case .tool(let name): decision = PolicyDecision(rawValue: server.approved.decision(for: name)) ?? .ask
        // The entry says `resources` for both.
        case .resources, .read: decision = PolicyDecision(rawValue: server.approved.decision(for: "resources")) ?? .ask
        case .find: decision = .allow
        // What it calls is decided about, never itself.
        case .call: decision = .deny
        }
        let schema = offer.rawName.flatMap { name in server.tools.first { $0.name == name }?.schema }
        return ToolDefinition(
            name: offer.shownName, kind: offer.kind == .find ? .read : .extension, description: offer.description,
            parameters: offer.parameters,
            origin: ToolDefinition.Origin(
                server: offer.server, tool: offer.rawName ?? "\(offer.kind)", decision: decision,
                reachesNetwork: server.settings.reachesNetwork, schema: schema ?? offer.parameters))
    }

    /// What servers say of their tools, as data for the model; empty for nothing.
    var instructions: String {
        self.offered.values.sorted { $0.settings.name < $1.settings.name }.compactMap { server in
            guard let text = server.instructions, !text.isEmpty else { return nil }
            let shown = VisibleText.of(text.beginning(bytes: Self.instructionBytes), lineBreaks: .normalized)
            return "The extension \(server.settings.name) says of its tools:\n"
                + DataBlock.of(shown, from: "extension \(server.settings.name)")
        }.joined(separator: "\n\n")
    }

    private static let instructionBytes = 2 << 10

    func files(of server: String) -> ExtensionSettings.Files { self.offered[server]?.settings.files ?? .none }

    /// Whether a tool is still what this turn offers.
    func isOffered(_ tool: ToolDefinition, in now: ExtensionDesk.Offered) -> Bool {
        guard let origin = tool.origin, let then = self.offered[origin.server] else { return false }
        switch self.catalog.offers.first(where: { $0.shownName == tool.name })?.kind {
        case .resources, .read: return now.hasResources
        case .find, .call: return false
        case .tool, nil: return then.tools.first { $0.name == origin.tool }.map(now.tools.contains) ?? false
        }
    }

    // MARK: Calls

    /// Checks a call. One by way of `NAME__call` becomes the call that it means, so that it is decided and recorded as
    /// that.
    func reader(with own: [ToolDefinition]) -> @Sendable (ToolCall, String) -> CallReading {
        let shown = CallReader(tools: own + self.tools)
        guard !self.hidden.isEmpty else { return shown.read }
        let (hidden, catalog) = (CallReader(tools: self.hidden), self.catalog)
        let names = Set(self.hidden.map(\.name))
        return { call, id in
            // A model may call what it found by its own name.
            if names.contains(call.name) { return hidden.read(call, as: id) }
            let reading = shown.read(call, as: id)
            guard case .call(let checked) = reading, checked.tool.origin != nil else { return reading }
            switch catalog.target(of: checked.tool.name, checked.arguments) {
            case .tool(let tool, let arguments) where tool.shownName != checked.tool.name:
                let meant = ToolCall(id: call.id, name: tool.shownName, arguments: arguments.text)
                return hidden.read(meant, as: id)
            case .wrong(let text):
                return .failed(ToolResult(.failed, text: text, summary: "\(checked.tool.name): wrong call"))
            default: return reading
            }
        }
    }
}
