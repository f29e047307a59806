internal import JSON
internal import Primitives

/// What `jetbridge-NAME --jetbridge-manifest` prints: `{"summary": …, "scopes": […]}`.
struct ProgramManifest: Sendable, Equatable {
    /// One line for the help.
    let summary: String
    /// Of the token that it gets; they may be unknown.
    let scopes: [String]

    /// In bytes.
    static let limit = 4_096
    private static let summaryLimit = 200
    private static let mostScopes = 16

    /// Nil for anything else.
    init?(_ bytes: [UInt8]) {
        guard bytes.count <= Self.limit, let json = try? JSON.parse(bytes) else { return nil }
        self.init(json)
    }

    init?(_ json: JSON) {
        guard let summary = json["summary"]?.stringValue, let scopes = json["scopes"]?.arrayValue,
            scopes.count <= Self.mostScopes
        else { return nil }
        let names = scopes.compactMap(\.stringValue)
        guard names.count == scopes.count else { return nil }
        self.summary = String(VisibleText.strictLine(summary).prefix(Self.summaryLimit))
        self.scopes = names
    }

    var json: JSON { ["summary": .string(self.summary), "scopes": .array(self.scopes.map { .string($0) })] }
}
