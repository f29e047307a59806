package import JSON
internal import Primitives

/// An approved list, as an owner's entry lets it be used.
package struct ApprovedExtension: Sendable, Equatable {
    package let server: String
    package let tools: [ExtensionTool]
    /// Shown names by raw name, as ``ExtensionNames`` gave them; a tool without one is left out.
    package let names: [String: String]
    /// A decision by raw name, `*` for all others; `resources` is for both tools of the resources.
    package let decisions: [String: String]
    package let hasResources: Bool

    package init(
        server: String, tools: [ExtensionTool], names: [String: String], decisions: [String: String] = [:],
        hasResources: Bool = false
    ) {
        self.server = server
        self.tools = tools
        self.names = names
        self.decisions = decisions
        self.hasResources = hasResources
    }

    /// `allow`, `ask` or `deny`.
    package func decision(for rawName: String) -> String {
        self.decisions[rawName] ?? self.decisions["*"] ?? "ask"
    }
}

/// What a turn offers of all servers: the same bytes for the same lists, because providers cache a request's beginning.
package struct ExtensionCatalog: Sendable {
    /// Why a tool is not offered.
    package struct LeftOut: Sendable, Equatable {
        package let server: String
        package let rawName: String
        /// `its schema has more than 500 parts`.
        package let reason: String
    }

    /// What is known of one server's part.
    package struct Share: Sendable, Equatable {
        /// Tools that can be called, also by way of `NAME__call`, and those of the approved list.
        package var callable = 0
        package var listed = 0
        /// Whether its tools are behind `NAME__find`.
        package var isShrunk = false
        /// What its tools take of each request, by estimate.
        package var tokens = 0
    }

    /// The most tools of a request, with the product's own: OpenAI and Copilot refuse more than 128.
    package static let toolLimit = 100
    /// Bytes of names, descriptions and schemas.
    package static let byteLimit = 40 << 10

    /// By server, then by name.
    package let offers: [ToolOffer]
    /// The tools behind `NAME__find`, by server.
    package let hidden: [String: [ToolOffer]]
    package let leftOut: [LeftOut]
    package let shares: [String: Share]

    /// - Parameters:
    ///   - ours: How many tools of the product itself the turn offers.
    ///   - tokens: Estimates a text.
    package init(_ lists: [ApprovedExtension], ours: Int, tokens: (String) -> Int) {
        var leftOut: [LeftOut] = []
        var parts = lists.sorted { $0.server < $1.server }.map { Part($0, &leftOut) }
        while let largest = Self.tooLarge(parts, ours) { parts[largest].isShrunk = true }
        // Not even two tools of each server fit: the last ones are left out.
        while let last = parts.indices.last, Self.isTooMuch(parts, ours) {
            let part = parts.remove(at: last)
            leftOut += part.tools.map {
                LeftOut(server: part.server, rawName: $0.rawName ?? "", reason: "too many tools are offered already")
            }
        }
        self.offers = parts.flatMap(\.offers)
        self.hidden = Dictionary(
            uniqueKeysWithValues: parts.filter(\.isShrunk).map { ($0.server, $0.tools) })
        self.leftOut = leftOut
        var shares = Dictionary(lists.map { ($0.server, Share(listed: $0.tools.count)) }) { first, _ in first }
        for part in parts {
            shares[part.server]?.callable = part.tools.count
            shares[part.server]?.isShrunk = part.isShrunk
            shares[part.server]?.tokens = part.offers.reduce(0) { $0 + tokens($1.text) }
        }
        self.shares = shares
    }

    // MARK: The budget

    private struct Part {
        let server: String
        let tools: [ToolOffer]
        private let more: [ToolOffer]
        private let bytes: Int
        private let shrunkBytes: Int
        var isShrunk = false

        init(_ list: ApprovedExtension, _ leftOut: inout [LeftOut]) {
            self.server = list.server
            var tools: [ToolOffer] = []
            for tool in ExtensionDigest.sorted(list.tools, by: \.name) where list.decision(for: tool.name) != "deny" {
                do throws(ModelSchema.Unusable) {
                    guard let name = list.names[tool.name] else {
                        throw ModelSchema.Unusable(reason: "its name is too much like that of another tool")
                    }
                    tools.append(try ToolOffer(tool, as: name, of: list.server))
                } catch {
                    leftOut.append(LeftOut(server: list.server, rawName: tool.name, reason: error.reason))
                }
            }
            self.tools = tools.sorted { $0.shownName < $1.shownName }
            let hasResources = list.hasResources && list.decision(for: "resources") != "deny"
            self.more = hasResources ? [.resources(of: list.server), .read(of: list.server)] : []
            self.bytes = Self.bytes(of: self.tools + self.more)
            self.shrunkBytes = Self.bytes(of: Self.shrunk(self.server, self.tools) + self.more)
        }

        var offers: [ToolOffer] {
            (self.isShrunk ? Self.shrunk(self.server, self.tools) : self.tools) + self.more
        }
        var count: Int { (self.isShrunk ? 2 : self.tools.count) + self.more.count }
        var size: Int { self.isShrunk ? self.shrunkBytes : self.bytes }
        /// What shrinking would save: tools, bytes.
        var savedTools: Int { self.isShrunk ? 0 : self.tools.count - 2 }
        var savedBytes: Int { self.isShrunk ? 0 : self.bytes - self.shrunkBytes }

        private static func shrunk(_ server: String, _ tools: [ToolOffer]) -> [ToolOffer] {
            [.find(in: server, tools), .call(in: server)]
        }

        private static func bytes(of offers: [ToolOffer]) -> Int { offers.reduce(0) { $0 + $1.text.utf8.count } }
    }

    private static func isOverBytes(_ parts: [Part]) -> Bool { parts.reduce(0) { $0 + $1.size } > self.byteLimit }

    private static func isTooMuch(_ parts: [Part], _ ours: Int) -> Bool {
        self.isOverBytes(parts) || parts.reduce(ours) { $0 + $1.count } > self.toolLimit
    }

    /// The server to shrink next: the one that saves most; nil if all fit, or nothing more can be saved.
    private static func tooLarge(_ parts: [Part], _ ours: Int) -> Int? {
        guard self.isTooMuch(parts, ours) else { return nil }
        let saved = self.isOverBytes(parts) ? parts.map(\.savedBytes) : parts.map(\.savedTools)
        guard let most = saved.max(), most > 0 else { return nil }
        return saved.firstIndex(of: most)
    }

    // MARK: What a call means

    /// What a call of an offered tool asks for.
    package enum Target: Sendable, Equatable {
        /// Decided by the shown name, also where the call came by way of `NAME__call`.
        case tool(ToolOffer, arguments: JSON)
        case found(String)
        case resources(server: String)
        case read(server: String, uri: String)
        /// For the model: what is wrong, and what to do.
        case wrong(String)
    }

    /// Nil if no such tool is offered.
    package func target(of name: String, _ arguments: JSON) -> Target? {
        guard let offer = self.offers.first(where: { $0.shownName == name }) else {
            // A model may call what it found by its own name.
            return self.hidden.values.joined().first { $0.shownName == name }.map { .tool($0, arguments: arguments) }
        }
        switch offer.kind {
        case .tool: return .tool(offer, arguments: arguments)
        case .find: return .found(self.found(arguments["query"]?.stringValue ?? "", in: offer.server))
        case .resources: return .resources(server: offer.server)
        case .read:
            guard let uri = arguments["uri"]?.stringValue, !uri.isEmpty else { return .wrong("The uri is missing.") }
            return .read(server: offer.server, uri: uri)
        case .call:
            let wanted = arguments["name"]?.stringValue ?? ""
            let tools = self.hidden[offer.server] ?? []
            guard
                let tool = tools.first(where: { $0.shownName == wanted || $0.shownName == "\(offer.server)__\(wanted)" }
                )
            else {
                let find = ExtensionNames.own(.find, of: offer.server)
                return .wrong("\(offer.server) has no such tool. Look for its name with \(find).")
            }
            return .tool(tool, arguments: Self.inner(arguments["arguments"]))
        }
    }

    /// Some models encode an object twice.
    private static func inner(_ arguments: JSON?) -> JSON {
        switch arguments {
        case .string(let text)?: (try? JSON.parse(text)) ?? .string(text)
        case .null?, nil: [:]
        case let other?: other
        }
    }
}
