internal import JSON
internal import Primitives

/// The revisions of the protocol that this client speaks.
enum Revision {
    static let modern = "2026-07-28"
    /// Of the legacy era, newest first.
    static let legacy = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]

    static func era(of revision: String) -> ExtensionOffer.Era? {
        revision == self.modern ? .modern : self.legacy.contains(revision) ? .legacy : nil
    }

    /// What this client can do: be asked. Sampling and roots are not offered.
    static let capabilities: JSON = ["elicitation": ["form": [:], "url": [:]]]
    static let client: JSON = ["name": "jetbridge", "version": "1"]

    /// A key of `_meta` that the protocol defines.
    static func key(_ name: String) -> String { "io.modelcontextprotocol/\(name)" }

    /// What every modern request says about the client, since there is no handshake.
    static let envelope: JSONObject = [
        Self.key("protocolVersion"): .string(Self.modern), Self.key("clientCapabilities"): Self.capabilities,
        Self.key("clientInfo"): Self.client,
    ]

    static let initialize: JSON = [
        "protocolVersion": .string(Self.legacy[0]), "capabilities": Self.capabilities, "clientInfo": Self.client,
    ]
}

/// What both sides have agreed on.
struct Agreement: Equatable {
    let era: ExtensionOffer.Era
    let revision: String
    /// The server's name and version, in its words.
    let server: String
    let instructions: String?
    let capabilities: JSON

    /// From the answer to `server/discover`; nil if it does not offer the modern revision.
    init?(discovery: JSON) {
        let versions = discovery["supportedVersions"]?.arrayValue ?? []
        guard versions.contains(.string(Revision.modern)) else { return nil }
        self.init(.modern, Revision.modern, discovery["_meta"]?[Revision.key("serverInfo")], discovery)
    }

    /// From the answer to `initialize`; nil if its revision is unknown.
    init?(initialization: JSON) {
        guard let revision = initialization["protocolVersion"]?.stringValue, Revision.legacy.contains(revision) else {
            return nil
        }
        self.init(.legacy, revision, initialization["serverInfo"], initialization)
    }

    private init(_ era: ExtensionOffer.Era, _ revision: String, _ info: JSON?, _ answer: JSON) {
        self.era = era
        self.revision = revision
        self.server = [info?["name"], info?["version"]].compactMap { $0?.stringValue?.beginning(bytes: 200) }
            .joined(separator: " ")
        self.instructions = answer["instructions"]?.stringValue
        self.capabilities = answer["capabilities"] ?? .null
    }

    /// Whether the server says when this list (`tools`, `prompts`) has changed.
    func notifies(of list: String) -> Bool { self.capabilities[list]?["listChanged"]?.boolValue == true }
}
