internal import HTTP

/// The fields that the Copilot API requires, added to requests that lack them.
package struct CopilotRequestHeaders: Sendable, Equatable {
    /// One of the clients known to the service.
    package var integrationID = "vscode-chat"
    /// `name/version`
    package var editorVersion = "vscode/1.104.1"
    package var apiVersion = "2025-05-01"

    /// For every request.
    package var general: [(name: String, value: String)] {
        [
            ("Copilot-Integration-Id", self.integrationID), ("Editor-Version", self.editorVersion),
            ("X-GitHub-Api-Version", self.apiVersion),
        ]
    }

    /// Adds those of requests to a model.
    static func complete(_ fields: inout HTTPHeaders, for facts: ModelRequestFacts) {
        self.add("Openai-Intent", "conversation-panel", to: &fields)
        self.add("X-Initiator", facts.isAgentTurn ? "agent" : "user", to: &fields)
        if facts.hasImage { self.add("Copilot-Vision-Request", "true", to: &fields) }
    }

    private static func add(_ name: String, _ value: String, to fields: inout HTTPHeaders) {
        if !fields.contains(name) { fields.append(name, value) }
    }
}
