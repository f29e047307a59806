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
