package import Primitives

/// Why a schedule cannot be read or kept.
package enum ScheduleProblem: Error, Equatable {
    case when, schedule, clock, cron, event, never, tooOften, tooFar
    case past(Int64, Zone)
    case zone(String)
    case noText
    case tooLong
    /// A text where only a schedule belongs.
    case surplus(String)
    case tooMany
    /// Its text is a command that would set another one.
    case nested
    /// The person's identity ends with their connection.
    case passing
    case noRepository
    case unknownTask(String)
    case noDate(String)

    /// What failed, and what to do, with commands as code without a sign.
    package var text: String {
        switch self {
        case .when:
            "I do not understand when. Write for example `remind in 20m TEXT`, `remind at 14:30 TEXT`, "
                + "`remind tomorrow 9:00 TEXT`, `remind monday 09:00 TEXT` or `remind 2026-12-24 18:00 TEXT`."
        case .schedule:
            "I do not understand that schedule. Write for example `every day 09:00 TEXT`, `every weekday 09:00 TEXT`, "
                + "`every monday 09:00 TEXT`, `every 2h TEXT`, or five cron fields in quotes: "
                + "`every \"0 9 * * 1-5\" TEXT`."
        case .clock: "The time is missing. Write it after the day, such as `every day 09:00 TEXT`."
        case .cron:
            "Those are not five cron fields: minute, hour, day of month, month and day of week, such as "
                + "`every \"0 9 * * 1-5\" TEXT`."
        case .event: "Write `on push BRANCH TEXT`, `on failure WORKFLOW TEXT` or `on due TASK TEXT`."
        case .never: "That day never comes. Check the day and the month."
        case .tooOften: "A schedule runs every 10 minutes at most. Choose a longer time."
        case .tooFar: "That is too far away. Choose a time within the next ten years; `every` has at most 366 days."
        case .past(let moment, let zone): "\(ScheduleTexts.moment(moment, in: zone)) is past. Choose a later time."
        case .zone(let name):
            "The system knows no time zone `\(VisibleText.strictLine(name.beginning(bytes: 64)).without("`"))`. "
                + "Write one such as `Europe/Berlin`."
        case .noText: "The text is missing: write after the time what I should say or do."
        case .tooLong: "The text is longer than \(Schedule.textLimit) bytes. Shorten it."
        case .surplus(let text):
            "`\(VisibleText.strictLine(text.beginning(bytes: 64)).without("`"))` does not belong to a schedule. "
                + "Remove it, or write it as the text."
        case .tooMany:
            "You have \(Schedule.personLimit) schedules, which is the limit. Cancel one with `schedules cancel ID`."
        case .nested: "A schedule cannot set another one. Write what should be done instead."
        case .passing:
            "Your nick is not signed in to an account, so I could not know you later. Identify with the network's services first."
        case .noRepository: "This thread has no repository, so I would not learn of that. Choose one with `repo NAME`."
        case .unknownTask(let id):
            "The repository has no task `\(VisibleText.strictLine(id.beginning(bytes: 64)).without("`"))`. "
                + "`task` lists them."
        case .noDate(let id): "Task `\(id)` has no due date. Add one to its line first: `due:2026-12-24`."
        }
    }
}
