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

        /// Whether a call may change something outside of the turn.
        package var hasEffects: Bool {
            switch self {
            case .edit, .execute, .fetch, .commit: true
            case .read, .ask, .plan: false
            }
        }
    }

    package let kind: Kind
    /// What the model gets: the name, when and how to call it, and the JSON schema of its arguments: an object, without
    /// further properties.
    package let model: ModelTool
    /// What it takes of each request, by estimate.
    let tokens: Int

    package init(name: String, kind: Kind, description: String, parameters: JSON) {
        self.kind = kind
        self.model = ModelTool(name: name, description: description, parameters: parameters)
        self.tokens = TokenEstimator.perMessage + TokenEstimator.tokens(in: name + description + parameters.text)
    }

    package var name: String { self.model.name }
    package var description: String { self.model.description }
    package var parameters: JSON { self.model.parameters }
}
