/// A call as the model made it, with the id under which the turn records it.
package struct AgentCall: Sendable, Equatable {
    /// `3.1`: the first call of the third answer. Providers repeat their own ids, so nothing is keyed by those.
    package let id: String
    /// The id that the model refers to; unique within its answer.
    package let wireID: String
    package let name: String
    /// As the model wrote them; perhaps no JSON.
    package let arguments: String

    package init(id: String, wireID: String, name: String, arguments: String) {
        self.id = id
        self.wireID = wireID
        self.name = name
        self.arguments = arguments
    }
}
