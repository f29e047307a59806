package import JSON

/// What the tools make of a model's call, before anything is looked up.
package enum CallReading: Sendable, Equatable {
    /// Its tool exists and its arguments fit.
    case call(CheckedCall)
    /// It cannot be carried out; the result tells the model how to mend it.
    case failed(ToolResult)
}

/// A call whose tool exists and whose arguments fit the tool's schema.
package struct CheckedCall: Sendable, Equatable {
    /// Unique in its turn.
    package let id: String
    package let tool: ToolDefinition
    /// The arguments after repair. Their canonical JSON is what "the same call" means.
    package let arguments: JSON

    package init(id: String, tool: ToolDefinition, arguments: JSON) {
        self.id = id
        self.tool = tool
        self.arguments = arguments
    }
}
