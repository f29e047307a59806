/// What one request to a model took. It never has what was said.
package struct ModelCall: Sendable, Equatable {
    package enum Kind: String, Sendable {
        /// An answer without tools.
        case chat
        /// An answer of a turn that works with tools.
        case step
        case summary
        /// A document of the specification flow.
        case stage
        case review
    }

    package enum State: String, Sendable { case complete, cut, failed }

    package var kind: Kind
    /// The model that was asked, and the one that the endpoint names in its answer.
    package var asked: String
    package var answered: String?
    /// Tokens, estimated where the endpoint gave no counts. ``input`` has those of the cache, ``output`` the reasoning.
    package var input: Int
    package var cached = 0
    package var written = 0
    package var output: Int
    package var reasoning = 0
    /// Milliseconds since 1970.
    package var began: Int64
    package var firstToken: Int64?
    package var ended: Int64
    package var state: State
    /// The class of the failure, such as `rateLimited`.
    package var error: String?
    /// The tool calls of the answer.
    package var tools = 0
    package var retries = 0
    /// Its record is stored with a step of its turn, and not with the turn's end.
    package var isStored = false

    package init(
        _ kind: Kind, asked: String, input: Int, output: Int, began: Int64 = 0, ended: Int64 = 0,
        state: State = .complete
    ) {
        self.kind = kind
        self.asked = asked
        self.input = input
        self.output = output
        self.began = began
        self.ended = ended
        self.state = state
    }
}
