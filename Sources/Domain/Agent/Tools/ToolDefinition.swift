package import JSON
package import Models

/// A tool as the model, the gate and the thread see it.
package struct ToolDefinition: Sendable, Equatable {
    /// What a call of the tool does. Decides which setting and which rule apply to it.
    package enum Kind: String, Sendable, CaseIterable {
        /// Reads, lists or searches files: needs no approval, and may run beside other reads.
        case read
        /// Changes files of the workspace.
        case edit
        /// Runs a command in the jail.
        case execute
        /// Reaches an address on the network.
        case fetch
        /// Commits the workspace's changes.
        case commit
        /// Puts a question to a person.
        case ask
        /// Keeps the turn's list of tasks.
        case plan
        /// Calls a tool of an extension.
        case `extension`

        /// Whether a call may change something outside of the turn.
        package var hasEffects: Bool {
            switch self {
            case .edit, .execute, .fetch, .commit, .extension: true
            case .read, .ask, .plan: false
            }
        }
    }

    /// Where a tool of ``Kind/extension`` comes from.
    package struct Origin: Sendable, Equatable {
        package let server: String
        /// The server's name for it.
        package let tool: String
        /// What the configuration says of it.
        package let decision: PolicyDecision
        /// Whether a call can carry its arguments out of the host.
        package let reachesNetwork: Bool
        /// The server's own schema of the arguments; models see one that all providers accept.
        package let schema: JSON
        package init(
            server: String, tool: String, decision: PolicyDecision, reachesNetwork: Bool, schema: JSON
        ) {
            self.server = server
            self.tool = tool
            self.decision = decision
            self.reachesNetwork = reachesNetwork
            self.schema = schema
        }
    }

    package let kind: Kind
    /// Nil for our own tools.
    package let origin: Origin?
    /// What the model gets: the name, when and how to call it, and the JSON schema of its arguments: an object, without
    /// further properties.
    package let model: ModelTool
    /// What it takes of each request, by estimate.
    let tokens: Int

    package init(name: String, kind: Kind, description: String, parameters: JSON, origin: Origin? = nil) {
        self.kind = kind
        self.origin = origin
        self.model = ModelTool(name: name, description: description, parameters: parameters)
        self.tokens = TokenEstimator.perMessage + TokenEstimator.tokens(in: name + description + parameters.text)
    }

    package var name: String { self.model.name }
    package var description: String { self.model.description }
    package var parameters: JSON { self.model.parameters }
}
