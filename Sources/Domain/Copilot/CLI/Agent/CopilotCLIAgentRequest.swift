package import JSON
package import Primitives

/// One turn of the CLI as an agent, as parameters of its session. Pure.
package struct CopilotCLIAgentRequest: Sendable {
    /// A tool of ours that the model may call beside the CLI's own.
    package struct Tool: Sendable, Equatable {
        package let name: String
        package let description: String
        package let parameters: JSON

        package init(name: String, description: String, parameters: JSON) {
            self.name = name
            self.description = description
            self.parameters = parameters
        }
    }

    /// Who answers the CLI's requests to a model.
    package enum Model: Sendable {
        /// An endpoint that the CLI reaches at this address, without a key.
        case endpoint(baseURL: String)
        /// The account of a GitHub token, which goes through the pipe, so that it is in no environment.
        case account(Secret)
    }

    /// Letters, digits and hyphens.
    package let session: String
    /// Whether the session exists, as far as we know. One that is missing is created.
    package let isResumed: Bool
    package let model: String
    package let provider: Model
    /// Appended to the CLI's own system message.
    package let instructions: String
    /// The message for a session that knows the conversation.
    package let prompt: String
    /// The message for a new session: with the conversation so far.
    package let fullPrompt: String
    package let tools: [Tool]
    /// Tools of the CLI that the model does not see, besides those that never are.
    package let excluded: [String]
    /// As the CLI sees it.
    package let directory: String

    package init(
        session: String, isResumed: Bool, model: String, provider: Model, instructions: String, prompt: String,
        fullPrompt: String, tools: [Tool] = [], excluded: [String] = [], directory: String
    ) {
        self.session = session
        self.isResumed = isResumed
        self.model = model
        self.provider = provider
        self.instructions = instructions
        self.prompt = prompt
        self.fullPrompt = fullPrompt
        self.tools = tools
        self.excluded = excluded
        self.directory = directory
    }

    /// Input for a running shell is never asked about; sub-agents, skills and databases are outside of what the gate
    /// shows; the web is reached by nothing in the jail.
    private static let neverOffered = [
        "write_bash", "task", "sql", "session_store_sql", "skill", "read_agent", "list_agents", "web_fetch",
    ]

    /// The parameters of `session.create` and `session.resume`, which keeps nothing but the history.
    ///
    /// Hooks of the repository would run as commands that nobody is asked about, and could approve requests.
    var creation: JSON {
        var parameters: JSONObject = [
            "sessionId": .string(self.session), "clientName": "jetbridge", "model": .string(self.model),
            "streaming": true, "workingDirectory": .string(self.directory), "enableFileHooks": false,
            "excludedTools": .array((Self.neverOffered + self.excluded).map { .string($0) }),
            "requestPermission": true, "requestUserInput": false, "requestElicitation": false,
            "requestExitPlanMode": false, "requestAutoModeSwitch": false, "mcpServers": [:],
            "includeSubAgentStreamingEvents": false, "envValueMode": "direct",
            "systemMessage": ["mode": "append", "content": .string(self.instructions)],
            "tools": .array(
                self.tools.map { tool in
                    // Our own gate decides about our own tools.
                    [
                        "name": .string(tool.name), "description": .string(tool.description),
                        "parameters": tool.parameters, "skipPermission": true,
                    ]
                }),
        ]
        switch self.provider {
        case .endpoint(let baseURL):
            parameters["provider"] = [
                "type": "openai", "wireApi": "completions", "baseUrl": .string(baseURL), "apiKey": "jetbridge",
            ]
        case .account(let token): parameters["gitHubToken"] = .string(token.reveal())
        }
        return .object(parameters)
    }

    /// The parameters of `session.options.update`: what `session.create` does not take. Instruction files of the
    /// repository would become part of the system message.
    var options: JSON {
        [
            "sessionId": .string(self.session), "skipCustomInstructions": true, "customAgentsLocalOnly": true,
            "coauthorEnabled": false, "manageScheduleEnabled": false, "installedPlugins": [],
            "enableScriptSafety": false,
        ]
    }

    func sending(_ prompt: String, mode: String) -> JSON {
        ["sessionId": .string(self.session), "prompt": .string(prompt), "mode": .string(mode)]
    }
}
