/// The fields that the Copilot API requires, added to requests that lack them.
package struct CopilotRequestHeaders: Sendable, Equatable {
    /// One of the clients known to the service.
    package var integrationID: String
    /// `name/version`
    package var editorVersion: String
    package var apiVersion: String

    package init(
        integrationID: String = "vscode-chat", editorVersion: String = "vscode/1.104.1",
        apiVersion: String = "2025-05-01"
    ) {
        self.integrationID = integrationID
        self.editorVersion = editorVersion
        self.apiVersion = apiVersion
    }

    /// For every request.
    package var general: [(name: String, value: String)] {
        [
            ("Copilot-Integration-Id", self.integrationID), ("Editor-Version", self.editorVersion),
            ("X-GitHub-Api-Version", self.apiVersion),
        ]
    }

    /// For requests to a model.
    static func model(_ facts: ModelRequestFacts) -> [(name: String, value: String)] {
        var fields = [("Openai-Intent", "conversation-panel"), ("X-Initiator", facts.isAgentTurn ? "agent" : "user")]
        if facts.hasImage { fields.append(("Copilot-Vision-Request", "true")) }
        return fields
    }
}
