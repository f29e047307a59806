internal import JSON

/// Reads the events of a response. Pure.
///
/// A stream is complete after `response.completed` or `response.incomplete`. Items are identified by their index in the
/// output, because their ids may change during the stream.
struct ResponsesReader: AnswerReader {
    private struct Call: Sendable {
        let number: Int
        var hasArguments = false
    }

    private let context: AnswerContext
    private var id = ""
    private var hasBegun = false
    private var begun = 0
    private var calls: [Int: Call] = [:]
    /// The items whose text or thoughts have come in pieces, so that the whole at the end is ignored.
    private var streamed: Set<Int> = []
    private var hasThoughts = false

    init(_ context: AnswerContext) {
        self.context = context
    }

    mutating func read(_ event: JSON) -> [AnswerPart] {
        let place = event["output_index"]?.intValue ?? 0
        switch event["type"]?.stringValue {
        case "response.created", "response.in_progress", "response.queued": return self.begin(event["response"])
        case "response.output_text.delta": return self.piece(event, place) { .text($0) }
        case "response.refusal.delta": return self.piece(event, place) { .refusal($0) }
        case "response.reasoning_summary_text.delta", "response.reasoning_text.delta":
            self.hasThoughts = true
            return self.piece(event, place) { .reasoning($0) }
        case "response.reasoning_summary_part.added":
            return self.begin(nil) + (self.hasThoughts ? [.reasoning("\n\n")] : [])
        case "response.output_item.added": return self.add(event["item"] ?? .null, place)
        case "response.function_call_arguments.delta": return self.arguments(event["delta"], place)
        case "response.function_call_arguments.done": return self.completeArguments(event["arguments"], place)
        case "response.output_item.done": return self.end(event["item"] ?? .null, place)
        case "response.completed", "response.done": return self.complete(event["response"] ?? .null, .stop)
        case "response.incomplete":
            let response = event["response"] ?? .null
            let reason = response["incomplete_details"]?.text("reason")
            return self.complete(response, AnswerFinish(incomplete: reason))
        case "response.failed", "response.cancelled":
            return [.fault(AnswerFault(event["response"] ?? event, status: nil))]
        case "error": return [.fault(AnswerFault(event, status: nil))]
        default: return event.value("error") == nil ? [] : [.fault(AnswerFault(event, status: nil))]
        }
    }

    private mutating func begin(_ response: JSON?) -> [AnswerPart] {
        guard !self.hasBegun else { return [] }
        self.hasBegun = true
        self.id = self.context.id(response)
        return [
            .begin(id: self.id, model: response?.text("model") ?? "", created: response?["created_at"]?.intValue)
        ]
    }

    private mutating func piece(_ event: JSON, _ place: Int, _ part: (String) -> AnswerPart) -> [AnswerPart] {
        guard let text = event.text("delta") else { return [] }
        guard self.hasRoom(for: place) else { return [.fault(.tooManyItems)] }
        self.streamed.insert(place)
        return self.begin(nil) + [part(text)]
    }

    /// Whether the item at this place is known, or not one too many.
    private func hasRoom(for place: Int) -> Bool {
        self.streamed.count < AnswerStream.itemLimit || self.streamed.contains(place)
    }

    private mutating func add(_ item: JSON, _ place: Int) -> [AnswerPart] {
        guard item["type"]?.stringValue == "function_call", self.calls[place] == nil, let name = item.text("name")
        else { return [] }
        guard self.begun < ChatCalls.limit else { return [.fault(.tooManyCalls)] }
        let number = self.begun
        self.begun += 1
        self.calls[place] = Call(number: number)
        let start = self.begin(nil)
        let id = item.text("call_id") ?? item.text("id") ?? AnswerID.call(self.id, number)
        return start + [.call(number, id: id, name: name)] + self.arguments(item["arguments"], place)
    }

    private mutating func arguments(_ text: JSON?, _ place: Int) -> [AnswerPart] {
        guard let text = text?.stringValue, !text.isEmpty, let call = self.calls[place] else { return [] }
        self.calls[place]?.hasArguments = true
        return [.arguments(call.number, text)]
    }

    /// The whole arguments, which are new only if no piece of them came.
    private mutating func completeArguments(_ text: JSON?, _ place: Int) -> [AnswerPart] {
        guard let call = self.calls[place], !call.hasArguments else { return [] }
        return self.arguments(.string(ModelAnswer.arguments(text?.stringValue ?? "")), place)
    }

    private mutating func end(_ item: JSON, _ place: Int) -> [AnswerPart] {
        switch item["type"]?.stringValue {
        case "message" where !self.hasRoom(for: place), "reasoning" where !self.hasRoom(for: place):
            return [.fault(.tooManyItems)]
        case "function_call": return self.add(item, place) + self.completeArguments(item["arguments"], place)
        case "message" where self.streamed.insert(place).inserted:
            return self.begin(nil)
                + item.list("content").flatMap { part -> [AnswerPart] in
                    (part.text("text").map { [.text($0)] } ?? []) + (part.text("refusal").map { [.refusal($0)] } ?? [])
                }
        case "reasoning" where self.streamed.insert(place).inserted:
            let parts = item.list("summary").compactMap { $0.text("text") }
            return parts.isEmpty ? [] : self.begin(nil) + [.reasoning(parts.joined(separator: "\n\n"))]
        default: return []
        }
    }

    private mutating func complete(_ response: JSON, _ finish: AnswerFinish) -> [AnswerPart] {
        var parts = self.begin(response)
        // The items, if they did not arrive one by one.
        if self.streamed.isEmpty, self.begun == 0 {
            let items = response.list("output")
            guard items.count <= AnswerStream.itemLimit else { return parts + [.fault(.tooManyItems)] }
            for (place, item) in items.enumerated() { parts += self.end(item, place) }
        }
        // A truncated call must not look complete.
        if finish == .stop { for place in self.calls.keys.sorted() { parts += self.completeArguments(nil, place) } }
        if let usage = response.value("usage") { parts.append(.usage(AnswerUsage(responses: usage))) }
        return parts + [.finish(finish.adjusted(hasCalls: self.begun > 0)), .done]
    }
}
