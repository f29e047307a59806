internal import JSON
internal import Primitives

/// The inputs to the client's form of an answer besides the upstream's answer.
struct AnswerContext: Sendable {
    /// The requested model, for upstreams that do not name it.
    var model = ""
    /// The tokens of the request by estimate, for a form that states them before the upstream does.
    var inputTokens = 0
    /// Unix time in seconds, for forms whose upstream does not give it.
    var time = 0
    var tools = ToolNames()
    /// The stop sequences that the upstream does not apply.
    var stops: [String] = []
    /// Whether a chat client asked for the usage of a stream.
    var includesUsage = true
    /// The members of a request for a response that the response repeats, as JSON: a tree takes many times its bytes.
    var echo: [UInt8] = []

    /// The id of the upstream's answer; the time for an upstream that gives none, so that ids of a conversation differ.
    func id(_ answer: JSON?) -> String {
        answer?.text("id").map { $0.beginning(bytes: Self.nameLimit) } ?? String(self.time)
    }

    func model(_ name: String) -> JSON { .string((name.isEmpty ? self.model : name).beginning(bytes: Self.nameLimit)) }

    /// In bytes, of what every event of a stream repeats.
    private static let nameLimit = 1_024
}

/// Ids in the client's form, derived from the upstream's, so that a translation is deterministic. Pure.
enum AnswerID {
    static func chat(_ id: String) -> String { "chatcmpl-\(Self.core(of: id))" }
    static func message(_ id: String) -> String { "msg_\(Self.core(of: id))" }
    static func response(_ id: String) -> String { "resp_\(Self.core(of: id))" }

    /// - Parameters:
    ///   - kind: `msg`, `rs`, `fc` or `ctc`.
    ///   - place: The item's index in the output.
    static func item(_ kind: String, _ id: String, _ place: Int) -> String { "\(kind)_\(Self.core(of: id))_\(place)" }

    /// For a call that came without an id.
    static func call(_ id: String, _ number: Int) -> String { "call_\(Self.core(of: id))_\(number)" }

    /// The id without its form's prefix.
    private static func core(of id: String) -> String {
        let prefix = ["chatcmpl-", "msg_", "resp_"].first { id.hasPrefix($0) } ?? ""
        let core = id.dropFirst(prefix.count).filter { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) }
        return core.isEmpty ? "0" : String(core)
    }
}
