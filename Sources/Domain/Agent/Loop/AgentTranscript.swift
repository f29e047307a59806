internal import JSON
package import Models
internal import Primitives

/// The one function from a turn's record to the messages of its next request. Pure, and stable: events that are added
/// only add messages behind the others, so that endpoints reuse what they have read; a fold or summary is the exception.
///
/// Whatever the record lacks, the messages are well-formed: after an answer with calls come their results, one each, in
/// the order of the calls, with nothing between; no result without a call; no two messages of a person in a row.
package struct AgentTranscript: Sendable {
    private let model: String
    private let summary: AgentEvent.Summary?
    private let results: [String: AgentEvent.Finish]
    private let folded: Set<String>
    private let records: ArraySlice<StepRecord>

    /// The messages for the model `model`.
    ///
    /// - Parameters:
    ///   - prefix: the system text, the conversation before the turn and its question; the last message is a person's.
    ///   - records: of the turn; may begin behind the newest summary's ``AgentEvent/Summary/through``.
    package static func messages(
        after prefix: [ModelMessage], of records: [StepRecord], for model: String
    ) -> [ModelMessage] {
        var messages = prefix
        AgentTranscript(records, model: model).append(to: &messages)
        return messages
    }

    private init(_ records: [StepRecord], model: String) {
        self.model = model
        var summary: AgentEvent.Summary?
        var results: [String: AgentEvent.Finish] = [:]
        var folded: Set<String> = []
        for record in records {
            switch record.event {
            case .summarised(let newer): summary = newer
            case .finished(let finish): if results[finish.call] == nil { results[finish.call] = finish }
            case .folded(let calls): folded.formUnion(calls)
            default: break
            }
        }
        self.summary = summary
        self.results = results
        self.folded = folded
        let through = summary?.through ?? 0
        self.records = records.drop { $0.number <= through }
    }

    private func append(to messages: inout [ModelMessage]) {
        if let summary = self.summary {
            for text in summary.people { Self.append(.user, text, to: &messages) }
            Self.append(.user, AgentSummary.introduction(of: summary), to: &messages)
        }
        for record in self.records {
            switch record.event {
            case .answered(let answer): self.append(answer, to: &messages)
            case .steered(let author, let text):
                Self.append(.user, Self.words(of: author, text), to: &messages)
            case .noted(let note): Self.append(.user, note.text, to: &messages)
            case .resumed: Self.append(.user, AgentTexts.resumed, to: &messages)
            case .asked, .decided, .started, .finished, .folded, .summarised, .ended: break
            }
        }
    }

    private func append(_ answer: AgentEvent.Answer, to messages: inout [ModelMessage]) {
        guard !answer.calls.isEmpty else {
            // Endpoints refuse an empty answer, and two answers in a row.
            if answer.text.contains(where: { !$0.isWhitespace }) { Self.append(.assistant, answer.text, to: &messages) }
            return
        }
        // Chat templates parse the arguments, and fail on what is no object.
        let isWhole = answer.calls.allSatisfy { Self.isObject($0.arguments) }
        let calls = answer.calls.map { call in
            ToolCall(
                id: call.wireID, name: call.name, arguments: Self.isObject(call.arguments) ? call.arguments : "{}")
        }
        // Another model cannot read them.
        let items = answer.model == self.model ? ChatFields.kept(answer.items, isWhole: isWhole) : []
        messages.append(ModelMessage(.assistant, answer.text, toolCalls: calls, items: items))
        for call in answer.calls {
            messages.append(ModelMessage(.tool, self.result(of: call), toolCallID: call.wireID))
        }
    }

    private func result(of call: AgentCall) -> String {
        guard let finish = self.results[call.id] else { return AgentTexts.missing }
        return self.folded.contains(call.id)
            ? Self.outline(of: call, finish.result) : Self.text(of: call, finish)
    }

    /// The result's text, marked as data once.
    static func text(of call: AgentCall, _ finish: AgentEvent.Finish) -> String {
        let result = finish.result
        let text =
            result.isMarked
            ? result.text : DataBlock.of(result.text, digest: finish.digest, from: call.name.titled(60))
        return "\(result.outcome.rawValue)\n\(text)"
    }

    static func outline(of call: AgentCall, _ result: ToolResult) -> String {
        "\(result.outcome.rawValue)\n[The output of \(call.name) \(call.arguments.shortened(to: 200)) was removed to save "
            + "space: \(result.summary.shortened(to: 120)). Call it again if you need it.]"
    }

    static func words(of author: String, _ text: String) -> String {
        // People choose their names: a name must not look like the end of the mark.
        let name = String(author.filter { $0 != ">" && !$0.isNewline })
        return name.isEmpty ? text : "<\(name)> \(text)"
    }

    private static func append(_ role: ModelMessage.Role, _ text: String, to messages: inout [ModelMessage]) {
        guard let last = messages.last, last.role == role, last.toolCalls.isEmpty else {
            messages.append(ModelMessage(role, text))
            return
        }
        messages[messages.count - 1] = last.joined(with: ModelMessage(role, text))
    }

    /// Not for arguments that were refused for their size: they would fill every later request.
    private static func isObject(_ text: String) -> Bool {
        guard text.utf8.count <= ToolLimits.argumentBytes else { return false }
        guard let value = try? JSON.parse(text), case .object = value else { return false }
        return true
    }
}

extension String {
    /// One line of at most `count` characters, and eight times as many bytes: one character may be as long as a file.
    func shortened(to count: Int) -> String {
        let start = self.beginning(bytes: 8 * count)
        let line = String(start.prefix(count + 1).map { $0.isNewline ? " " : $0 })
        let isCut = line.count > count || start.utf8.count < self.utf8.count
        return isCut ? String(line.prefix(count - 1)) + "…" : line
    }
}
