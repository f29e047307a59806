internal import JSON
internal import Primitives

/// One request as parameters of a CLI session: a chat and nothing else. Pure.
package struct CopilotCLIRequest: Sendable {
    /// New for every request: creating a session with an existing id empties that session.
    package let session: String
    package let model: String
    package let prompt: CopilotCLIPrompt
    /// Your own endpoint; nil to use the signed-in account.
    package let endpoint: CopilotCLIEndpoint?
    /// The session's working directory, an empty folder.
    package let directory: String

    package init(
        session: String, model: String, prompt: CopilotCLIPrompt, endpoint: CopilotCLIEndpoint?, directory: String
    ) {
        self.session = session
        self.model = model
        self.prompt = prompt
        self.endpoint = endpoint
        self.directory = directory
    }

    /// The parameters of `session.create`. Without tools, custom instructions and compaction, a request costs some 40
    /// tokens more than its text; with the CLI's defaults, 11,700.
    var creation: JSON {
        var parameters: JSONObject = [
            "sessionId": .string(self.session), "clientName": "jetbridge", "model": .string(self.model),
            "streaming": true, "workingDirectory": .string(self.directory), "availableTools": [],
            "requestPermission": true, "requestUserInput": false, "requestElicitation": false,
            "skipCustomInstructions": true, "infiniteSessions": ["enabled": false], "mcpServers": [:],
            "includeSubAgentStreamingEvents": false, "envValueMode": "direct",
        ]
        // With an empty one the CLI would use its own.
        let system = self.prompt.system.isEmpty ? "You are an assistant in a chat." : self.prompt.system
        parameters["systemMessage"] = ["mode": "replace", "content": .string(system)]
        if let endpoint = self.endpoint { parameters["provider"] = endpoint.parameters }
        return .object(parameters)
    }

    /// The parameters of `session.send`.
    var sending: JSON {
        ["sessionId": .string(self.session), "prompt": .string(self.prompt.text), "mode": "enqueue"]
    }
}
