package import JSON

/// A function that a model may ask to be called.
package struct ModelTool: Sendable, Equatable {
    package let name: String
    /// When and how to call it, for the model.
    package let description: String
    /// The JSON schema of its arguments.
    package let parameters: JSON

    package init(name: String, description: String, parameters: JSON) {
        self.name = name
        self.description = description
        self.parameters = parameters
    }
}
