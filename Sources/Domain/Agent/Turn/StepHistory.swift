package import Chat
internal import JSON
internal import Primitives

/// A turn's record as people see it. Pure.
package enum StepHistory {
    /// In bytes, of one argument.
    private static let inputLimit = 4000
    /// In bytes, of one result.
    private static let outputLimit = 8000

    /// The calls that `records` tell of, in the order in which the model made them.
    package static func steps(of records: [StepRecord]) -> [TurnStep] {
        var order: [String] = []
        var steps: [String: TurnStep] = [:]
        func change(_ call: String, _ body: (inout TurnStep) -> Void) {
            if steps[call] == nil { order.append(call) }
            body(&steps[call, default: TurnStep(id: call)])
        }
        for record in records {
            switch record.event {
            case .answered(let answer):
                for call in answer.calls {
                    change(call.id) { step in
                        step.tool = Self.line(call.name)
                        step.input = Self.inputs(call.arguments)
                        step.state = .waiting
                    }
                }
            case .decided(let decision):
                change(decision.call) { $0.decision = Self.words(for: decision.decision) }
            case .started(let start):
                change(start.call) { step in
                    step.title = Self.line(start.title)
                    step.state = .running
                    step.startedAt = record.elapsed
                }
            case .finished(let finish):
                change(finish.call) { step in
                    step.state = Self.state(finish.result.outcome)
                    step.summary = Self.line(finish.result.summary)
                    step.output = Self.output(finish.result.text)
                    step.hasChanges = finish.result.hasChanges
                    step.endedAt = record.elapsed
                }
            case .asked, .noted, .steered, .folded, .summarised, .resumed, .ended: break
            }
        }
        return order.compactMap { steps[$0] }
    }

    private static func state(_ outcome: ToolResult.Outcome) -> TurnStep.State {
        switch outcome {
        case .done: .done
        case .failed: .failed
        case .denied: .denied
        case .interrupted: .interrupted
        }
    }

    private static func words(for decision: GateDecision) -> String {
        switch decision {
        case .allowed(let rule): "allowed by \(Self.line(rule))"
        case .approved(let person, _): "approved by \(Self.line(person))"
        case .denied(let reason): "denied: \(Self.line(reason))"
        case .expired: "nobody answered in time"
        }
    }

    private static func inputs(_ arguments: String) -> [TurnStep.Input] {
        guard let members = (try? JSON.parse(arguments))?.objectValue else {
            return [TurnStep.Input(name: "arguments", text: Self.cut(arguments, to: Self.inputLimit))]
        }
        return members.map { member in
            TurnStep.Input(
                name: Self.line(member.key),
                text: Self.cut(member.value.stringValue ?? member.value.text, to: Self.inputLimit))
        }
    }

    /// Without the two lines that mark it as data for the model.
    private static func output(_ text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let first = lines.first, first.hasPrefix("<data-"),
            let tag = first.dropFirst().split(separator: " ").first,
            let end = lines.lastIndex(of: "</\(tag)>")
        else { return Self.cut(text, to: Self.outputLimit) }
        return Self.cut((lines[1..<end] + lines[(end + 1)...]).joined(separator: "\n"), to: Self.outputLimit)
    }

    private static func cut(_ text: String, to limit: Int) -> String {
        var cut = OutputCut(limit: limit)
        cut.append(text)
        return VisibleText.of(cut.text(advice: "The model got all of it."))
    }

    private static func line(_ text: String) -> String { VisibleText.line(text).shortened(to: 300) }
}
