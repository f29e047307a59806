package import JSON
package import Primitives

/// One turn of the Copilot CLI, as parameters of its session: talking, or working with tools. Pure.
package struct CopilotCLIRequest: Sendable {
    /// A tool that Jetbridge offers the model in addition to the CLI's own.
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

    /// Who answers the CLI's requests to a model. Keys and tokens go through the pipe, so that they are in no environment.
    package enum Model: Sendable {
        case endpoint(CopilotCLIEndpoint)
        /// The account of a GitHub token; nil for the one that the process was started with.
        case account(Secret?)
    }

    package enum Purpose: Sendable {
        /// No tools; our instructions replace the CLI's own, and nothing of the session is kept.
        case talk
        /// Our instructions follow the CLI's own, and the session is kept. `excluded` are tools of the CLI that the model
        /// does not see, besides those that never are.
        case work(tools: [Tool], excluded: [String])
    }

    /// Letters, digits and hyphens. Creating a session with an existing id empties that session.
    package let session: String
    /// Whether the session exists, as far as we know. One that is missing is created.
    package let isResumed: Bool
    package let model: String
    package let provider: Model
    package let instructions: String
    /// The message for a session that knows the conversation.
    package let prompt: String
    /// The message for a new session: with the conversation so far.
    package let fullPrompt: String
    package let purpose: Purpose
    /// The working directory, as the CLI sees it.
    package let directory: String

    package init(
        session: String, isResumed: Bool = false, model: String, provider: Model, instructions: String,
        prompt: String = "", fullPrompt: String, purpose: Purpose, directory: String
    ) {
        self.session = session
        self.isResumed = isResumed
        self.model = model
        self.provider = provider
        self.instructions = instructions
        self.prompt = prompt
        self.fullPrompt = fullPrompt
        self.purpose = purpose
        self.directory = directory
    }

    /// Whether the session outlives the turn.
    var isKept: Bool { if case .work = self.purpose { true } else { false } }
    var hasEndpoint: Bool { if case .endpoint = self.provider { true } else { false } }

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
            "requestPermission": true, "requestUserInput": false, "requestElicitation": false,
            "requestExitPlanMode": false, "requestAutoModeSwitch": false, "mcpServers": [:],
            "includeSubAgentStreamingEvents": false, "envValueMode": "direct",
        ]
        parameters.merge(self.purposeParameters)
        switch self.provider {
        case .endpoint(let endpoint): parameters["provider"] = endpoint.parameters
        case .account(let token?): parameters["gitHubToken"] = .string(token.reveal())
        case .account(nil): break
        }
        return .object(parameters)
    }

    private var purposeParameters: JSONObject {
        switch self.purpose {
        case .talk:
            // Without tools, custom instructions and compaction, a request costs some 40 tokens more than its text; with
            // the CLI's defaults, 11,700. With an empty system message the CLI would use its own.
            let system = self.instructions.isEmpty ? "You are an assistant in a chat." : self.instructions
            return [
                "availableTools": [], "skipCustomInstructions": true, "infiniteSessions": ["enabled": false],
                "systemMessage": ["mode": "replace", "content": .string(system)],
            ]
        case .work(let tools, let excluded):
            return [
                "excludedTools": .array((Self.neverOffered + excluded).map { .string($0) }),
                "systemMessage": ["mode": "append", "content": .string(self.instructions)],
                "tools": .array(
                    tools.map { tool in
                        // Our own gate decides about our own tools.
                        [
                            "name": .string(tool.name), "description": .string(tool.description),
                            "parameters": tool.parameters, "skipPermission": true,
                        ]
                    }),
            ]
        }
    }

    /// The parameters of `session.options.update`: what `session.create` does not take. Instruction files of the
    /// repository would become part of the system message. Nil for talking, in an empty folder.
    var options: JSON? {
        guard self.isKept else { return nil }
        return [
            "sessionId": .string(self.session), "skipCustomInstructions": true, "customAgentsLocalOnly": true,
            "coauthorEnabled": false, "manageScheduleEnabled": false, "installedPlugins": [],
            "enableScriptSafety": false,
        ]
    }

    func sending(_ prompt: String, mode: String) -> JSON {
        ["sessionId": .string(self.session), "prompt": .string(prompt), "mode": .string(mode)]
    }
}
