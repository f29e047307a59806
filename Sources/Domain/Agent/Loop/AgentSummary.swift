internal import Models

/// Makes the summary that replaces the older part of a turn's record. Pure.
struct AgentSummary: Sendable {
    /// The maximum tokens of a summary.
    static let limit = 2048

    /// The covered records; the first may follow an earlier summary.
    private let covered: [StepRecord]
    private let earlier: AgentEvent.Summary?
    let through: Int

    /// - Parameter records: of the turn, beginning behind the newest summary's ``AgentEvent/Summary/through``.
    init(of records: [StepRecord], through: Int) {
        self.through = through
        self.earlier =
            records.reversed().lazy.compactMap { record in
                if case .summarised(let summary) = record.event { summary } else { nil }
            }.first
        let start = self.earlier?.through ?? 0
        self.covered = records.filter { $0.number > start && $0.number <= through }
    }

    /// Asks the model for the summary, in a request of about `budget` tokens.
    func request(model: String, question: String, budget: Int) -> ModelRequest {
        var lines: [String] = []
        var room = budget - 2 * Self.limit - TokenEstimator.tokens(in: question)
        // The newest steps matter most when not all fit.
        for line in self.lines(results: 1500).reversed() {
            room -= TokenEstimator.tokens(in: line)
            if room < 0 { break }
            lines.append(line)
        }
        let earlier = self.earlier.map { "[the summary so far]\n\($0.text)\n\n" } ?? ""
        let text =
            "[the task]\n\(question.shortened(to: 8000))\n\n\(earlier)[the work]\n"
            + lines.reversed().joined(separator: "\n")
        return ModelRequest(
            model: model, messages: [ModelMessage(.system, AgentTexts.summary), ModelMessage(.user, text)],
            purpose: .summary, outputLimit: Self.limit)
    }

    /// In the place of the model's words when it gives none: every call and its outcome.
    var plainText: String {
        var lines: [String] = []
        var room = 12_000
        for line in self.lines(results: 0).reversed() {
            room -= line.utf8.count
            if room < 0 { break }
            lines.append(line)
        }
        return ([self.earlier?.text].compactMap { $0 } + lines.reversed()).joined(separator: "\n")
    }

    /// - Parameter text: the model's words.
    func summary(_ text: String, tally: AgentTally, tasks: String?, before: Int, after: Int) -> AgentEvent.Summary {
        var people = self.earlier?.people ?? []
        var files = self.earlier?.files ?? []
        for record in self.covered {
            switch record.event {
            case .steered(let author, let text): people.append(AgentTranscript.words(of: author, text))
            case .started(let start): files += start.files.filter { !files.contains($0) }
            default: break
            }
        }
        return AgentEvent.Summary(
            through: self.through, text: text, people: people, tasks: tasks ?? self.earlier?.tasks, files: files,
            tally: tally, before: before, after: after)
    }

    /// The message that stands for the covered events.
    static func introduction(of summary: AgentEvent.Summary) -> String {
        var parts = ["Your work so far, in short:\n" + summary.text]
        if let tasks = summary.tasks { parts.append("Your list of tasks: " + tasks) }
        if !summary.files.isEmpty {
            parts.append("Files that you changed: " + summary.files.joined(separator: ", "))
        }
        parts.append("Read files again before you change them: you no longer know their text.")
        return parts.joined(separator: "\n\n")
    }

    private func lines(results: Int) -> [String] {
        var names: [String: String] = [:]
        return self.covered.flatMap { record -> [String] in
            switch record.event {
            case .answered(let answer):
                let text = answer.text.isEmpty ? [] : ["[you] " + answer.text]
                return text
                    + answer.calls.map { call in
                        names[call.id] = call.name
                        return "[call \(call.id)] \(call.name) \(call.arguments.shortened(to: 500))"
                    }
            case .finished(let finish):
                let text = results > 0 ? "\n" + finish.result.text.middleCut(to: results) : ""
                return ["[result \(finish.call)] \(finish.result.outcome.rawValue), \(finish.result.summary)" + text]
            case .steered(let author, let text): return ["[person] " + AgentTranscript.words(of: author, text)]
            default: return []
            }
        }
    }
}

extension String {
    /// Beginning and end, of at most `count` bytes in about equal parts.
    fileprivate func middleCut(to count: Int) -> String {
        guard self.utf8.count > count else { return self }
        let head = String(decoding: self.utf8.prefix(count / 2), as: UTF8.self)
        let tail = String(decoding: self.utf8.suffix(count / 2), as: UTF8.self)
        return "\(head)\n[… \(self.utf8.count - count) bytes …]\n\(tail)"
    }
}
