/// A complete feature specification in the form of spec-kit, filled from the person's own words.
///
/// The description is the text between `<description>` and `</description>` in the person's last message, else that
/// whole message. Date and branch name come from the messages.
struct RehearsalSpecification {
    private let description: String
    private let reading: RehearsalReading
    private let branch: String?
    private let date: String?

    init(messages: [ModelMessage]) {
        let request = messages.last { $0.role == .user }?.text ?? ""
        self.description = Self.description(in: request)
        self.reading = RehearsalReading(self.description)
        let frame = messages.map(\.text).joined(separator: "\n")
        self.branch = Self.branch(in: frame)
        self.date = Self.date(in: frame)
    }

    var text: String {
        [self.head, self.scenarios, self.requirements, self.criteria, self.assumptions].joined(separator: "\n\n") + "\n"
    }

    private var head: String {
        var lines = ["# Feature Specification: \(self.reading.title)", ""]
        if let branch = self.branch { lines += ["**Feature Branch**: `\(branch)`", ""] }
        if let date = self.date { lines += ["**Created**: \(date)", ""] }
        lines += ["**Status**: Draft", "", "**Input**: User description: \"\(self.input)\""]
        return lines.joined(separator: "\n")
    }

    private var input: String {
        let line = self.description.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return line.count > 1000 ? line.prefix(1000) + "…" : line
    }

    private var scenarios: String {
        var blocks = ["## User Scenarios & Testing *(mandatory)*"]
        for (number, story) in self.stories.enumerated() { blocks.append(story.text(number: number + 1)) }
        blocks.append("### Edge Cases\n\n" + self.edgeCases.map { "- \($0)" }.joined(separator: "\n"))
        return blocks.joined(separator: "\n\n")
    }

    private var personActions: [RehearsalReading.Action] { self.reading.actions.filter { $0.actor != nil } }

    /// The most important thing that people do.
    private var mainAction: RehearsalReading.Action {
        self.personActions.first
            ?? RehearsalReading.Action(actor: "user", phrase: "use the \(self.reading.title.lowercased())")
    }

    private var stories: [RehearsalStory] {
        let actions = self.personActions.isEmpty ? [self.mainAction] : self.personActions
        var stories = actions.prefix(3).map { RehearsalStory(action: $0) }
        let further = [
            RehearsalStory.correction(actor: self.mainAction.actor ?? "user", action: self.mainAction.phrase),
            RehearsalStory.returning(actor: self.mainAction.actor ?? "user", action: self.mainAction.phrase),
        ]
        stories += further.prefix(3 - stories.count)
        return stories
    }

    private var edgeCases: [String] {
        var cases = [
            "What happens when something required is empty or far longer than expected?",
            "What happens when two people \(self.mainAction.phrase) at the same moment?",
            "What happens when the connection breaks half-way?",
            "What does somebody without permission see?",
        ]
        if let thing = self.reading.things.first {
            cases.append("What is shown while there is no \(thing) yet, and when there are very many?")
        }
        return cases
    }

    private var requirements: String {
        var texts = self.reading.actions.prefix(10).map { action in
            guard let actor = action.actor else { return "System MUST \(action.phrase)." }
            return "System MUST let \(RehearsalReading.plural(actor)) \(action.phrase)."
        }
        if texts.isEmpty { texts.append("System MUST let users \(self.mainAction.phrase).") }
        texts += self.reading.remarks.prefix(6).filter { !self.isTitle($0) }.map {
            "System MUST satisfy: “\($0)”."
        }
        texts += [
            "System MUST show the result of every action to the person who did it.",
            "System MUST refuse incomplete or wrong input, keep what was entered, and say in one line what to correct.",
            "System MUST allow each action only to people with permission.",
            "System MUST keep completed actions across a restart.",
        ]
        var text = "## Requirements *(mandatory)*\n\n### Functional Requirements\n\n"
        text += Self.numbered(texts, prefix: "FR")
        if !self.reading.things.isEmpty {
            text += "\n\n### Key Entities\n\n"
            text += self.reading.things.map { thing in
                "- **\(thing.prefix(1).uppercased() + thing.dropFirst())**: named in the request; has an identity, an "
                    + "owner, a state, and the time of its last change."
            }.joined(separator: "\n")
        }
        return text
    }

    /// A description such as “a login page” is the title, not a requirement.
    private func isTitle(_ remark: String) -> Bool {
        remark.lowercased().hasSuffix(self.reading.title.lowercased())
    }

    private var criteria: String {
        let actors = RehearsalReading.plural(self.mainAction.actor ?? "user")
        return "## Success Criteria *(mandatory)*\n\n### Measurable Outcomes\n\n"
            + Self.numbered(
                [
                    "9 of 10 first-time \(actors) manage to \(self.mainAction.phrase) without help in under 2 minutes.",
                    "In 95 % of cases the result is visible within 1 second while 100 people work at once.",
                    "None of 1000 completed actions is lost when the service restarts.",
                    "Every rejected input is answered with what to correct; nobody has to enter anything twice.",
                ], prefix: "SC")
    }

    private var assumptions: String {
        """
        ## Assumptions

        - People are known by the way they already sign in; no new kind of account is needed.
        - The words of the request are complete; what it does not mention is out of scope for now.
        - This draft was made by the rehearsal from the words of the request; no language model took part.
        """
    }

    private static func numbered(_ texts: [String], prefix: String) -> String {
        texts.enumerated().map { number, text in
            let digits = String(number + 1)
            return "- **\(prefix)-\(String(repeating: "0", count: max(0, 3 - digits.count)))\(digits)**: \(text)"
        }.joined(separator: "\n")
    }
}

extension RehearsalSpecification {
    private static func description(in request: String) -> String {
        guard let start = request.firstRange(of: "<description>"),
            let end = request[start.upperBound...].firstRange(of: "</description>")
        else { return request }
        return String(request[start.upperBound..<end.lowerBound])
    }

    /// The first word such as `007-login-page`.
    private static func branch(in text: String) -> String? {
        for word in text.split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "-" }) {
            let parts = word.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].count >= 3, parts[0].allSatisfy(\.isNumber),
                parts[1].first?.isLetter == true
            else { continue }
            return String(word)
        }
        return nil
    }

    /// The first word such as `2026-11-20`.
    private static func date(in text: String) -> String? {
        for word in text.split(whereSeparator: { !$0.isNumber && $0 != "-" }) {
            let parts = word.split(separator: "-", omittingEmptySubsequences: false)
            if parts.map(\.count) == [4, 2, 2] { return String(word) }
        }
        return nil
    }
}
