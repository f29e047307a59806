internal import JSON

/// Reads the chunks of a chat completion. Pure.
///
/// A stream is complete after `[DONE]`, or after `finish_reason` if it then ends without that.
struct ChatReader: AnswerReader {
    private let context: AnswerContext
    private var id = ""
    private var hasBegun = false
    private var hasContent = false
    private var calls = ChatCalls()
    private var finish: AnswerFinish?
    private var isOver = false

    init(_ context: AnswerContext) {
        self.context = context
    }

    mutating func read(_ chunk: JSON) -> [AnswerPart] {
        guard !self.isOver else { return [] }
        if chunk.value("error") != nil { return self.over(.fault(AnswerFault(chunk, status: nil))) }
        var parts: [AnswerPart] = []
        // Azure's and Copilot's first chunk has neither id nor choices.
        let choices = chunk.list("choices")
        if !self.hasBegun, !choices.isEmpty {
            self.hasBegun = true
            self.id = self.context.id(chunk)
            parts.append(
                .begin(id: self.id, model: chunk["model"]?.stringValue ?? "", created: chunk["created"]?.intValue))
        }
        // Some upstreams split text and calls of one answer over several choices.
        for choice in choices { self.read(choice: choice, into: &parts) }
        if let usage = chunk.value("usage"), case .object = usage { parts.append(.usage(AnswerUsage(chat: usage))) }
        if let fault = self.calls.fault { return parts + self.over(.fault(fault)) }
        return parts
    }

    private mutating func read(choice: JSON, into parts: inout [AnswerPart]) {
        let delta = choice.value("delta") ?? choice.value("message") ?? .null
        let before = parts.count
        if let text = ChatDelta.reasoning(delta) { parts.append(.reasoning(text)) }
        if let text = ChatDelta.text(delta) { parts.append(.text(text)) }
        if let text = delta.text("refusal") { parts.append(.refusal(text)) }
        for fragment in delta.list("tool_calls") { parts += self.calls.take(fragment, answer: self.id) }
        if parts.count > before { self.hasContent = true }
        if let reason = choice.text("finish_reason") {
            // The first reason that says more than stop counts.
            let finish = AnswerFinish(chat: reason)
            if self.finish == nil || self.finish == .stop { self.finish = finish }
        }
    }

    mutating func readEndMark() -> [AnswerPart] {
        guard !self.isOver else { return [] }
        // Claude behind Copilot may omit the reason after the results of tools.
        guard self.finish != nil || self.hasContent else { return self.over(.fault(.unfinished)) }
        return self.completed()
    }

    mutating func end() -> [AnswerPart] { self.finish == nil ? self.over(.fault(.unfinished)) : self.completed() }

    private mutating func completed() -> [AnswerPart] {
        let finish = (self.finish ?? .stop).adjusted(hasCalls: !self.calls.isEmpty)
        // A truncated call must not look complete.
        let rest = finish == .length ? [] : self.calls.missingArguments
        return rest + [.finish(finish)] + self.over(.done)
    }

    private mutating func over(_ part: AnswerPart) -> [AnswerPart] {
        self.isOver = true
        return [part]
    }
}
