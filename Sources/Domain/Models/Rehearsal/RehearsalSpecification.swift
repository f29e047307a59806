internal import JSON
internal import Primitives

/// A complete feature specification in the form of spec-kit, filled from the person's own words.
///
/// The description is the text between `<description>` and `</description>` in the person's last message, else that
/// whole message. Date and branch name come from the messages.
struct RehearsalSpecification {
    private let description: String
    private let reading: RehearsalReading
    private let frame: String

    init(messages: [ModelMessage]) {
        let request = messages.last { $0.role == .user }?.text ?? ""
        let description = RehearsalMaterial.part(of: request, from: "<description>", to: "</description>") ?? request
        self.description = description.beginning(bytes: RehearsalReading.limit)
        self.reading = RehearsalReading(self.description)
        self.frame = messages.map(\.text).joined(separator: "\n")
    }

    var text: String {
        RehearsalPage.fill(RehearsalPage.text("specification.md"), self.values) + "\n"
    }

    private var values: JSON {
        let title = self.reading.title
        // A description such as “a login page” is the title, not a requirement.
        let remarks = self.reading.remarks.prefix(6).filter { !$0.lowercased().hasSuffix(title.lowercased()) }
        return [
            "title": JSON(title), "branch": JSON(self.branch), "date": JSON(self.date),
            "input": JSON(self.description.rehearsedLine.rehearsedStart(1000)), "stories": JSON(self.stories),
            "main": JSON(self.main.phrase), "people": JSON(RehearsalReading.plural(self.main.actor ?? "user")),
            "thing": JSON(self.reading.things.first ?? ""),
            "things": JSON(self.reading.things.map { JSON($0.rehearsedName) }),
            "actions": JSON(
                self.reading.actions.prefix(10).map { action -> JSON in
                    [
                        "actors": JSON(action.actor.map { RehearsalReading.plural($0) } ?? ""),
                        "phrase": JSON(action.phrase),
                    ]
                }),
            "remarks": JSON(remarks.map { JSON($0) }),
        ]
    }

    private var personActions: [RehearsalReading.Action] { self.reading.actions.filter { $0.actor != nil } }

    /// The most important thing that people do.
    private var main: RehearsalReading.Action {
        self.personActions.first
            ?? RehearsalReading.Action(actor: "user", phrase: "use the \(self.reading.title.lowercased())")
    }

    /// What people do, filled up to three with a mistake and the next visit.
    private var stories: [JSON] {
        let actions = self.personActions.isEmpty ? [self.main] : Array(self.personActions.prefix(3))
        let all = actions.map { ("isAction", $0.phrase.rehearsedName, $0) }
        let further = [
            ("isCorrection", "Understand and correct a mistake", self.main),
            ("isReturn", "Find everything unchanged later", self.main),
        ]
        return (all + further).prefix(3).enumerated().map { number, story -> JSON in
            let actor = story.2.actor ?? "user"
            let isVowel = "aeio".contains(actor.first ?? "x")
            return [
                story.0: true, "title": JSON(String(story.1.prefix(70))), "number": JSON(number + 1),
                "A": JSON(isVowel ? "An" : "A"), "a": JSON(isVowel ? "an" : "a"), "actor": JSON(actor),
                "phrase": JSON(story.2.phrase),
            ]
        }
    }

    /// The first word such as `007-login-page`; empty for none.
    private var branch: String {
        let words = self.frame.split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "-" })
        let branch = words.first { word in
            let number = word.prefix { $0 != "-" }
            let name = word.dropFirst(number.count + 1)
            return number.count >= 3 && number.allSatisfy(\.isNumber) && name.first?.isLetter == true
        }
        return String(branch ?? "")
    }

    /// The first word such as `2026-11-20`; empty for none.
    private var date: String {
        let words = self.frame.split(whereSeparator: { !$0.isNumber && $0 != "-" })
        let date = words.first { word in
            word.split(separator: "-", omittingEmptySubsequences: false).map(\.count) == [4, 2, 2]
        }
        return String(date ?? "")
    }
}
