package import JSON

/// Reads a stream of the responses endpoint, event by event. Pure.
///
/// A stream is complete after `response.completed` or `response.incomplete`; any other end is an interruption, even
/// after text. Items are identified by their index in the output, because their ids may change during the stream.
package struct ResponsesStream: AnswerDecoder {
    package var isDone: Bool { self.finish != nil || self.hasMark }
    package private(set) var hasAnswer = false
    package var isWhole: Bool { self.finish != nil }

    private var calls = ResponsesCalls()
    /// Output indices whose text has come in pieces, so that the whole text at the end is ignored.
    private var streamed: Set<Int> = []
    private var usage: TokenUsage?
    private var finish: FinishReason?
    private var hasMark = false
    /// The output's finished items by their place, as they came.
    private var items: [Int: JSON] = [:]
    private var itemBytes = 0
    /// The maximum bytes of items that are sent back.
    private static let itemLimit = 4 << 20
    /// Unreadable events that may have contained text.
    private var lostEvents = 0
    private var unreadable = 0
    private let context: EndpointContext

    package init(context: EndpointContext = EndpointContext()) {
        self.context = context
    }

    package mutating func receive(_ data: [UInt8]) throws(ModelError) -> [ModelEvent] {
        guard !self.isDone, let first = data.first(where: { $0 > 0x20 }) else { return [] }
        let event: JSON
        do {
            event = try JSON.parse(data)
        } catch {
            switch first {
            case UInt8(ascii: "["): self.hasMark = true
            case UInt8(ascii: "{"): self.lostEvents += 1
            // Words that keep the connection alive, or something other than the API.
            default: self.unreadable += 1
            }
            return []
        }
        return try self.receive(event)
    }

    /// Takes one event, or the whole response of an endpoint that does not stream.
    package mutating func receive(_ event: JSON) throws(ModelError) -> [ModelEvent] {
        var events: [ModelEvent] = []
        let place = event["output_index"]?.intValue ?? 0
        switch event["type"]?.stringValue {
        case "response.output_text.delta", "response.refusal.delta":
            self.streamed.insert(place)
            self.append(event["delta"], to: &events)
        case "response.reasoning_summary_text.delta", "response.reasoning_text.delta":
            if let text = event["delta"]?.stringValue, !text.isEmpty { events.append(.reasoning(text)) }
        case "response.output_item.added":
            self.begin(event["item"], at: place)
        case "response.function_call_arguments.delta":
            self.calls.append(event["delta"]?.stringValue ?? "", at: place)
        case "response.function_call_arguments.done":
            self.calls.complete(event["arguments"]?.stringValue, at: place)
        case "response.output_item.done":
            self.end(event["item"], at: place, into: &events)
        case "response.completed", "response.done":
            self.complete(event["response"], into: &events)
        case "response.incomplete":
            self.cut(event["response"])
        case "response.failed", "response.cancelled":
            throw self.failure(event["response"]?["error"] ?? event)
        case "error":
            throw self.failure(event["error"] ?? event)
        default:
            try self.receiveOther(event, into: &events)
        }
        if self.calls.isTooLong { throw ToolCallAssembly.tooLong }
        return events
    }

    package mutating func end() throws(ModelError) -> [ModelEvent] {
        if self.lostEvents > 0 {
            throw self.context.malformed(self.lostEvents, hasAnswer: self.hasAnswer || self.finish != nil)
        }
        guard let finish = self.finish else {
            if self.hasAnswer {
                throw ModelError(.interrupted, "The endpoint closed the stream in the middle of the answer.")
            }
            if self.unreadable > 0 { throw self.context.noAPI }
            throw ModelError(.interrupted, "The endpoint closed the stream before the answer began.")
        }
        let calls = self.calls.finished()
        var events = calls.map { ModelEvent.toolCall($0) }
        if let items = self.returnedItems(for: calls) { events.append(.items(items)) }
        if let usage = self.usage { events.append(.usage(usage)) }
        events.append(.finished(finish == .stop && !calls.isEmpty ? .toolCalls : finish))
        return events
    }
}

extension ResponsesStream {
    private mutating func append(_ text: JSON?, to events: inout [ModelEvent]) {
        guard let text = text?.stringValue, !text.isEmpty else { return }
        self.hasAnswer = true
        events.append(.delta(text))
    }

