internal import JSON

/// What the client's form of an answer depends on besides the upstream's answer.
struct AnswerContext: Sendable {
    /// The requested model, for upstreams that do not name it.
    var model = ""
    /// Unix time in seconds, for forms whose upstream does not give it.
    var time = 0
    var tools = ToolNames()
    /// The stop sequences that the upstream does not apply.
    var stops: [String] = []
    /// Whether a chat client asked for the usage of a stream.
    var includesUsage = true
    /// The members of a request for a response that the response repeats.
    var echo: JSONObject = [:]

    /// The id of the upstream's answer; the time for an upstream that gives none, so that ids of a conversation differ.
    func id(_ answer: JSON?) -> String { answer?.text("id") ?? String(self.time) }

    func model(_ name: String) -> JSON { .string(name.isEmpty ? self.model : name) }
}
