internal import Agent
internal import JSON
internal import Primitives
internal import SpecDocuments
internal import Specs

/// Whether a try at a task was a success, as its record says. Pure.
enum TaskVerdict: Equatable {
    case done
    /// The reason, a clause. What people refused is not tried again: `isFinal`.
    case failed(String, isFinal: Bool = false)

    /// Whether a try has ended, so that it is not continued.
    static func isOver(_ records: [StepRecord]) -> Bool {
        guard case .ended(let ending)? = records.last?.event else { return false }
        switch ending {
        // The endpoint could not be reached: that is no judgement about the task.
        case .interrupted, .failed(_, isAboutContent: false): return false
        default: return true
        }
    }

    init(_ records: [StepRecord], of task: TaskEntry) { self.init(records, ofTask: task.text) }

    init(_ records: [StepRecord], ofTask text: String) {
        guard case .ended(let ending)? = records.last?.event else {
            self = .failed("the model did not finish it")
            return
        }
        switch ending {
        case .answered: self = Self.verdict(on: records, of: text)
        case .denied: self = .failed(ending.reason ?? "", isFinal: true)
        default: self = .failed(ending.reason ?? "the model did not finish it")
        }
    }

    private static func verdict(on records: [StepRecord], of task: String) -> TaskVerdict {
        let steps = Steps(records)
        switch TaskReport(steps.answer) {
        case .failed(let reason): return .failed(ImplementTexts.clause(reason))
        case .alreadyDone: return .done
        case .done:
            // Tests that a task writes before what they test have to fail.
            guard let test = steps.lastTest, test.status != 0, !Self.isAboutTests(task) else { return .done }
            return .failed("its tests fail: `\(test.command.beginning(bytes: 80))` ended with exit \(test.status)")
        case .open:
            if let last = steps.last, last.status != 0 {
                let command = last.command.beginning(bytes: 80)
                return .failed("its last command, `\(command)`, ended with exit \(last.status)")
            }
            if steps.hasChanges { return .done }
            let words = ImplementTexts.clause(String(steps.answer.prefix(200)).beginning(bytes: 800))
            return .failed(words.isEmpty ? "the model changed nothing" : "the model changed nothing and said: \(words)")
        }
    }

    private static func isAboutTests(_ text: String) -> Bool {
        let text = text.lowercased()
        return text.contains("test") || text.contains("spec")
    }

    /// What the record says about the commands and the answer.
    private struct Steps {
        var answer = ""
        var hasChanges = false
        var last: (command: String, status: Int)?
        var lastTest: (command: String, status: Int)?

        init(_ records: [StepRecord]) {
            var commands: [String: String] = [:]
            for record in records {
                switch record.event {
                case .answered(let answer):
                    if !answer.text.isEmpty { self.answer = answer.text }
                    for call in answer.calls where call.name == "shell" {
                        commands[call.id] = (try? JSON.parse(call.arguments))?["command"]?.stringValue ?? ""
                    }
                case .finished(let finish):
                    if finish.result.hasChanges { self.hasChanges = true }
                    guard let command = commands[finish.call], let status = Self.status(in: finish.result.text) else {
                        continue
                    }
                    self.last = (command, status)
                    let words = command.lowercased()
                    if words.contains("test") || words.contains("check") { self.lastTest = (command, status) }
                default: continue
                }
            }
        }

        private static func status(in text: String) -> Int? {
            guard let line = text.split(separator: "\n").last, line.hasPrefix("exit ") else { return nil }
            return Int(line.dropFirst("exit ".count).prefix { $0.isNumber })
        }
    }
}
