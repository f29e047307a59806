internal import JSON

/// One item of a response's output, which grows while a stream arrives. Pure.
struct ResponseItem: Sendable {
    enum Kind: Sendable, Equatable {
        case reasoning, text, refusal
        case function(callID: String, name: String, namespace: String?)
        case custom(callID: String, name: String, namespace: String?)
    }

    let kind: Kind
    let id: String
    /// The index in the output.
    let place: Int
    /// The text, the arguments, or the arguments that contain a custom tool's input.
    var content = ""
    var isIncomplete = false

    init(_ kind: Kind, id: String, place: Int) {
        self.kind = kind
        let prefix =
            switch kind {
            case .reasoning: "rs"
            case .text, .refusal: "msg"
            case .function: "fc"
            case .custom: "ctc"
            }
        self.id = AnswerID.item(prefix, id, place)
        self.place = place
    }

    init(_ piece: ModelAnswer.Piece, id: String, place: Int, tools: ToolNames) {
        switch piece {
        case .reasoning(let text):
            self.init(.reasoning, id: id, place: place)
            self.content = text
        case .text(let text):
            self.init(.text, id: id, place: place)
            self.content = text
        case .refusal(let text):
            self.init(.refusal, id: id, place: place)
            self.content = text
        case .call(let callID, let name, let arguments):
            self.init(Self.kind(callID, name, tools), id: id, place: place)
            self.content = arguments
        }
    }

    /// The kind of a call, under the name that the client gave the tool.
    static func kind(_ callID: String, _ name: String, _ tools: ToolNames) -> Kind {
        let tool = tools.tool(called: name)
        return tool.isCustom
            ? .custom(callID: callID, name: tool.name, namespace: tool.namespace)
            : .function(callID: callID, name: tool.name, namespace: tool.namespace)
    }

    var customInput: String { ToolArguments.customInput(self.content) }

    /// The content part of a message.
    func part(_ text: String) -> JSON {
        self.kind == .refusal
            ? ["type": "refusal", "refusal": .string(text)]
            : ["type": "output_text", "text": .string(text), "annotations": [], "logprobs": []]
    }

    /// As it begins.
    var empty: JSON { self.document(status: "in_progress", content: nil) }

    var whole: JSON { self.document(status: self.isIncomplete ? "incomplete" : "completed", content: self.content) }

    private func document(status: JSON, content: String?) -> JSON {
        switch self.kind {
        case .reasoning:
            let summary: [JSON] = content.map { [["type": "summary_text", "text": .string($0)]] } ?? []
            return ["id": .string(self.id), "type": "reasoning", "summary": .array(summary), "status": status]
        case .text, .refusal:
            return [
                "id": .string(self.id), "type": "message", "status": status, "role": "assistant",
                "content": .array(content.map { [self.part($0)] } ?? []),
            ]
        case .function(let callID, let name, let namespace):
            var item: JSONObject = [
                "id": .string(self.id), "type": "function_call", "status": status, "call_id": .string(callID),
                "name": .string(name), "arguments": .string(content ?? ""),
            ]
            if let namespace { item["namespace"] = .string(namespace) }
            return .object(item)
        case .custom(let callID, let name, let namespace):
            var item: JSONObject = [
                "id": .string(self.id), "type": "custom_tool_call", "status": status, "call_id": .string(callID),
                "name": .string(name), "input": .string(content == nil ? "" : self.customInput),
            ]
            if let namespace { item["namespace"] = .string(namespace) }
            return .object(item)
        }
    }
}

extension ResponseItem {
    typealias Event = (type: String, members: JSONObject)

    /// Whether the content is in a part of the item.
    var hasParts: Bool {
        switch self.kind {
        case .reasoning, .text, .refusal: true
        case .function, .custom: false
        }
    }

    /// - Parameter change: `added` or `done`.
    func partEvent(_ change: String, text: String) -> Event {
        var members = self.place(inPart: true)
        if self.kind == .reasoning {
            members["part"] = ["type": "summary_text", "text": .string(text)]
            return ("response.reasoning_summary_part.\(change)", members)
        }
        members["part"] = self.part(text)
        return ("response.content_part.\(change)", members)
    }

