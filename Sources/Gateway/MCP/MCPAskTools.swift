internal import Crypto
internal import JSON
internal import Primitives

/// What waits for a person's decision. Only the person at the client decides: a form is put to them, whatever the model
/// says, and without one the ask stays where it is.
enum MCPAskTools {
    static let all: [MCPTool] = [
        MCPTool(
            "asks_list", "What waits for a decision of the person, in all conversations.", as: "listWaitingAsks",
            .reads,
            [.text("cursor", "")]
        ) { call in
            let asks = try await MCPAsk.all(call.backend)
            return MCPText.lines(
                asks.map(\.line), from: try MCPText.cursor(call.text("cursor")), empty: "Nothing waits for a decision.")
        },
        MCPTool(
            name: "ask_answer",
            description:
                "Puts an open ask to the person at this client, who decides it in a form. You cannot decide it.",
            operation: "answerAsk", effect: .acts, parameters: [.text("ask_id", "", required: true)]
        ) { try await Self.answer($0) },
    ]

    private static func answer(_ call: MCPToolCall) async throws -> MCPTool.Outcome {
        let id = try call.needed("ask_id").lowercased()
        guard let ask = try await MCPAsk.all(call.backend).first(where: { $0.id == id }) else {
            throw MCPRefusal(
                "There is no open ask `\(id.beginning(bytes: 40))` that this person may decide.", status: 404)
        }
        guard ask.isForClients else {
            throw MCPRefusal(
                "Ask `\(id)` is decided by a person in its conversation, not here: \(ask.link)", status: 403)
        }
        if call.message.isModern {
            if let state = call.message.params["requestState"] { return try await Self.take(state, ask, call) }
            if call.message.declaresForms { return .needed(Self.question(ask, call)) }
        } else if call.client.showsForms {
            let result = await call.client.ask("elicitation/create", ask.form)
            try Task.checkCancellation()
            // It may have been decided elsewhere meanwhile.
            return .text(try await Self.decide(ask, result, call))
        }
        throw MCPRefusal("This client shows no forms, so the person decides ask `\(id)` at \(ask.link)", status: 403)
    }

    // MARK: Modern

    private static let key = "decision"

    private static func question(_ ask: MCPAsk, _ call: MCPToolCall) -> JSONObject {
        [
            "resultType": "input_required",
            "inputRequests": .object([Self.key: ["method": "elicitation/create", "params": ask.form]]),
            "requestState": .string(
                call.server.seal.seal(ask.subject, for: call.client.credential, at: call.server.now())),
        ]
    }

    private static func take(_ state: JSON, _ ask: MCPAsk, _ call: MCPToolCall) async throws -> MCPTool.Outcome {
        guard let text = state.stringValue,
            call.server.seal.isValid(
                text, subject: ask.subject, for: call.client.credential, at: call.server.now())
        else {
            throw MCPError(
                .invalidParams, "`requestState` has expired or belongs to another request. Call the tool again.")
        }
        return .text(try await Self.decide(ask, call.message.params["inputResponses"]?[Self.key], call))
    }

    // MARK: Deciding

    /// Sends what the person has entered; nothing if they declined or did not answer.
    private static func decide(_ ask: MCPAsk, _ result: JSON?, _ call: MCPToolCall) async throws -> String {
        guard result?["action"]?.stringValue == "accept", let content = result?["content"]?.objectValue else {
            return "The person did not decide. Ask `\(ask.id)` stays open: \(ask.link)"
        }
        let body: JSON = ["answer": content["answer"] ?? .null, "text": content["text"] ?? .null]
        let decision = try await call.backend.json(MCPCall("answerAsk", ask.id, body: body))
        return "`\(ask.id)`: \(decision["outcome"]?.stringValue ?? "decided") \(ask.link)"
    }
}

/// An open ask, as the API lists it.
struct MCPAsk: Sendable {
    let json: JSON
    let link: String

    static func all(_ backend: any MCPBackend) async throws -> [MCPAsk] {
        let threads = MCPThreads(backend)
        return try await backend.json(MCPCall("listWaitingAsks"))["items"]?.arrayValue?.map { ask in
            MCPAsk(json: ask, link: threads.link(ask["thread_id"]?.stringValue ?? ""))
        } ?? []
    }

    private func text(_ name: String) -> String { self.json[name]?.stringValue ?? "" }

    var id: String { self.text("id") }
    /// Whether a client may put it to its person; see ``Ledger/isForPeopleOnly(_:)``.
    var isForClients: Bool { self.json["can_answer"]?.boolValue ?? false }
    private var options: [JSON] { self.json["options"]?.arrayValue ?? [] }

    /// What a decision is about: this ask as it is now.
    var subject: String { "\(self.id) \(Crypto.hex(Crypto.sha256(self.json.text)))" }

    var line: String {
        let options = self.options.map {
            "\($0["key"]?.stringValue ?? "") \(MCPText.line($0["label"]?.stringValue ?? "", 60))"
        }
        let choices = options.isEmpty ? "" : " (\(options.joined(separator: ", ")))"
        return "`\(self.id)` \(self.text("kind")) in “\(MCPText.line(self.text("title"), 60))”, asked by "
            + "\(MCPText.line(self.text("asked_by"), 60)): \(MCPText.line(self.text("text"), 300))\(choices) until "
            + "\(self.text("expires_at")) \(self.link)"
    }

    /// The parameters of `elicitation/create`.
    var form: JSON {
        let keys = self.options.compactMap { $0["key"]?.stringValue }
        var properties = JSONObject()
        if !keys.isEmpty {
            properties["answer"] = [
                "type": "string", "title": "Decision", "enum": .array(keys.map { .string($0) }),
                "enumNames": .array(
                    self.options.map { .string("\($0["key"]?.stringValue ?? ""): \($0["label"]?.stringValue ?? "")") }),
            ]
        }
        properties["text"] = [
            "type": "string", "title": .string(keys.isEmpty ? "Answer" : "Reason or words of your own"),
        ]
        let isQuestion = self.text("kind") != "approval" && self.text("kind") != "access"
        let required: [JSON] = keys.isEmpty ? ["text"] : isQuestion ? [] : ["answer"]
        let message =
            "Jetbridge asks for \(self.text("asked_by")), in “\(self.text("title"))” (\(self.link)):\n\n"
            + self.text("text").beginning(bytes: 8_000)
        return [
            "mode": "form", "message": .string(message),
            "requestedSchema": [
                "type": "object", "properties": .object(properties), "required": .array(required),
            ],
        ]
    }
}
