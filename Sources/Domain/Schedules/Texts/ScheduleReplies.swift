internal import Chat
package import Primitives
internal import Threads
internal import Words

/// What people read of schedules, in Markdown, with commands as code without a sign.
package enum ScheduleReplies {
    /// Of a text in a list, in characters.
    private static let excerpt = 80

    /// The answer to the command that has set it.
    package static func stored(_ schedule: Schedule) -> String {
        let cancel = worded("Cancel it with `schedules cancel \(schedule.id)`.")
        let what = schedule.kind == .remind ? worded("I will post this") : worded("I will do this")
        guard let next = schedule.nextAt else { return "\(what) \(Self.rule(schedule)). \(cancel)" }
        let time = ScheduleTexts.moment(next, in: schedule.zone)
        return schedule.rule.text.isEmpty
            ? worded("\(what) on \(time). \(cancel)")
            : worded("\(what) \(Self.rule(schedule)), next on \(time). \(cancel)")
    }

    /// Above a run.
    package static func heading(_ schedule: Schedule, withText: Bool) -> String {
        let event = schedule.event.map { " (\(AskTexts.escaped($0)))" } ?? ""
        let name = Self.name(schedule)
        return withText
            ? worded("Scheduled by \(name)\(event): \(schedule.text)") : worded("Scheduled by \(name)\(event).")
    }

    /// - Parameters:
    ///   - text: With what has happened.
    ///   - late: When it was due, if it comes late.
    package static func reminder(_ schedule: Schedule, text: String, dueAt late: Int64?) -> String {
        let was = late.map { worded(" (was due on \(ScheduleTexts.moment($0, in: schedule.zone)))") } ?? ""
        return worded("Reminder for \(Self.name(schedule))\(was): \(text)")
    }

    package static func ended(_ schedule: Schedule, because reason: String) -> String {
        "The schedule `\(schedule.id)` of \(Self.name(schedule)) has ended, because \(Self.name(schedule)) \(reason)."
    }

    package static func ended(_ schedule: Schedule, withoutTask id: String, because reason: String) -> String {
        "The schedule `\(schedule.id)` of \(Self.name(schedule)) has ended, because task \(Self.code(id)) \(reason)."
    }

    // MARK: schedules

    /// - Parameters:
    ///   - person: All identities of the person who asks.
    ///   - zone: In which times are shown.
    ///   - elsewhere: How many the person has in other threads.
    package static func list(
        _ schedules: [Schedule], for person: [String], in zone: Zone, elsewhere: Int, at url: String
    ) -> String {
        let others =
            elsewhere == 0
            ? []
            : [
                elsewhere == 1
                    ? worded("You have 1 schedule in other conversations: \(url)/schedules")
                    : worded("You have \(elsewhere) schedules in other conversations: \(url)/schedules")
            ]
        guard !schedules.isEmpty else {
            let none =
                worded(
                    "Nothing is scheduled here. `remind tomorrow 9:00 TEXT` posts a text, `every weekday 09:00 TEXT` asks me "
                        + "something again and again.")
            return ([none] + others).joined(separator: "\n\n")
        }
        let lines = schedules.map { schedule in
            let next = schedule.nextAt.map { ScheduleTexts.moment($0, in: zone) }
            let rule = schedule.rule.text.isEmpty ? nil : Self.rule(schedule)
            let when = [next, rule].compactMap { $0 }.joined(separator: ", ")
            let owner = person.contains(schedule.person) ? "" : " (\(Self.name(schedule)))"
            let text = VisibleText.strictLine(schedule.text.beginning(bytes: 400)).shortened(to: Self.excerpt)
            return "- `\(schedule.id)` \(when): \(AskTexts.escaped(text))\(owner)"
        }
        return ([lines.joined(separator: "\n")] + others).joined(separator: "\n\n")
    }

    package static func cancelled(_ schedule: Schedule) -> String { worded("Cancelled `\(schedule.id)`.") }

    package static var unknown: String { worded("You have no schedule with that id here. `schedules` lists them.") }
    package static var usage: String { worded("Write `schedules`, `schedules cancel ID` or `schedules zone NAME`.") }

    package static func zone(_ zone: Zone) -> String {
        worded("Your time zone is \(zone.name) now. What is scheduled already keeps its own.")
    }

    private static func name(_ schedule: Schedule) -> String {
        AskTexts.escaped(AskTexts.plainName(of: schedule.message.sender))
    }

    /// Not as code: that is a command's, and gets its sign.
    private static func rule(_ schedule: Schedule) -> String {
        AskTexts.escaped(VisibleText.strictLine(schedule.rule.text))
    }

    private static func code(_ text: String) -> String { EscapedText.code(VisibleText.strictLine(text)) }
}