    private mutating func begin(_ item: JSON?, at place: Int) {
        guard item?["type"]?.stringValue == "function_call" else { return }
        self.hasAnswer = true
        self.calls.begin(
            id: item?["call_id"]?.stringValue ?? item?["id"]?.stringValue, name: item?["name"]?.stringValue,
            arguments: item?["arguments"]?.stringValue, at: place)
    }

    private mutating func end(_ item: JSON?, at place: Int, into events: inout [ModelEvent]) {
        self.keep(item, at: place)
        switch item?["type"]?.stringValue {
        case "function_call":
            self.begin(item, at: place)
            self.calls.complete(item?["arguments"]?.stringValue, at: place)
        case "message" where !self.streamed.contains(place):
            self.streamed.insert(place)
            for part in item?["content"]?.arrayValue ?? [] {
                self.append(part["text"] ?? part["refusal"], to: &events)
            }
        default: break
        }
    }

    private mutating func keep(_ item: JSON?, at place: Int) {
        guard let item, self.itemBytes <= Self.itemLimit, self.items[place] == nil, self.items.count < 256 else {
            return
        }
        self.itemBytes += item.bytes.count
        self.items[place] = item
        // Beyond the limit none is sent back.
        if self.itemBytes > Self.itemLimit { self.items = [:] }
    }

    /// The items to send back: only where they contain encrypted thoughts, because text and calls travel without them.
    private func returnedItems(for calls: [ToolCall]) -> [JSON]? {
        guard self.itemBytes <= Self.itemLimit,
            self.items.values.contains(where: { $0["encrypted_content"]?.stringValue?.isEmpty == false })
        else { return nil }
        let items = self.items.sorted { $0.key < $1.key }.map(\.value)
        let ids = items.filter { $0["type"]?.stringValue == "function_call" }.compactMap { $0["call_id"]?.stringValue }
        // Every result refers to a call. If a call came without its own item, then no items are returned.
        return Set(ids) == Set(calls.map(\.id)) ? items : nil
    }

    private mutating func complete(_ response: JSON?, into events: inout [ModelEvent]) {
        // Items that were not streamed may appear here as a whole.
        for (place, item) in (response?["output"]?.arrayValue ?? []).enumerated() {
            // The endpoint's last word: ids may have changed since the item came.
            self.items[place] = nil
            if self.calls.has(place) { self.keep(item, at: place) } else { self.end(item, at: place, into: &events) }
        }
        self.read(usage: response?["usage"], of: response?["model"])
        self.finish = .stop
    }

    private mutating func cut(_ response: JSON?) {
        self.read(usage: response?["usage"], of: response?["model"])
        switch response?["incomplete_details"]?["reason"]?.stringValue {
        case "content_filter": self.finish = .contentFilter
        case "max_output_tokens", "max_tokens", nil: self.finish = .length
        case let reason?: self.finish = .other(String(reason.prefix(40)))
        }
        // A truncated call may not be valid JSON, and must not run.
        self.calls = ResponsesCalls()
        self.items = [:]
    }

    /// An event without a known type: a whole response, an error object, or something to ignore.
    private mutating func receiveOther(_ event: JSON, into events: inout [ModelEvent]) throws(ModelError) {
        if let error = event["error"], !error.isNull { throw self.failure(error) }
        guard event["object"]?.stringValue == "response" else { return }
        switch event["status"]?.stringValue {
        case "incomplete":
            for (place, item) in (event["output"]?.arrayValue ?? []).enumerated() {
                self.end(item, at: place, into: &events)
            }
            self.cut(event)
        case "failed", "cancelled": throw self.failure(event)
        default: self.complete(event, into: &events)
        }
    }

    private mutating func read(usage: JSON?, of model: JSON?) {
        guard let usage, case .object = usage else { return }
        self.usage = TokenUsage(usage, input: "input_tokens", output: "output_tokens", model: model?.stringValue)
    }

    private func failure(_ error: JSON) -> ModelError {
        EndpointFailure(body: error).modelError(inStream: self.context, hasAnswer: self.hasAnswer)
    }
}
