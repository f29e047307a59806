internal import Primitives

/// What a model's name says about the parameters that it accepts, where the forms differ by model. Pure.
///
/// A parameter that only tunes an answer is dropped where the model would refuse the request because of it.
struct ModelFamily: Sendable {
    private let name: String
    /// Of a Claude model, such as (4, 6); nil for other models and for names without one.
    private let claudeVersion: (major: Int, minor: Int)?

    /// In bytes; the rest of a longer name says nothing.
    private static let nameLimit = 1_024

    init(_ name: String) {
        let beginning = name.beginning(bytes: Self.nameLimit)
        // Some upstreams put the vendor before the name: anthropic/claude-…, openai/gpt-….
        let name = beginning.lowercased().split(separator: "/").last.map(String.init) ?? ""
        self.name = name
        self.claudeVersion = name.contains("claude") ? Self.version(in: name) : nil
    }

    private var isClaude: Bool { self.name.contains("claude") }

    /// OpenAI's reasoning models refuse `max_tokens` and any `temperature` and `top_p` but the default.
    var isOpenAIReasoning: Bool {
        if self.name.hasPrefix("gpt-") {
            return Int(self.name.dropFirst(4).prefix { $0.isNumber }).map { $0 >= 5 } ?? false
        }
        return self.name.first == "o" && self.name.dropFirst().first?.isNumber == true
    }

    /// These models refuse `reasoning_effort` in OpenAI's forms, at least at Copilot: some cannot reason, others always
    /// do, and Claude is asked for thoughts only in Anthropic's form.
    var refusesEffort: Bool {
        self.isClaude || ["gpt-3", "gpt-4", "chatgpt", "grok", "gemini"].contains { self.name.hasPrefix($0) }
    }

    /// Claude 4.6 and later choose their own budget, and 4.7 and later refuse `thinking.budget_tokens`.
    /// Names without a version belong to later models.
    var thinksAdaptively: Bool {
        guard self.isClaude else { return false }
        return self.claudeVersion.map { $0 >= (4, 6) } ?? true
    }

    /// Claude 4.7 and later refuse `temperature` and `top_p`.
    var acceptsSampling: Bool {
        guard self.isClaude else { return true }
        return self.claudeVersion.map { $0 < (4, 7) } ?? false
    }

    /// The numbers of `claude-opus-4-6-20260101`, `claude-sonnet-4.5`, `claude-3-5-haiku` or `claude-opus-41`; a date
    /// is not part of a version.
    private static func version(in name: String) -> (major: Int, minor: Int)? {
        let numbers = name.split { $0 == "-" || $0 == "." || $0 == "_" || $0 == "@" || $0 == ":" }
        guard let place = numbers.firstIndex(where: { Self.small($0) != nil }), let major = Self.small(numbers[place])
        else { return nil }
        let next = numbers.index(after: place)
        if next < numbers.endIndex, let minor = Self.small(numbers[next]) { return (major, minor) }
        return major < 10 ? (major, 0) : (major / 10, major % 10)
    }

    private static func small(_ text: Substring) -> Int? {
        guard text.count <= 2, let number = Int(text), number >= 0 else { return nil }
        return number
    }
}
