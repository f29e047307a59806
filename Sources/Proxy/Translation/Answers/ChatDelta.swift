internal import JSON

/// Reads the parts of a chat message or of a chunk's delta, which have the same members. Pure.
enum ChatDelta {
    /// What the model thinks, under the names that different upstreams give it.
    static func reasoning(_ message: JSON) -> String? {
        message.text("reasoning_content") ?? message.text("reasoning_text") ?? message.text("reasoning")
    }

    /// The content, which a few upstreams send as a list of parts.
    static func text(_ message: JSON) -> String? {
        if let text = message.text("content") { return text }
        let text = message.list("content").compactMap { $0.text("text") }.joined()
        return text.isEmpty ? nil : text
    }

    /// A few upstreams send the arguments as an object instead of a text.
    static func arguments(_ function: JSON) -> String {
        guard let arguments = function.value("arguments") else { return "" }
        return arguments.stringValue ?? arguments.text
    }
}
