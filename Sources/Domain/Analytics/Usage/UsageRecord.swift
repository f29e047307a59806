package import Chat

/// Where usage comes from, as far as every record has it.
package struct UsageOrigin: Sendable {
    /// The provider of a model.
    package let provider: @Sendable (_ model: String) -> String
    /// The repository of threads that have not chosen one.
    package let repository: String?

    package init(
        provider: @escaping @Sendable (_ model: String) -> String = { _ in "" }, repository: String? = nil
    ) {
        self.provider = provider
        self.repository = repository
    }
}

/// A row of `usage_records`.
package struct UsageRecord: Sendable, Equatable {
    package var at: Int64
    package var kind: String
    package var operation = ""
    package var session = ""
    package var person = ""
    package var network = ""
    package var repository = ""
    package var provider = ""
    package var model = ""
    package var answered: String?
    package var tool = ""
    package var began: Int64
    package var firstToken: Int64?
    package var state = ""
    package var error: String?
    package var retries: Int64 = 0
    package var tools: Int64 = 0
    package var turns: Int64 = 0
    package var failed: Int64 = 0
    package var stopped: Int64 = 0
    package var calls: Int64 = 0
    package var input: Int64 = 0
    package var cached: Int64 = 0
    package var written: Int64 = 0
    package var output: Int64 = 0
    package var reasoning: Int64 = 0
    package var duration: Int64 = 0
    package var toolCalls: Int64 = 0
    package var toolFailures: Int64 = 0
    package var toolDuration: Int64 = 0
    package var commands: Int64 = 0
    package var commits: Int64 = 0
    package var latency = ""
    package var lasting = ""
    /// Of the thread.
    package var persona = ""
    package var thumbsUp: Int64 = 0
    package var thumbsDown: Int64 = 0
    package var tasksDone: Int64 = 0

    package init(_ kind: String, began: Int64, at: Int64) {
        self.kind = kind
        self.began = began
        self.at = at
    }

    package init(_ call: ModelCall) {
        self.init(call.kind.rawValue, began: call.began, at: call.ended)
        (self.model, self.answered) = (call.asked, call.answered)
        (self.firstToken, self.state, self.error) = (call.firstToken, call.state.rawValue, call.error)
        (self.retries, self.tools, self.calls) = (Int64(call.retries), Int64(call.tools), 1)
        (self.input, self.cached, self.written) = (Int64(call.input), Int64(call.cached), Int64(call.written))
        (self.output, self.reasoning) = (Int64(call.output), Int64(call.reasoning))
    }

    /// A call of a tool.
    package init(tool: String, of model: String, isDone: Bool, milliseconds: Int, at now: Int64) {
        self.init("tool", began: now - Int64(milliseconds), at: now)
        (self.tool, self.model, self.state) = (tool, model, isDone ? "complete" : "failed")
        (self.toolCalls, self.toolFailures, self.toolDuration) = (1, isDone ? 0 : 1, Int64(milliseconds))
    }
}