    func deltaEvent(_ text: String) -> Event {
        var members = self.place(inPart: self.hasParts)
        members["delta"] = .string(text)
        if self.kind == .text { members["logprobs"] = [] }
        return ("\(self.contentType).delta", members)
    }

    var doneEvent: Event {
        var members = self.place(inPart: self.hasParts)
        switch self.kind {
        case .reasoning: members["text"] = .string(self.content)
        case .text:
            members["text"] = .string(self.content)
            members["logprobs"] = []
        case .refusal: members["refusal"] = .string(self.content)
        case .function(_, let name, _):
            members["name"] = .string(name)
            members["arguments"] = .string(self.content)
        case .custom: members["input"] = .string(self.customInput)
        }
        return ("\(self.contentType).done", members)
    }

    private var contentType: String {
        switch self.kind {
        case .reasoning: "response.reasoning_summary_text"
        case .text: "response.output_text"
        case .refusal: "response.refusal"
        case .function: "response.function_call_arguments"
        case .custom: "response.custom_tool_call_input"
        }
    }

    private func place(inPart: Bool) -> JSONObject {
        var members: JSONObject = ["item_id": .string(self.id), "output_index": .integer(Int64(self.place))]
        if inPart { members[self.kind == .reasoning ? "summary_index" : "content_index"] = 0 }
        return members
    }
}

/// The response object that events and whole answers of the responses API contain. Pure.
struct ResponseDocument: Sendable {
    private let base: JSONObject
    private let echo: [UInt8]

    init(id: String, model: String, created: Int?, _ context: AnswerContext) {
        self.base = [
            "id": .string(AnswerID.response(id)), "object": "response",
            "created_at": .integer(Int64(created ?? context.time)), "status": "in_progress", "background": false,
            "error": .null, "incomplete_details": .null, "instructions": .null, "max_output_tokens": .null,
            "model": context.model(model), "output": [], "parallel_tool_calls": true, "previous_response_id": .null,
            "reasoning": ["effort": .null, "summary": .null], "store": false, "temperature": .null,
            "text": ["format": ["type": "text"]], "tool_choice": "auto", "tools": [], "top_p": .null,
            "truncation": "disabled", "usage": .null, "user": .null, "metadata": [:],
        ]
        self.echo = context.echo
    }

    /// In bytes. Each answer is kept with it, and repeats it three times.
    private static let mostEcho = 128 << 10

    /// The members of a request that its response repeats, as JSON. What is beyond the limit is left out, and so has its
    /// standard value in the response.
    static func echo(of request: JSON) -> [UInt8] {
        var echo: JSONObject = [:]
        var room = Self.mostEcho
        for name in [
            "max_output_tokens", "parallel_tool_calls", "reasoning", "temperature", "text", "tool_choice", "top_p",
            "user", "instructions", "metadata", "tools",
        ] {
            guard let value = request.value(name) else { continue }
            let size = value.bytes.count
            guard size <= room else { continue }
            room -= size
            echo[name] = value
        }
        return JSON.object(echo).bytes
    }

    private var members: JSONObject {
        var members = self.base
        if case .object(let echo)? = try? JSON.parse(self.echo) { members.merge(echo) }
        return members
    }

    var inProgress: JSON { .object(self.members) }

    func finished(_ finish: AnswerFinish, output: [JSON], usage: AnswerUsage?) -> JSON {
        var document = self.members
        document["status"] = finish.incompleteReason == nil ? "completed" : "incomplete"
        if let reason = finish.incompleteReason { document["incomplete_details"] = ["reason": .string(reason)] }
        document["output"] = .array(output)
        document["usage"] = (usage ?? AnswerUsage()).responses
        return .object(document)
    }

    func failed(_ fault: AnswerFault, output: [JSON]) -> JSON {
        var document = self.members
        document["status"] = "failed"
        document["error"] = fault.response
        document["output"] = .array(output)
        return .object(document)
    }
}
