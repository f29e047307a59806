internal import JSON

/// Writes the events of a response. Pure.
///
/// The form's events repeat what the deltas contained: item-end events repeat the item's content, and the last event the
/// whole output. So this writer, unlike the others, collects the answer.
struct ResponsesWriter: AnswerWriter {
    private struct Call: Sendable {
        var item: ResponseItem
        var arguments = ArgumentsBalance()
    }

    private let context: AnswerContext
    private var id = ""
    private var document: ResponseDocument
    private var hasBegun = false
    private var sequence = 0
    private var next = 0
    /// The open item of text or thoughts.
    private var open: ResponseItem?
    /// The open calls, by their number.
    private var calls: [Int: Call] = [:]
    /// The finished items, by their place.
    private var output: [Int: JSON] = [:]
    private var usage: AnswerUsage?
    private var finish = AnswerFinish.stop

    init(_ context: AnswerContext) {
        self.context = context
        self.document = ResponseDocument(id: "", model: "", created: nil, context)
    }

    mutating func write(_ part: AnswerPart, to output: inout [UInt8]) {
        switch part {
        case .begin(let id, let model, let created): self.begin(id, model, created, to: &output)
        case .reasoning(let text): self.append(text, .reasoning, to: &output)
        case .text(let text): self.append(text, .text, to: &output)
        case .refusal(let text): self.append(text, .refusal, to: &output)
        case .call(let number, let id, let name): self.call(number, id, name, to: &output)
        case .arguments(let number, let text): self.arguments(number, text, to: &output)
        case .usage(let usage): self.usage = usage
        case .finish(let finish): self.finish = finish
        case .alive: self.appendComment(to: &output)
        case .done: self.end(to: &output)
        case .fault(let fault):
            self.begin("", "", nil, to: &output)
            let response = self.document.failed(fault, output: self.items)
            self.event("response.failed", ["response": response], to: &output)
        }
    }

    /// The finished items, in order.
    private var items: [JSON] { self.output.sorted { $0.key < $1.key }.map(\.value) }

    private mutating func event(_ type: String, _ members: JSONObject, to output: inout [UInt8]) {
        var data: JSONObject = ["type": .string(type), "sequence_number": .integer(Int64(self.sequence))]
        data.merge(members)
        self.sequence += 1
        self.append(type, .object(data), to: &output)
    }

    private mutating func begin(_ id: String, _ model: String, _ created: Int?, to output: inout [UInt8]) {
        guard !self.hasBegun else { return }
        self.hasBegun = true
        self.id = id
        self.document = ResponseDocument(id: id, model: model, created: created, self.context)
        let response = self.document.inProgress
        for type in ["response.created", "response.in_progress"] {
            self.event(type, ["response": response], to: &output)
        }
    }

    private mutating func end(to output: inout [UInt8]) {
        self.begin("", "", nil, to: &output)
        self.closeOpen(isIncomplete: self.finish.incompleteReason != nil, to: &output)
        self.closeCalls(isIncomplete: self.finish.incompleteReason != nil, to: &output) { _ in true }
        let response = self.document.finished(self.finish, output: self.items, usage: self.usage)
        let type = self.finish.incompleteReason == nil ? "response.completed" : "response.incomplete"
        self.event(type, ["response": response], to: &output)
    }
}

extension ResponsesWriter {
    private mutating func append(_ text: String, _ kind: ResponseItem.Kind, to output: inout [UInt8]) {
        var item: ResponseItem
        if let open = self.open, open.kind == kind {
            item = open
        } else {
            self.closeOpen(to: &output)
            item = self.start(kind, to: &output)
            let part = item.partEvent("added", text: "")
            self.event(part.type, part.members, to: &output)
        }
        // Released first, so that the text grows in place.
        self.open = nil
        item.content += text
        self.open = item
        let delta = item.deltaEvent(text)
        self.event(delta.type, delta.members, to: &output)
    }

    private mutating func call(_ number: Int, _ id: String, _ name: String, to output: inout [UInt8]) {
        self.closeOpen(to: &output)
        let kind = ResponseItem.kind(id, name, self.context.tools)
        self.calls[number] = Call(item: self.start(kind, to: &output))
    }

    private mutating func arguments(_ number: Int, _ text: String, to output: inout [UInt8]) {
        self.calls[number]?.item.content += text
        self.calls[number]?.arguments.feed(text)
        guard let item = self.calls[number]?.item else { return }
        // The input of a custom tool is inside the arguments, and known at their end.
        if case .custom = item.kind { return }
        let delta = item.deltaEvent(text)
        self.event(delta.type, delta.members, to: &output)
    }

    private mutating func start(_ kind: ResponseItem.Kind, to output: inout [UInt8]) -> ResponseItem {
        self.begin("", "", nil, to: &output)
        self.closeCalls(to: &output) { $0.arguments.isComplete }
        let item = ResponseItem(kind, id: self.id, place: self.next)
        self.next += 1
        self.event(
            "response.output_item.added", ["output_index": .integer(Int64(item.place)), "item": item.empty],
            to: &output)
        return item
    }

    private mutating func closeOpen(isIncomplete: Bool = false, to output: inout [UInt8]) {
        guard let item = self.open else { return }
        self.open = nil
        self.close(item, isIncomplete, to: &output)
    }

    private mutating func closeCalls(
        isIncomplete: Bool = false, to output: inout [UInt8], where isOver: (Call) -> Bool
    ) {
        let over = self.calls.filter { isOver($0.value) }.sorted { $0.value.item.place < $1.value.item.place }
        for (number, call) in over {
            self.calls[number] = nil
            self.close(call.item, isIncomplete, to: &output)
        }
    }

    private mutating func close(_ item: ResponseItem, _ isIncomplete: Bool, to output: inout [UInt8]) {
        var item = item
        item.isIncomplete = isIncomplete
        if case .custom = item.kind {
            let delta = item.deltaEvent(item.customInput)
            self.event(delta.type, delta.members, to: &output)
        }
        let done = item.doneEvent
        self.event(done.type, done.members, to: &output)
        if item.hasParts {
            let part = item.partEvent("done", text: item.content)
            self.event(part.type, part.members, to: &output)
        }
        self.output[item.place] = item.whole
        self.event(
            "response.output_item.done", ["output_index": .integer(Int64(item.place)), "item": item.whole],
            to: &output)
    }
}
