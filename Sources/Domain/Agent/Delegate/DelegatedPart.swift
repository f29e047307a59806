internal import JSON
internal import Models

/// A part of a turn's work that an agent of its own does, beside others: what a call of `delegate` names.
package struct DelegatedPart: Sendable, Equatable {
    /// Parts of one call.
    package static let most = 4

    /// One line for people.
    package let title: String
    package let task: String

    package static func parts(of call: CheckedCall) -> [DelegatedPart] {
        (call.arguments["parts"]?.arrayValue ?? []).compactMap { part in
            guard let title = part["title"]?.stringValue, let task = part["task"]?.stringValue else { return nil }
            return DelegatedPart(title: title.titled(60), task: task)
        }
    }

    /// What its agent is asked.
    package var prompt: String {
        """
        You work on one part of a larger task, beside others, and only read: nobody can be asked, and nothing can be \
        changed. Your last message is the result and all that is seen of your work: be brief, and name files with line \
        numbers. Say what you could not find out.

        \(self.task)
        """
    }
}

extension AgentLimits {
    /// What each of `count` parts may use: together half of the turn's.
    package func share(of count: Int) -> AgentLimits {
        AgentLimits(
            steps: max(1, self.steps / 2), tokens: max(1, self.tokens / (2 * max(1, count))), time: self.time / 2)
    }
}

extension TaskSteps {
    /// The record of a part. Numbers below zero: the turn's own record continues without them.
    ///
    /// - Parameter call: The call's id: `3.1`. Nil if it has another form.
    package init?(_ log: any StepLog, part: Int, ofCall call: String) {
        let numbers = call.split(separator: ".").compactMap { Int($0) }
        guard numbers.count == 2, 0..<64 ~= numbers[1], 0..<DelegatedPart.most ~= part else { return nil }
        self.init(log, base: -((numbers[0] * 64 + numbers[1]) * DelegatedPart.most + part + 1) * Self.size)
    }
}

extension ToolCatalog {
    static let delegate = ToolDefinition(
        name: "delegate", kind: .read,
        description: """
            Has up to 4 parts of the work done at the same time, each by an agent of its own that sees only its task and \
            reads files. For separate questions that need much reading: you get their results, not what they read. Say in \
            the task all that it needs to know and what you want back.
            """,
        parameters: [
            "type": "object",
            "properties": [
                "parts": [
                    "type": "array", "minItems": 1, "maxItems": 4,
                    "items": [
                        "type": "object",
                        "properties": [
                            "title": ["type": "string", "minLength": 1, "maxLength": 60],
                            "task": ["type": "string", "minLength": 1, "maxLength": 10000],
                        ],
                        "required": ["title", "task"], "additionalProperties": false,
                    ],
                ]
            ],
            "required": ["parts"], "additionalProperties": false,
        ])
}
