/// One step of an answer that arrives piece by piece, independent of the form.
enum AnswerPart: Sendable, Equatable {
    /// The first part of every answer.
    case begin(id: String, model: String, created: Int?)
    case reasoning(String)
    case text(String)
    case refusal(String)
    /// A call begins. Calls are numbered from 0 in the order in which they begin; their arguments may be interleaved.
    case call(Int, id: String, name: String)
    case arguments(Int, String)
    case usage(AnswerUsage)
    case finish(AnswerFinish)
    /// Nothing new, but the upstream is alive.
    case alive
    /// The answer is complete. Nothing follows.
    case done
    /// The answer has failed. Nothing follows.
    case fault(AnswerFault)
}

extension AnswerPart {
    /// The bytes that the part adds to the answer.
    var size: Int {
        switch self {
        case .reasoning(let text), .text(let text), .refusal(let text), .arguments(_, let text): text.utf8.count
        default: 0
        }
    }
}
