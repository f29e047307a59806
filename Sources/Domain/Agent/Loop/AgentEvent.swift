package import JSON
package import Models

/// One recorded step of a turn. What a turn did, and what it does next, follows from its events alone. Indirect, because
/// functions that wait hold events, and some are large.
package indirect enum AgentEvent: Sendable, Equatable {
    /// A request went to the model.
    case asked(model: String, digest: String)
    case answered(Answer)
    /// The gate decided about a call.
    case decided(Decision)
    /// A call begins. Stored before it has an effect.
    case started(Start)
    case finished(Finish)
    /// The host told the model something.
    case noted(Note)
    /// A person said something to the running turn.
    case steered(author: String, text: String)
    /// The results of these calls are left out of later requests.
    case folded([String])
    case summarised(Summary)
    /// A person continued an ended turn: its limits count anew.
    case resumed
    case ended(AgentEnding)
}

extension AgentEvent {
    package struct Answer: Sendable, Equatable {
        package var model: String
        package var text: String
        package var reasoning: String
        package var calls: [AgentCall]
        /// The provider's own form of the answer, for ``ModelMessage/items``.
        package var items: [JSON]
        /// Estimated when the endpoint gave no counts.
        package var usage: TokenUsage
        /// Nil when the stream broke off.
        package var finish: FinishReason?
        /// Why it broke off: a clause for people.
        package var breakage: String?

        package init(
            model: String, text: String, reasoning: String = "", calls: [AgentCall] = [], items: [JSON] = [],
            usage: TokenUsage = TokenUsage(input: 0, output: 0), finish: FinishReason?, breakage: String? = nil
        ) {
            self.model = model
            self.text = text
            self.reasoning = reasoning
            self.calls = calls
            self.items = items
            self.usage = usage
            self.finish = finish
            self.breakage = breakage
        }
    }

    package struct Decision: Sendable, Equatable {
        package let call: String
        /// SHA-256 of what was decided about: tool, arguments, subject and the new contents; hexadecimal.
        package let digest: String
        package let decision: GateDecision

        package init(call: String, digest: String, decision: GateDecision) {
            self.call = call
            self.digest = digest
            self.decision = decision
        }
    }

    package struct Start: Sendable, Equatable {
        package let call: String
        /// For the thread.
        package let title: String
        /// The files that it replaces or removes.
        package let files: [String]

        package init(call: String, title: String, files: [String] = []) {
            self.call = call
            self.title = title
            self.files = files
        }
    }

    package struct Finish: Sendable, Equatable {
        package let call: String
        package let result: ToolResult
        /// SHA-256 of the result's text, hexadecimal.
        package let digest: String

        package init(call: String, result: ToolResult) {
            self.init(call: call, result: result, digest: AgentDigest.of(result.text))
        }

        init(call: String, result: ToolResult, digest: String) {
            self.call = call
            self.result = result
            self.digest = digest
        }
    }

    package struct Note: Sendable, Equatable {
        package enum Cause: String, Sendable {
            /// The same calls came again with the same results.
            case repetition
            /// The answer was empty.
            case empty
            /// The answer broke off.
            case broken
        }
        package let cause: Cause
        package let text: String

        package init(_ cause: Cause, _ text: String) {
            self.cause = cause
            self.text = text
        }
    }

    /// A summary of the events up to one of them, and everything else that later events need of those: reading a turn
    /// may begin behind it.
    package struct Summary: Sendable, Equatable {
        /// The number of the last event that it covers.
        package let through: Int
        /// The model's words.
        package let text: String
        /// What people said in the covered events, verbatim.
        package let people: [String]
        /// The last list of tasks.
        package let tasks: String?
        /// The files changed so far.
        package let files: [String]
        /// The state after the last covered event.
        package let tally: AgentTally
        /// Estimated tokens of the request without and with it.
        package let before: Int
        package let after: Int

        /// Whether it was worth its cost.
        var hasHelped: Bool { self.after < self.before - self.before / 20 }
    }
}

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
