internal import Chat
package import JSON

/// A message of a request. A class, because lists of hundreds of them are copied at each step.
package final class ModelMessage: Sendable, Equatable {
    package enum Role: String, Sendable { case system, user, assistant, tool }
    package let role: Role
    package let text: String
    /// With ``Role/assistant``: the tools that the model called with this message.
    package let toolCalls: [ToolCall]
    /// With ``Role/tool``: the call whose result this is.
    package let toolCallID: String?
    /// With ``Role/assistant``: the answer as the same model gave it by ``ModelEvent/items(_:)``. Sent instead of text
    /// and calls where the endpoint knows this form. Models that think in secret continue their thoughts by it.
    package let items: [JSON]
    /// With ``Role/user``: shown to the model with the text.
    package let images: [ModelImage]
    private let knownTokens: LazyCount

    /// - Parameter tokens: those of `text`, if they are known.
    package init(
        _ role: Role, _ text: String, toolCalls: [ToolCall] = [], toolCallID: String? = nil, items: [JSON] = [],
        images: [ModelImage] = [], tokens: Int? = nil
    ) {
        self.role = role
        self.text = text
        self.toolCalls = toolCalls
        self.toolCallID = toolCallID
        self.items = items
        self.images = images
        self.knownTokens = LazyCount(tokens)
    }

    /// The tokens of ``text``, as ``TokenEstimator`` estimates them.
    package var textTokens: Int { self.knownTokens.value { TokenEstimator.tokens(in: self.text) } }

    package static func == (one: ModelMessage, other: ModelMessage) -> Bool {
        if one === other { return true }
        return one.role == other.role && one.text == other.text && one.toolCalls == other.toolCalls
            && one.toolCallID == other.toolCallID && one.items == other.items && one.images == other.images
    }

    /// This message and another one of the same role in one: several chat templates refuse two in a row.
    package func joined(with other: ModelMessage) -> ModelMessage {
        ModelMessage(
            self.role, [self.text, other.text].filter { !$0.isEmpty }.joined(separator: "\n\n"),
            images: self.images + other.images)
    }

    /// The message with a note in the place of each image that is not `kept`.
    func keeping(_ kept: (ModelImage) -> Bool) -> ModelMessage {
        let others = self.images.filter { !kept($0) }
        guard !others.isEmpty else { return self }
        return ModelMessage(
            self.role, ([self.text] + others.map(\.note)).filter { !$0.isEmpty }.joined(separator: "\n\n"),
            images: self.images.filter(kept))
    }
}

package struct ModelRequest: Sendable, Equatable {
    /// What the answer is for. The rehearsal, which writes its own text, needs to know.
    package enum Purpose: String, Sendable { case chat, specification, summary }
    /// Who caused the request. Some providers bill only a person's requests, so this must be true.
    package enum Initiator: String, Sendable { case user, agent }
    /// Nil for the provider's default.
    package var model: String?
    package var messages: [ModelMessage]
    package var purpose: Purpose
    /// Nil for the model's own limit.
    package var outputLimit: Int?
    /// The tools that the model may call.
    package var tools: [ModelTool]
    package var initiator: Initiator
    /// Asks for several calls in one answer. Only for models that are known to take the parameter.
    package var callsInParallel = false

    /// - Parameter initiator: nil to derive it: summaries and rounds after a tool's result are the agent's, everything
    ///   else is a person's.
    package init(
        model: String? = nil, messages: [ModelMessage], purpose: Purpose = .chat, outputLimit: Int? = nil,
        tools: [ModelTool] = [], initiator: Initiator? = nil
    ) {
        self.model = model
        self.messages = messages
        self.purpose = purpose
        self.outputLimit = outputLimit
        self.tools = tools
        self.initiator = initiator ?? (purpose == .summary || messages.last?.role == .tool ? .agent : .user)
    }

    package var hasImages: Bool { self.messages.contains { !$0.images.isEmpty } }
}

/// A function that a model may call.
package struct ModelTool: Sendable, Equatable {
    package let name: String
    /// When and how to call it, for the model.
    package let description: String
    /// The JSON schema of its arguments.
    package let parameters: JSON
    /// Name, description and parameters as a JSON object, which is part of every request: written once.
    let encoded: [UInt8]

    package init(name: String, description: String, parameters: JSON) {
        self.name = name
        self.description = description
        self.parameters = parameters
        let object: JSON = ["name": .string(name), "description": .string(description), "parameters": parameters]
        self.encoded = object.bytes
    }
}
