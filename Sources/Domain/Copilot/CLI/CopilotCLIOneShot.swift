internal import JSON
package import Processes

/// Reads the output of one answer by `--output-format json`: JSON events, a line each, and a result line. Pure.
///
/// The exit status alone proves nothing: a program that a signal ends in the middle of its answer exits with 0. An
/// answer is whole with exit status 0, a result line, and exit code 0 in that.
package struct CopilotCLIOneShot: Sendable {
    /// A line holds a whole message; more is no answer of a model.
    private static let lineLimit = 16 * 1024 * 1024

    private let model: String
    private var turn: CopilotCLITurn
    private var line: [UInt8] = []
    /// `exitCode` of the result line.
    private var exitCode: Int?
    /// Bytes that were no JSON, for the reason of a failure.
    private var strayText = ""

    package init(_ request: CopilotCLIRequest) {
        self.model = request.model
        self.turn = CopilotCLITurn(request)
    }

    /// A piece of the answer was handed on.
    package var hasAnswer: Bool { self.turn.hasAnswer }

    /// Only ``CopilotCLITurn/Action/emit(_:)`` and ``CopilotCLITurn/Action/end(_:)`` with an error come of it: what it may
    /// do is settled by its arguments.
    package mutating func receive(_ bytes: [UInt8]) -> [CopilotCLITurn.Action] {
        var actions: [CopilotCLITurn.Action] = []
        for byte in bytes {
            guard byte == 10 else {
                self.line.append(byte)
                guard self.line.count <= Self.lineLimit else {
                    return actions + [.end(CopilotCLIFailure.broken("a line of more than \(Self.lineLimit) bytes"))]
                }
                continue
            }
            actions += self.finishLine()
        }
        return actions
    }

    /// The program has ended.
    package mutating func end(_ status: ProcessStatus, errors: [String]) -> [CopilotCLITurn.Action] {
        let actions = self.finishLine()
        if status.isSuccess, self.exitCode == 0 {
            return actions + self.turn.receive(.event(["type": "session.idle", "data": [:]]))
        }
        // An error that came as an event is told better there.
        let idle = self.turn.receive(.event(["type": "session.idle", "data": ["aborted": true]]))
        if case .end(let error?)? = idle.last, error != CopilotCLIFailure.aborted { return actions + idle }
        return actions + [.end(self.failure(status, errors: errors))]
    }

    private func failure(_ status: ProcessStatus, errors: [String]) -> ModelError {
        let words = errors.joined(separator: " ") + self.strayText
        guard !words.isEmpty, status == .exited(1) else {
            return ModelError(
                .interrupted, "The Copilot CLI ended in the middle of the answer (\(status)); ask again.")
        }
        if words.lowercased().contains("no authentication information") { return CopilotCLIFailure.notSignedIn }
        return CopilotCLIFailure.session(["message": .string(words), "errorType": "query"], model: self.model)
    }

    private mutating func finishLine() -> [CopilotCLITurn.Action] {
        defer { self.line.removeAll(keepingCapacity: true) }
        guard self.line.contains(where: { $0 > 32 }) else { return [] }
        guard let event = try? JSON.parse(self.line), case .object = event else {
            if self.strayText.utf8.count < 1000 {
                self.strayText += " " + String(decoding: self.line.prefix(500), as: UTF8.self)
            }
            return []
        }
        if event["type"]?.stringValue == "result" {
            self.exitCode = event["exitCode"]?.intValue
            return []
        }
        return self.turn.receive(.event(event)).filter {
            switch $0 {
            case .emit, .end: true
            case .call, .ask: false
            }
        }
    }
}
