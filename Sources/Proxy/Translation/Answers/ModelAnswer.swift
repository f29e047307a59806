internal import JSON

/// A whole answer of a model, independent of the form.
struct ModelAnswer: Sendable, Equatable {
    enum Piece: Sendable, Equatable {
        case reasoning(String)
        case text(String)
        /// Why the model refuses to answer.
        case refusal(String)
        case call(id: String, name: String, arguments: String)

        var isCall: Bool { if case .call = self { true } else { false } }
    }

    var id = ""
    var model = ""
    /// Unix time in seconds; nil in a form without it.
    var created: Int?
    var pieces: [Piece] = []
    var finish = AnswerFinish.stop
    var usage: AnswerUsage?

    init() {}

    /// Reads a successful response of an upstream.
    init(_ body: JSON, from api: ModelAPI, _ context: AnswerContext) throws(AnswerFault) {
        switch api {
        case .chat: try self.init(chat: body, context)
        case .messages: try self.init(messages: body, context)
        case .responses: try self.init(responses: body, context)
        }
    }

    /// The response in the client's form.
    func document(for api: ModelAPI, _ context: AnswerContext) -> JSON {
        switch api {
        case .chat: self.chat(context)
        case .messages: self.messages(context)
        case .responses: self.response(context)
        }
    }

    /// Arguments as every form accepts them: a call without parameters may come with empty ones.
    static func arguments(_ text: String) -> String {
        text.utf8.allSatisfy { $0 <= 0x20 } ? "{}" : text
    }
}
