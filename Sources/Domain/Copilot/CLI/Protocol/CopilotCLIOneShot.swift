internal import JSON
internal import Models
package import Processes

/// Reads the output of `--output-format json`: JSON events, one per line, and a result line. Pure.
///
/// The exit status alone proves nothing: a program that a signal ends in the middle of its answer exits with 0. A
/// complete answer has exit status 0 and a result line with exit code 0.
package struct CopilotCLIOneShot: Sendable {
    /// In bytes. A line contains a whole message; no model's answer is longer.
    private static let lineLimit = 16 * 1024 * 1024

    private let model: String
    private let hasEndpoint: Bool
    private var turn: CopilotCLITurn
    private var line: [UInt8] = []
    /// `exitCode` of the result line.
    private var exitCode: Int?
    /// Output that is not JSON, to explain a failure.
    private var strayText = ""

    package init(_ request: CopilotCLIRequest) {
        self.model = request.model
        self.hasEndpoint = request.endpoint != nil
        self.turn = CopilotCLITurn(request)
    }

    /// Whether a piece of the answer was forwarded.
    package var hasAnswer: Bool { self.turn.hasAnswer }

    /// Returns only ``CopilotCLITurn/Action/emit(_:)`` and ``CopilotCLITurn/Action/end(_:)`` with an error: the
    /// program's arguments decide what it may do.
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

    package mutating func end(_ status: ProcessStatus, errors: [String]) -> [CopilotCLITurn.Action] {
        let actions = self.finishLine()
        if status.isSuccess, self.exitCode == 0 {
            return actions + self.turn.receive(.event(["type": "session.idle", "data": [:]]))
        }
        // An error from an event is more precise.
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
        return CopilotCLIFailure.session(
            ["message": .string(words), "errorType": "query"], model: self.model, hasEndpoint: self.hasEndpoint)
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
